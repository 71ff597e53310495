package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/webhook"
	"parley/models"
)

// A visitor of whom every table that can has something. Whatever is hers has the word quokka in it, or her id.
const quokka = "Quokka-77"

// nothingOfVisitors are the tables in which there is nothing of a visitor's. Whoever adds a table either lets know
// fills it below, or names it here.
var nothingOfVisitors = strings.Fields(`organizations managers api_keys duty_sessions login_sessions login_tries shifts holidays
	leaves canned_replies goose_db_version sqlite_sequence site_secrets search_state search_queue blob_removals
	rooms room_keys memberships attendances user_clients teams team_members chat_invitations goals
	bygone_conversations bygone_steps erased_visitors erasures private_pubs site_secrets webhooks event_positions
	search_documents search_index search_index_config search_index_content search_index_docsize search_index_idx`)

// know fills the tables with what is known of her: two conversations, one of which is open. It returns their ids.
func (w *world) know(service *chat.Service) (ids []int64) {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.service = service
	w.onDuty(w.Anna)
	_, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{Calls: chat.To(true)})
	must(err)
	// She came without a name first.
	before := w.open(stranger, "anon-quokka-5")
	w.post(stranger, before.ID, "Who knows about quokkas?")
	w.say("anon-quokka-5", "hobby", `"quokkas"`)
	site := w.secret(w.Org)
	w.identify(chat.IdentifyRequest{PreviousID: "anon-quokka-5", Token: signed(w.t, site, jwt.MapClaims{
		"sub": quokka, "name": "Bella Q.", "email": "old@quokka.example", "attributes": map[string]any{"pet": "quokka"},
	})})
	ids = append(ids, before.ID)
	_, err = w.service.Close(ctx, as(w.Anna), chat.Sender{}, before.ID)
	must(err)
	her := chat.Principal{Party: chat.Visitor, VisitorID: quokka, OrganizationID: w.Org.ID}
	for range 2 {
		ev, _, err := w.service.Open(ctx, her, chat.OpenRequest{VisitorID: quokka, Name: "Bella Quokka", Email: "bella@quokka.example"})
		must(err)
		c := ev.Conversation
		ids = append(ids, c.ID)
		m := w.post(her, c.ID, "My quokka is ill")
		_, err = w.service.Edit(ctx, her, chat.ChangeRequest{ConversationID: c.ID, MessageID: m.ID, Content: "My dear quokka is ill"})
		must(err)
		w.post(as(w.Anna), c.ID, "Poor quokka")
		_, _, err = w.upload(her, c.ID, "Look", "", "quokka.png", pixels(w.t, 40, 30), "quokka.txt", "a quokka's diary")
		must(err)
		_, err = w.service.AddNote(ctx, as(w.Anna), chat.Sender{}, c.ID, "Likes quokkas")
		must(err)
		_, err = w.service.Tag(ctx, as(w.Anna), chat.Sender{}, c.ID, []string{"quokka"}, nil)
		must(err)
		must(w.service.Typing(ctx, her, chat.TypingRequest{ConversationID: c.ID, Typing: true, Preview: "quokka"}))
		w.say(quokka, "username", `"B. Quokka"`)
		if len(ids) == 2 {
			_, err = w.service.Close(ctx, her, chat.Sender{}, c.ID)
			must(err)
			_, err = w.service.Rate(ctx, her, chat.Sender{}, c.ID, 4, "A quokka says thanks")
			must(err)
		}
	}
	_, err = w.service.RequestCall(ctx, her, chat.CallRequest{VisitorID: quokka, OperatorName: "The keeper of quokkas"})
	must(err)
	_, err = w.service.SetIdentifier(ctx, her, w.Org.ID, quokka, "Quokka of the zoo")
	must(err)
	goal, err := w.service.CreateGoal(ctx, w.backend(w.Org), chat.GoalChanges{Name: chat.To("adoption")})
	must(err)
	_, _, err = w.service.MatchGoal(ctx, her, w.Org.ID, quokka, goal.UUID, nil)
	must(err)
	_, _, err = w.service.Convert(ctx, w.backend(w.Org), goal.UUID, chat.Conversion{VisitorID: quokka, ID: "quokka order 5"})
	must(err)
	_, err = w.service.Notify(ctx, w.backend(w.Org), quokka, []byte(`{"text":"Your quokka is well"}`))
	must(err)
	_, _, err = service.EnterRoom(ctx, her, chat.EnterRequest{Room: w.mainRoom(), VisitorID: quokka, Signals: chat.Signals{
		PageURL: "https://shop.example/", PageTitle: "All about quokkas",
	}})
	must(err)
	must(w.Update(ctx, func(tx chat.Tx) error {
		return tx.CreateVisitorSecret(models.VisitorSecret{Hash: "h", OrganizationID: w.Org.ID, VisitorID: quokka, CreatedAt: 1})
	}))
	w.gate.Subscribe(ctx, as(w.boris), "/notifications/"+quokka) //nolint:errcheck // refused
	w.gate.Subscribe(ctx, her, "/service/*")                     //nolint:errcheck // refused
	if refused := w.audited(w.Org, models.AuditSubscriptionDenied); len(refused) != 2 {
		w.t.Errorf("%q", refused)
	}
	w.index()
	w.sent()
	return ids
}

