package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	bayeuxadmin "parley/bayeux/admin"
	"parley/chat"
	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// Who may do what: a row is a call, and what each kind of caller hears. The rows are in the files rights_*_test.go, one
// for an area; the test makes each call as each kind of caller, against a server that runs, and wants to hear exactly
// that. A route, an operation or a channel family without a row fails.
//
// A row is added to the file of its area, or in a new one with a function
//
//	func init() { addRights(right{…}, right{…}) }
//
// and names only those who are let in, or who hear something unusual:
//
//	{call: "POST /chat/conversation/:conversation_id/close", may: who{200: {capability, visitor, counterpart, supervisor, admin, key}}}
//
// Everybody else is refused as the design says (see right.refusal): other organisations' things are not found, an own
// one's are forbidden, strangers are asked for a token before anything is looked up. A part of the path with a colon is
// filled in from things of the organisation that the call is about, which are made anew after every call that was let
// in: see site.refresh for their names. What is to be written from what the design says, not from what is answered.
//
// Bayeux: the method is ROW for a sub on the socket that speaks in rows, or SUBSCRIBE, PUBLISH, PUSH (a publication without a session), or an operation such as HANDSHAKE;
// the outcome is 200, or the number that the refusal begins with.
type right struct {
	call string
	// as tells rows about one call apart.
	as string
	// body is JSON; {name} is a thing, as in the path. form sends a form with a file instead. query is added to the
	// path.
	body, query string
	form        bool
	// things fill in other things than those that the path names, as in {"message_id": "answer_id"}.
	things map[string]string
	// says is who an API key says that it speaks for: "visitor" or "manager".
	says models.SenderType
	// state is what the conversation is in; assigned unless it is given.
	state models.State
	// cookie is how managers prove themselves, instead of by a token.
	cookie bool
	// direct comes without a proxy.
	direct bool
	may    who
	// scope is what an API key needs; 0: nothing but to be one.
	scope models.Scopes
	// mode is the one of auth.visitors in which the row holds; empty: both.
	mode string
	// only these callers; nil: all.
	only []caller
}

// who is heard what, by status.
type who map[int][]caller

var allRights []right

func addRights(rows ...right) { allRights = append(allRights, rows...) }

func (r right) method() string { method, _, _ := strings.Cut(r.call, " "); return method }

func (r right) path() string { _, path, _ := strings.Cut(r.call, " "); return path }

func (r right) name() string {
	return strings.TrimSpace(r.call + " " + r.as)
}

func (r right) bayeux() bool {
	return slices.Contains([]string{"SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH", "PUSH", "HANDSHAKE", "CONNECT", "DISCONNECT", "META", "ROW"}, r.method())
}

// about tells whether the call names something that belongs to an organisation. Otherwise it is about the caller's own.
func (r right) about() bool { return strings.Contains(r.path(), "/:") }

// named is what the row itself says of a caller; 0: nothing.
func (r right) named(c caller) int {
	for status, callers := range r.may {
		if slices.Contains(callers, c) {
			return status
		}
	}
	for status, callers := range r.may {
		if slices.Contains(callers, everyone) || slices.Contains(callers, anyone) && !slices.Contains(badCallers, c) {
			return status
		}
	}
	return 0
}

// want is what a caller is to hear.
func (r right) want(c caller, signed bool) int {
	switch c {
	case narrowKey:
		return r.want(key, signed)
	case wrongKey:
		if status := r.want(key, signed); r.scope == 0 || status == http.StatusBadRequest || !slices.Contains(r.may[status], key) {
			return status
		}
		return http.StatusForbidden
	}
	status := r.named(c)
	if status == 0 && !r.about() && foreign[c] != "" {
		status = r.named(foreign[c]) // of its own organisation
	}
	if signed && strangers[c] && r.forVisitors() && status != http.StatusBadRequest && !slices.Contains(r.may[status], anyone) && !slices.Contains(r.may[status], everyone) {
		status = 0
		if !r.bayeux() {
			return http.StatusUnauthorized
		}
	}
	return cmp.Or(status, r.refusal(c))
}

// forVisitors tells whether visitors have a part in this at all. Calls that are for others ask strangers for a token
// before anything is looked up.
func (r right) forVisitors() bool {
	return slices.ContainsFunc(allRights, func(row right) bool {
		return row.call == r.call && slices.ContainsFunc([]int{200, 201, 204}, func(status int) bool { return slices.Contains(row.may[status], visitor) })
	})
}

