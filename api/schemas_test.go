package api_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/bayeux"
	"parley/chat"
	"parley/models"
)

// TestSchemasAreTheTypes compares the fields of a schema with those of the type that is written, also the ones that no
// test happens to see.
func TestSchemasAreTheTypes(t *testing.T) {
	for name, value := range map[string]any{
		"Conversation": chat.ConversationView{}, "Staff": chat.StaffView{}, "QueuePlace": chat.QueueView{}, "VisitorSummary": chat.VisitorView{},
		"ManagerSummary": chat.ManagerView{}, "MessageSummary": chat.MessageSummary{}, "Message": chat.MessageView{},
		"Card": models.Card{}, "CardAction": models.CardAction{}, "CardResponse": models.CardResponse{},
		"Attachment": chat.AttachmentView{}, "Notification": chat.NotificationView{}, "Read": chat.ReadView{}, "Note": chat.NoteView{},
		"ConversationTags": chat.TagsView{}, "Transition": chat.TransitionView{}, "Decision": chat.Decision{},
		"Availability": chat.AvailabilityView{}, "Typing": chat.TypingView{}, "Call": chat.CallView{}, "Signal": chat.CallSignal{}, "Candidate": chat.CallCandidate{}, "ICEServer": chat.ICEServer{}, "MessageVersion": models.MessageVersion{},
		"CannedReply": models.CannedReply{}, "Duty": chat.Duty{}, "Site": chat.Site{}, "Organization": models.Organization{},
		"Manager": chat.Colleague{}, "Hours": chat.Hours{}, "Week": chat.Week{}, "Leave": models.Leave{}, "Holiday": models.Holiday{},
		"Key": models.APIKey{}, "PrivatePub": chat.PrivatePubView{},
		"SiteSecret": models.SiteSecret{}, "Visitor": chat.VisitorCard{}, "Face": chat.Face{}, "VisitorToken": chat.VisitorToken{}, "Identified": chat.Identified{},
		"Webhook": models.Webhook{}, "WebhookNotice": chat.WebhookNotice{}, "Delivery": models.Delivery{},
		"DeliveryWithLog": chat.DeliveryView{}, "Attempt": models.Attempt{},
		"Seen": chat.SeenView{}, "ErasureNotice": chat.ErasureNotice{}, "NotificationPage": chat.NotificationPage{}, "NotificationResult": chat.NoticeResult{},
		"PastEvent": chat.PastEvent{}, "EventsPage": chat.EventsPage{},
		"SearchResult": chat.SearchResult{}, "Match": chat.MatchView{}, "Numbers": chat.Numbers{}, "NumbersRow": chat.NumbersRow{},
		"Spread": chat.Spread{}, "NumbersNow": chat.NumbersNow{}, "ManagerNow": chat.ManagerNow{},
		"BayeuxSession": bayeux.SessionInfo{}, "BayeuxSessionState": bayeux.SessionState{},
	} {
		wantAll, wantRequired := fieldsOf(reflect.TypeOf(value))
		all, required := checker.Fields(name)
		if !slices.Equal(all, wantAll) {
			t.Errorf("%s has the fields %v, written are %v", name, all, wantAll)
		}
		if !slices.Equal(required, wantRequired) {
			t.Errorf("of %s always there should be %v, are %v", name, required, wantRequired)
		}
	}
}

// TestEventsAreDescribed: whatever an event may be about has a shape.
func TestEventsAreDescribed(t *testing.T) {
	all, _ := fieldsOf(reflect.TypeOf(chat.Event{}))
	for _, entity := range all {
		if entity == "entity" || entity == "event" {
			continue
		}
		fields, _ := checker.Fields(strings.ToUpper(entity[:1]) + entity[1:] + "Event")
		if want := slices.Sorted(slices.Values([]string{"entity", "event", entity})); !slices.Equal(fields, want) {
			t.Errorf("an event about a %s has the fields %v, want %v", entity, fields, want)
		}
	}
}

// fieldsOf lists the names of a type's fields in JSON, in order, and those that are never left out.
func fieldsOf(of reflect.Type) (all, required []string) {
	byName := map[string]bool{}
	for _, f := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && (name != "-" || len(f.Index) == 1) {
			byName[name] = !strings.Contains(options, "omitempty")
		}
	}
	delete(byName, "-")
	for name, always := range byName {
		all = append(all, name)
		if always {
			required = append(required, name)
		}
	}
	slices.Sort(all)
	slices.Sort(required)
	return all, required
}

// saysCode tells which argument of a function is a code.
var saysCode = map[string]int{
	"E": 1, "refuse": 2, "text": 1, "texts": 2, "integer": 1, "integers": 1, "flag": 1, "boolean": 2, "pathID": 2, "orNotFound": 1, "validText": 1,
}

var codeText = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// TestCodesAreDescribed: every code in the source is in codes.yaml, and nothing else is.
func TestCodesAreDescribed(t *testing.T) {
	said := map[string]bool{ // what is put together, or is a constant
		"from_invalid": true, "to_invalid": true, "tz_invalid": true, "chat_offline_message": true,
	}
	for _, folder := range []string{".", "../chat", "../bayeux/admin"} {
		for code := range codesIn(t, folder) {
			said[code] = true
		}
	}
	if len(said) < 80 {
		t.Fatalf("only %d codes were found", len(said))
	}
	for code := range said {
		if !slices.Contains(checker.Codes(), code) && !slices.Contains(giosgCodes, code) {
			t.Errorf("the code %s is not described", code)
		}
	}
	for _, code := range checker.Codes() {
		if !said[code] {
			t.Errorf("the code %s is described, but nobody says it", code)
		}
	}
}

func codesIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	codes := map[string]bool{}
	add := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && codeText.MatchString(text) {
				codes[text] = true
			}
		}
	}
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if at, ok := saysCode[calls(n)]; ok && at < len(n.Args) {
					add(n.Args[at])
				}
			case *ast.KeyValueExpr:
				if fmt.Sprint(n.Key) == "Code" {
					add(n.Value)
				}
			case *ast.CompositeLit:
				if fmt.Sprint(n.Type) == "fault" && len(n.Elts) == 3 {
					add(n.Elts[1])
				}
			}
			return true
		})
	}
	return codes
}

// calls names the function of a call.
func calls(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