// say has the visitor's site say something of her in the main room.
func (w *world) say(visitorID, key, value string) {
	w.t.Helper()
	if _, err := w.service.SetVariable(ctx, w.backend(w.Org), w.main(), visitorID, key, json.RawMessage(value)); err != nil {
		w.t.Fatal(err)
	}
}

// sent queues what has happened for a webhook, which has answered once.
func (w *world) sent() {
	w.t.Helper()
	_, _, err := chat.NewAdmin(w).Webhooks(w.Org.ID).Create(ctx, chat.WebhookChanges{URL: chat.To("https://hooks.example.com/")})
	if err != nil {
		w.t.Fatal(err)
	}
	pending, err := w.Pending(ctx, nil, 1000)
	if err == nil {
		err = webhook.NewFeed(w, webhook.Config{}, func() {}).Deliver(ctx, pending)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.Update(ctx, func(tx chat.Tx) error {
		hooks, err := tx.Webhooks(w.Org.ID)
		if err != nil {
			return err
		}
		list, err := tx.Deliveries(chat.DeliveryQuery{WebhookID: hooks[0].ID, Type: "message.created", Limit: 1})
		if err != nil || len(list) == 0 {
			return errors.Join(err, errors.New("nothing was queued"))
		}
		return tx.AppendAttempt(&models.Attempt{DeliveryID: list[0].ID, Number: 1, Status: 500, Response: "cannot take a quokka"})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) index() {
	w.t.Helper()
	x := chat.NewIndexer(w, slog.New(slog.DiscardHandler))
	for more := true; more; {
		var err error
		if more, err = x.Index(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
}

// traces lists the tables that have something of hers, each with the first row that has.
func (w *world) traces() map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for table, rows := range chattest.Dump(w.t, w.url) {
		for _, row := range rows {
			if strings.Contains(strings.ToLower(row), "quokka") {
				found[table] = row
				break
			}
		}
	}
	return found
}

// wantNoTrace looks through everything that is kept for what was hers.
func (w *world) wantNoTrace(folder string, bucket chat.Blobs) {
	w.t.Helper()
	for table, row := range w.traces() {
		w.t.Errorf("%s has %q", table, row)
	}
	if err := chat.NewSweeper(w, bucket, slog.New(slog.DiscardHandler)).Sweep(ctx); err != nil {
		w.t.Fatal(err)
	}
	if left := kept(w.t, folder); len(left) != 0 {
		w.t.Errorf("files are left: %v", left)
	}
}

func TestErasureLeavesNothing(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		folder, bucket := w.withFiles(nil)
		ids := w.know(w.service)
		before := w.traces()
		for table := range chattest.Dump(t, w.url) {
			if before[table] == "" && !slices.Contains(nothingOfVisitors, table) {
				t.Errorf("nothing of the visitor's is in %s: fill it in know, or say in nothingOfVisitors that there never is", table)
			}
		}
		other := w.open(stranger, "v2")
		w.post(stranger, other.ID, "My teapot is broken")
		w.index()
		figures := w.figures()
		token, _, err := w.keys.Visitor(quokka, w.Org.ID, time.Hour)
		aliasToken, _, _ := w.keys.Visitor("anon-quokka-5", w.Org.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		p, ok := w.authenticated(token)
		if !ok || !w.listens(p, "/service/"+quokka) {
			t.Fatal("she is not in to begin with")
		}
		late, err := w.Pending(ctx, nil, 1000)
		if err != nil {
			t.Fatal(err)
		}
		w.events()

		people := w.team()
		view, err := w.service.EraseVisitor(ctx, as(people.admin), quokka)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.service.EraseVisitor(ctx, as(people.admin), quokka)
		if err != nil || again.Mark != view.Mark {
			t.Errorf("asked for again: %+v, %v", again, err)
		}
		// At once, before anything is removed.
		if _, ok := w.authenticated(token); ok || w.listens(p, "/service/"+quokka) || w.listens(stranger, "/service/"+quokka) {
			t.Error("she is still in")
		}
		_, _, err = w.service.Open(ctx, as(w.Anna), chat.OpenRequest{VisitorID: quokka})
		wantCode(t, err, "visitor_erasing")

		if err := w.service.Eraser().Erase(ctx); err != nil {
			t.Fatal(err)
		}
		w.wantNoTrace(folder, bucket)
		// A batch that the relay had read before comes late.
		if err := webhook.NewFeed(w, webhook.Config{}, func() {}).Deliver(ctx, late); err != nil {
			t.Fatal(err)
		}
		for table, row := range w.traces() {
			t.Errorf("came late: %s has %q", table, row)
		}
		log := &channelLog{}
		pending, err := w.Pending(ctx, nil, 1000)
		if err == nil {
			err = chat.NewFayeFeed(log).Deliver(ctx, pending)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if channel := fmt.Sprintf("/conversations/%d", id); !slices.Contains(log.channels, channel) || w.listens(stranger, channel) {
				t.Errorf("%s: %q", channel, log.channels)
			}
		}
		if !slices.Contains(log.channels, "/service/"+view.Mark) {
			t.Errorf("managers' screens do not hear of it: %q", log.channels)
		}
		w.wantAudited(w.Org, models.AuditErased, fmt.Sprintf("manager:%d visitor_erased visitor:%s 1", people.admin.ID, view.Mark))
		if now := w.figures(); now != figures {
			t.Errorf("figures were %s and are %s", figures, now)
		}
		if hits, _, err := w.service.Search(ctx, as(people.admin), chat.SearchRequest{Text: "teapot", Limit: 5}); err != nil || len(hits) != 1 {
			t.Errorf("what is another's: %+v, %v", hits, err)
		}
		// She may come again, as somebody new.
		if _, _, err = w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: quokka, SiteKey: w.Org.SiteKey}); err != nil {
			t.Error(err)
		}
		for _, old := range []string{token, aliasToken} {
			if _, ok := w.authenticated(old); ok {
				t.Error("an old token holds again")
			}
		}
		if w.listens(p, "/service/"+quokka) {
			t.Error("a client that was let in before is still in")
		}
	})
}

// figures are those that should not change when somebody is erased.
func (w *world) figures() string {
	w.t.Helper()
	n, err := w.service.Numbers(ctx, w.backend(w.Org), chat.Sender{}, chat.NumbersQuery{By: "total"})
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%d conversations, %d answered, %d transfers, rated %v", n.Total.Conversations, n.Total.Answered, n.Total.TransfersIn, n.Total.Ratings.Distribution)
}

// flaky fails a transaction now and then, before or after it is committed: as a crash would.
type flaky struct {
	chat.Store
	count int
}

var errCrash = errors.New("crash")

func (f *flaky) Update(ctx context.Context, fn func(chat.Tx) error) error {
	f.count++
	if f.count%3 == 0 {
		return errCrash
	}
	err := f.Store.Update(ctx, fn)
	if f.count%5 == 0 {
		return errors.Join(err, errCrash)
	}
	return err
}

func TestErasureGoesOnAfterACrash(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		folder, bucket := w.withFiles(nil)
		ids := w.know(w.service)
		for range 350 { // more than a transaction removes
			w.post(as(w.Anna), ids[len(ids)-1], "A quokka a day")
		}
		w.index()
		if _, err := w.service.EraseVisitor(ctx, w.backend(w.Org), quokka); err != nil {
			t.Fatal(err)
		}
		store := &flaky{Store: w.Fixture}
		crashes := 0
		for {
			err := chat.NewEraser(store, func() {}, slog.New(slog.DiscardHandler)).Erase(ctx) // a new process
			if err == nil {
				break
			}
			if !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			crashes++
		}
		if crashes < 3 {
			t.Errorf("%d crashes only", crashes)
		}
		w.wantNoTrace(folder, bucket)
		log, _, err := chat.NewAdmin(w).AuditLog(ctx, chat.AuditQuery{Action: models.AuditErased, Limit: 9})
		if err != nil || len(log) != 1 || !strings.Contains(string(log[0].Details), `"messages":358,`) || !strings.Contains(string(log[0].Details), `"conversations":4,`) {
			t.Errorf("%+v, %v", log, err)
		}
	})
}