// refusal is what those hear whom the row does not name.
func (r right) refusal(c caller) int {
	switch {
	case r.bayeux():
		return http.StatusForbidden
	case slices.Contains(badCallers, c), c == poser:
		return http.StatusUnauthorized
	case strangers[c] && !r.forVisitors():
		return http.StatusUnauthorized
	case c == nobody:
		return http.StatusNotFound
	case foreign[c] != "" && r.about() && (c != foreignVisitor || r.forVisitors()):
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

// TestRights drives the table: all of it, or with the race detector, which makes it ten times as slow, a quarter of the
// cells. make check does both.
func TestRights(t *testing.T) {
	chattest.Slow(t)
	t.Run("capability", func(t *testing.T) {
		newRealm(t, chattest.SQLite(t), config.VisitorsCapability).drive(func(right, caller) bool { return true })
	})
	t.Run("signed", func(t *testing.T) {
		newRealm(t, chattest.SQLite(t), config.VisitorsSigned).drive(func(r right, c caller) bool {
			return r.forVisitors() && (strangers[c] || slices.Contains([]caller{visitor, otherVisitor, foreignVisitor, counterpart}, c))
		})
	})
	t.Run("postgres", func(t *testing.T) {
		newRealm(t, chattest.Postgres(t), config.VisitorsCapability).drive(func(r right, c caller) bool {
			return foreign[c] != "" && r.about() || c == otherVisitor
		})
	})
}

// drive makes the calls that are chosen.
func (w *realm) drive(chosen func(right, caller) bool) {
	for i, r := range allRights {
		if r.mode != "" && (r.mode == config.VisitorsSigned) != w.signed {
			continue
		}
		w.here.refresh(r)
		w.there.refresh(r.there())
		state, refused := w.here.state(), []caller{}
		unchanged := func() {
			if now := w.here.state(); !reflect.DeepEqual(state, now) {
				w.t.Errorf("%s was refused to %s, and changed something:\n%+v\n%+v", r.name(), refused, state, now)
			}
		}
		for j, c := range callers() {
			switch letIn := r.want(c, w.signed) < 300; {
			case r.only != nil && !slices.Contains(r.only, c) || !chosen(r, c):
			case len(buildFlags) > 0 && (i+j)%4 != 0:
			case letIn && !r.reads():
				unchanged()
				w.try(r, c)
				w.here.refresh(r)
				state, refused = w.here.state(), nil
			default:
				w.try(r, c)
				refused = append(refused, c)
			}
		}
		unchanged()
	}
}

// there is what a row needs at the other organisation, whose people make calls about their own, too.
func (r right) there() right {
	if strings.HasSuffix(r.call, "/chat/private_pub") {
		return r
	}
	return right{}
}

// reads tells whether the call leaves things as they are.
func (r right) reads() bool {
	return r.method() == http.MethodGet || r.method() == http.MethodHead || r.bayeux()
}

// try makes one call. Who is not let in hears nothing of the organisation.
func (w *realm) try(r right, c caller) {
	status, answer := w.make(r, c)
	want := r.want(c, w.signed)
	if want == http.StatusNotFound && status == http.StatusForbidden && foreign[c] != "" {
		want = r.want(foreign[c], w.signed) // who may not do it at home may hear that, too
	}
	if status != want {
		w.t.Errorf("%s by %s: %d, want %d: %.300s", r.name(), c, status, want, answer)
	}
	outside := foreign[c] != "" || c == theOperator || slices.Contains(badCallers, c) || strangers[c] && status >= 400
	if outside && !slices.Contains(r.may[status], everyone) && !slices.Contains(r.may[status], anyone) && strings.Contains(answer, secretWord) {
		w.t.Errorf("%s by %s tells: %.300s", r.name(), c, answer)
	}
}

// TestRightsAreComplete: whatever the server answers has a row.
func TestRightsAreComplete(t *testing.T) {
	rows := map[string]bool{}
	for _, r := range allRights {
		rows[r.call] = true
		for status, callers := range r.may {
			if status < 100 || status > 599 || len(callers) == 0 {
				t.Errorf("%s: %d: %v", r.name(), status, callers)
			}
		}
	}
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	routes := w.handler.Routes()
	for prefix, h := range map[string]http.Handler{"/admin/bayeux": bayeuxadmin.New(w.server.engine, nil), "/channels": bayeuxadmin.Public(w.server.engine, nil)} {
		for _, route := range h.(interface{ Routes() []string }).Routes() {
			method, path, _ := strings.Cut(route, " ")
			routes = append(routes, method+" "+prefix+path)
		}
	}
	for _, family := range chat.Families() {
		for _, method := range []string{"SUBSCRIBE", "PUBLISH"} {
			routes = append(routes, method+" "+family+"*", method+" "+family+"**")
			if !slices.ContainsFunc(slices.Collect(maps.Keys(rows)), func(call string) bool { return strings.HasPrefix(call, method+" "+family+":") }) {
				t.Errorf("%s %s… has no row", method, family)
			}
		}
	}
	for _, mount := range w.handler.Mounts() {
		if !slices.Contains([]string{"/faye", "/bayeux", "/cometd", "/admin/bayeux", "/channels", "/api/v5/socket", "/003/2/router"}, mount) {
			t.Errorf("the mount %s is new: what it answers needs rows", mount)
		}
	}
	for _, route := range routes {
		if !rows[route] {
			t.Errorf("%s has no row", route)
		}
		delete(rows, route)
	}
	for call := range rows {
		if method, _, _ := strings.Cut(call, " "); (right{call: call}).bayeux() {
			continue
		} else if slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, method) {
			t.Errorf("%s has a row, and is no route", call)
		}
	}
}

// TestRightsPrinted shows the whole table, with -v.
func TestRightsPrinted(t *testing.T) {
	if !testing.Verbose() {
		t.SkipNow() // it finds nothing out
	}
	fmt.Printf("%-90s", "")
	for _, c := range callers() {
		fmt.Printf(" %s", c)
	}
	fmt.Println()
	for _, r := range allRights {
		fmt.Printf("%-90s", r.name())
		for _, c := range callers() {
			fmt.Printf(" %*d", len(c), r.want(c, false))
		}
		fmt.Println()
	}
}