func TestWhoErases(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		w.onDuty(w.Anna)
		w.open(stranger, "v1")
		for _, row := range []struct {
			p    chat.Principal
			id   string
			want string
		}{
			{as(people.supervisor), "v1", "forbidden"}, {as(people.manager), "v1", "forbidden"}, {visitor("v1"), "v1", "forbidden"},
			{stranger, "v1", "token_missing"}, {as(people.foreign), "v1", "visitor_not_found"},
			{as(people.admin), "nobody", "visitor_not_found"}, {as(people.admin), "no id", "visitor_not_found"},
			{w.keyed(w.Org, models.ScopeChat), "v1", "scope_missing"},
		} {
			_, err := w.service.EraseVisitor(ctx, row.p, row.id)
			wantCode(t, err, row.want)
		}
		if _, err := w.service.EraseVisitor(ctx, w.keyed(w.Org, models.ScopeData), "v1"); err != nil {
			t.Error(err)
		}
	})
}

func TestRetention(t *testing.T) {
	url := sqlite(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, url, chat.Rules{})
		old := w.open(as(w.Anna), "v1")
		w.post(as(w.Anna), old.ID, "An old word")
		if _, err := w.service.Close(ctx, as(w.Anna), chat.Sender{}, old.ID); err != nil {
			t.Fatal(err)
		}
		open := w.open(as(w.Anna), "v3")
		time.Sleep(40 * 24 * time.Hour)
		young := w.open(as(w.Anna), "v2")
		if _, err := w.service.Close(ctx, as(w.Anna), chat.Sender{}, young.ID); err != nil {
			t.Fatal(err)
		}
		left := func() (list []int64) {
			for _, c := range []int64{old.ID, open.ID, young.ID} {
				if _, err := w.View(ctx).Conversation(c); err == nil {
					list = append(list, c)
				}
			}
			return list
		}
		round := func(want ...int64) {
			t.Helper()
			if err := w.service.Eraser().Retain(ctx); err != nil {
				t.Fatal(err)
			}
			if got := left(); !slices.Equal(got, want) {
				t.Errorf("left are %v, want %v", got, want)
			}
		}
		round(old.ID, open.ID, young.ID) // for ever
		admin := chat.NewAdmin(w)
		days := func(n int) {
			t.Helper()
			if _, err := admin.UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{RetainDays: chat.To(&n)}); err != nil {
				t.Fatal(err)
			}
		}
		days(41)
		round(old.ID, open.ID, young.ID)
		days(30)
		round(open.ID, young.ID)
		round(open.ID, young.ID)
		if _, err := w.View(ctx).Visitor("v1"); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("who has nothing left is still there: %v", err)
		}
		w.wantAudited(w.Org, models.AuditRetained, fmt.Sprintf("system: retention_run organization:%d 1", w.Org.ID))
		log, _, err := admin.AuditLog(ctx, chat.AuditQuery{Action: models.AuditRetained, Limit: 9})
		if err != nil || len(log) != 1 || !strings.Contains(string(log[0].Details), `"conversations":1,"messages":1,`) || !strings.Contains(string(log[0].Details), `"visitors":1`) {
			t.Errorf("%+v, %v", log, err)
		}
		zero := 0
		_, err = admin.UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{RetainDays: chat.To(&zero)})
		wantCode(t, err, "retain_days_invalid")
	})
}
