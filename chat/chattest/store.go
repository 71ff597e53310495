package chattest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

// UnderTest is what the suite wants of a store.
type UnderTest interface {
	chat.Store
	chat.Outbox
	chat.EventLog
}

// Store checks that a store keeps chat's contract. open makes an empty one for each test.
func Store(t *testing.T, open func(t *testing.T) UnderTest) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, f *Fixture)
	}{
		{"missing records are ErrNoRecord", missingRecords},
		{"a failed transaction leaves nothing", failedTransaction},
		{"a panic is the caller's error alone", panicking},
		{"a cancelled caller changes nothing", cancelled},
		{"a late failure fails the whole", lateFailure},
		{"a message in one go", posting},
		{"one open conversation a visitor", oneOpen},
		{"a conversation's events keep their order", eventOrder},
		{"the outbox forgets what was relayed", outbox},
		{"the outbox is a log", eventLog},
		{"positions rise as events are relayed", positions},
		{"deleted events leave a mark", forgottenPositions},
		{"several relays give positions", relays},
		{"history", history},
		{"client message ids are unique for a sender", clientMessages},
		{"reading is noted once", readOnce},
		{"candidates", candidates},
		{"duty sessions", dutySessions},
		{"abandoned and idle conversations", abandonedAndIdle},
		{"the inbox in pages", inbox},
		{"who left", retired},
		{"sign-ins", logins},
		{"keys", keys},
		{"signed subscriptions", privatePubs},
		{"notifications", notifications},
		{"versions of a message", versions},
		{"reading up to a message", readUpTo},
		{"unread totals", unreadTotals},
		{"notes", notes},
		{"tags", tags},
		{"canned replies", cannedReplies},
		{"the queue", queue},
		{"what should have been answered", unanswered},
		{"whether somebody is there", availability},
		{"the life of a conversation", transitions},
		{"people change", peopleChange},
		{"a manager's sign-ins", loginsOf},
		{"attempts to sign in", loginTries},
		{"shifts, leave and holidays", schedules},
		{"the steps of a range's conversations", steps},
		{"the ratings of a range", ratings},
		{"the queue now", queueNow},
		{"managers' names", managerNames},
		{"an organisation goes with all it owns", deleteOrganization},
		{"the audit log", auditLog},
		{"conversations that are too old", outdated},
		{"a conversation is removed by and by", removal},
		{"attachments come with their messages", attachments},
		{"files follow their attachments", removals},
		{"site secrets", siteSecrets},
		{"what is known of a visitor", visitorChanges},
		{"webhooks", webhooks},
		{"deliveries of a lane go one by one", deliveriesInOrder},
		{"how a delivery ends", deliveriesEnd},
		{"deliveries are replayed", replays},
		{"deliveries are forgotten", forgotten},
		{"what a delivery waited for is erased", mended},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, NewFixture(t, open(t))) })
	}
}

// Fixture fills a store with records.
type Fixture struct {
	UnderTest
	t     testing.TB
	count int
	Org   models.Organization
	Anna  models.Manager
}

// NewFixture makes an organisation with one manager.
func NewFixture(t testing.TB, s UnderTest) *Fixture {
	f := &Fixture{UnderTest: s, t: t}
	f.Org = f.Organization("Teapots")
	f.Anna = f.Manager(f.Org, "Anna")
	return f
}

func (f *Fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *Fixture) do(fn func(tx chat.Tx) error) {
	f.t.Helper()
	f.must(f.Update(context.Background(), fn))
}

func (f *Fixture) reader() chat.Reader { return f.View(context.Background()) }

func (f *Fixture) uuid() string {
	f.count++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", f.count)
}

// Organization adds one.
func (f *Fixture) Organization(name string) models.Organization {
	f.t.Helper()
	o := models.Organization{UUID: f.uuid(), Name: name, SiteKey: "key-" + name, TimeZone: "UTC", Strategy: models.LeastLoaded, CreatedAt: 1}
	f.do(func(tx chat.Tx) error { o.ID = 0; return tx.CreateOrganization(&o) })
	return o
}

// Manager adds one; the address is made of the name.
func (f *Fixture) Manager(o models.Organization, name string) models.Manager {
	f.t.Helper()
	m := models.Manager{
		UUID: f.uuid(), OrganizationID: o.ID, Name: name, Email: name + "@example.com", PasswordHash: "x",
		Role: models.RoleManager, DutyState: models.DutyAuto, CreatedAt: 1,
	}
	f.do(func(tx chat.Tx) error { m.ID = 0; return tx.CreateManager(&m) })
	return m
}

// Conversation adds one with its visitor, open unless told otherwise.
func (f *Fixture) Conversation(id int64, visitorID string, m models.Manager, change func(*models.Conversation)) models.Conversation {
	f.t.Helper()
	c := models.Conversation{
		ID: id, UUID: f.uuid(), OrganizationID: m.OrganizationID, VisitorID: visitorID, ManagerID: &m.ID,
		Status: models.StatusOpen, CreatedAt: models.Time(id), UpdatedAt: models.Time(id),
	}
	if change != nil {
		change(&c)
	}
	v := models.Visitor{ID: visitorID, UUID: f.uuid(), OrganizationID: m.OrganizationID, CreatedAt: 1}
	f.do(func(tx chat.Tx) error {
		if err := tx.EnsureVisitor(v); err != nil {
			return err
		}
		return tx.CreateConversation(&c)
	})
	return c
}

// Message adds one of the visitor's.
func (f *Fixture) Message(c models.Conversation, change func(*models.Message)) models.Message {
	f.t.Helper()
	m := models.Message{
		UUID: f.uuid(), OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID,
		SenderType: models.SenderVisitor, Content: "Hello", CreatedAt: 1,
	}
	if change != nil {
		change(&m)
	}
	f.do(func(tx chat.Tx) error {
		c, err := tx.LockConversation(c.ID)
		if err != nil {
			return err
		}
		c.MessageCount++
		m.ID = 0
		return cmp.Or(tx.CreateMessage(&m), tx.SaveConversation(c))
	})
	return m
}

func (f *Fixture) pending() []models.Event {
	f.t.Helper()
	events, err := f.Pending(context.Background(), nil, 1000)
	f.must(err)
	return events
}

func missingRecords(t *testing.T, f *Fixture) {
	r := f.reader()
	for name, read := range map[string]func() error{
		"organization": func() error { _, err := r.Organization(99); return err },
		"site key":     func() error { _, err := r.OrganizationBySiteKey("x"); return err },
		"manager":      func() error { _, err := r.Manager(99); return err },
		"address":      func() error { _, err := r.ManagerByEmail("x"); return err },
		"visitor":      func() error { _, err := r.Visitor("x"); return err },
		"conversation": func() error { _, err := r.Conversation(99); return err },
		"seen":         func() error { _, err := r.SeenConversation(99); return err },
		"open":         func() error { _, err := r.OpenConversation("x"); return err },
		"message":      func() error { _, err := r.Message(99); return err },
		"client id":    func() error { _, err := r.ClientMessage("x", nil, "x"); return err },
		"key":          func() error { _, err := r.APIKey(99); return err },
		"sign-in":      func() error { _, err := r.LoginSession("x"); return err },
		"attachment":   func() error { _, err := r.Attachment("x"); return err },
		"lock": func() error {
			return f.Update(context.Background(), func(tx chat.Tx) error { _, err := tx.LockConversation(99); return err })
		},
	} {
		if err := read(); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if id, err := r.PreviousManager("x"); id != 0 || err != nil {
		t.Errorf("previous manager: %d, %v", id, err)
	}
}

func event(c models.Conversation, seq int64) models.Event {
	return models.Event{
		OrganizationID: c.OrganizationID, VisitorID: c.VisitorID, ConversationID: &c.ID, ConversationSeq: &seq,
		Kind: models.EventMessage, Action: "created", Payload: "{}", CreatedAt: 1,
	}
}

func failedTransaction(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	refusal := chat.E(chat.Conflict, "no", "No")
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		m := models.Message{UUID: f.uuid(), ConversationID: c.ID, VisitorID: "v1", SenderType: models.SenderVisitor}
		f.must(tx.CreateMessage(&m))
		e := event(c, 1)
		f.must(tx.AppendEvent(&e))
		return refusal
	})
	if err != refusal {
		t.Errorf("the refusal became %v", err)
	}
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 5})
	if err != nil || page.Total != 0 || len(f.pending()) != 0 {
		t.Errorf("left behind: %+v, %v, %v", page, f.pending(), err)
	}
}

func panicking(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			defer func() { recover() }() //nolint:errcheck // a store may hand the panic on
			err := f.Update(context.Background(), func(tx chat.Tx) error {
				e := event(c, int64(i+1))
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
				if i%2 == 0 {
					panic("oops")
				}
				return nil
			})
			if (err == nil) != (i%2 == 1) {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if n := len(f.pending()); n != 10 {
		t.Errorf("%d events were committed, want 10", n)
	}
}

func cancelled(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := f.Update(ctx, func(tx chat.Tx) error { e := event(c, 1); return tx.AppendEvent(&e) })
	if !errors.Is(err, context.Canceled) || len(f.pending()) != 0 {
		t.Errorf("%v, %v", err, f.pending())
	}
}

func oneOpen(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.Conversation(2, "v1", f.Anna, nil)
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		return tx.CreateConversation(&models.Conversation{
			ID: 3, UUID: f.uuid(), OrganizationID: f.Org.ID, VisitorID: "v1", Status: models.StatusOpen,
		})
	})
	if err == nil {
		t.Error("a visitor has two open conversations")
	}
	if c, err := f.reader().OpenConversation("v1"); err != nil || c.ID != 2 {
		t.Errorf("open: %d, %v", c.ID, err)
	}
	if id, err := f.reader().PreviousManager("v1"); err != nil || id != f.Anna.ID {
		t.Errorf("previous: %d, %v", id, err)
	}
}

// eventOrder writes to two conversations from many sides. Within each, the order of ids is the order of the
// sequence, without a gap: that is what the relay relies on.
func eventOrder(t *testing.T, f *Fixture) {
	both := []models.Conversation{f.Conversation(1, "v1", f.Anna, nil), f.Conversation(2, "v2", f.Anna, nil)}
	const writers, each = 16, 10
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for range each {
				err := f.Update(context.Background(), func(tx chat.Tx) error {
					c, err := tx.LockConversation(both[i%2].ID)
					if err != nil {
						return err
					}
					c.EventSeq++
					e := event(c, c.EventSeq)
					if err := tx.AppendEvent(&e); err != nil {
						return err
					}
					return tx.SaveConversation(c)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	next := map[int64]int64{1: 1, 2: 1}
	for _, e := range f.pending() {
		if *e.ConversationSeq != next[*e.ConversationID] {
			t.Fatalf("event %d of conversation %d has sequence %d, want %d", e.ID, *e.ConversationID, *e.ConversationSeq, next[*e.ConversationID])
		}
		next[*e.ConversationID]++
	}
	if next[1] != writers/2*each+1 || next[2] != writers/2*each+1 {
		t.Errorf("lost: %v", next)
	}
}

func outbox(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	for seq := range int64(5) {
		f.do(func(tx chat.Tx) error { e := event(c, seq+1); return tx.AppendEvent(&e) })
	}
	all := f.pending()
	if len(all) != 5 || !slices.IsSortedFunc(all, func(a, b models.Event) int { return int(a.ID - b.ID) }) {
		t.Fatalf("pending: %+v", all)
	}
	ctx := context.Background()
	some, err := f.Pending(ctx, []int64{all[0].ID, all[2].ID}, 2)
	if err != nil || len(some) != 2 || some[0].ID != all[1].ID || some[1].ID != all[3].ID {
		t.Errorf("with exceptions: %+v, %v", some, err)
	}
	f.must(f.Relayed(ctx, []int64{all[0].ID, all[1].ID, all[2].ID, all[3].ID}, 7))
	if rest := f.pending(); len(rest) != 1 || rest[0].ID != all[4].ID {
		t.Errorf("after relaying: %+v", rest)
	}
	left := func() int {
		events, err := f.Events(ctx, chat.EventQuery{ConversationID: 1, Kinds: []chat.EventSort{{Kind: models.EventMessage}}, Limit: 100})
		f.must(err)
		return len(events)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteEvents(1, 100) })
	if left() != 5 {
		t.Errorf("%d events are left of 5 that are young", left())
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteEvents(2, 3) })
	if left() != 2 {
		t.Errorf("%d events are left after three were deleted", left())
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteEvents(2, 100) })
	if rest := f.pending(); left() != 1 || len(rest) != 1 || rest[0].ID != all[4].ID {
		t.Errorf("what was not relayed is left: %d, %+v", left(), rest)
	}
}

// eventLog compares what the log tells of each channel with what the feed sent there.
func eventLog(t *testing.T, f *Fixture) {
	ctx := context.Background()
	log := chat.NewLog(f)
	if newest, err := log.Newest(ctx); err != nil || newest != 0 {
		t.Fatalf("newest of none: %d, %v", newest, err)
	}
	foreign := f.Organization("Kettles")
	both := []models.Conversation{f.Conversation(1, "v1", f.Anna, nil), f.Conversation(2, "v2", f.Anna, nil)}
	last := int64(0)
	for i := range int64(60) {
		c := both[i%2]
		c.EventSeq = 1 + i/2
		e := event(c, c.EventSeq)
		e.Payload = fmt.Sprint(i)
		switch i / 2 % 5 {
		case 1:
			e.Kind, e.Action = models.EventConversation, "updated"
		case 2:
			e.Kind, e.Action = models.EventConversation, "announced"
		case 3:
			e.Kind, e.Action = models.EventMessage, "updated"
		case 4:
			e.Kind, e.ConversationID, e.ConversationSeq = models.EventNotification, nil, nil
		}
		f.do(func(tx chat.Tx) error { e.ID = 0; return tx.AppendEvent(&e) })
	}
	for _, e := range f.pending() {
		last = max(last, e.ID)
	}
	sent := &sentTo{}
	f.must(chat.NewFayeFeed(sent).Deliver(ctx, f.pending()))
	if newest, err := log.Newest(ctx); err != nil || newest != last {
		t.Errorf("newest: %d, %v, want %d", newest, err, last)
	}
	own := fmt.Sprint(f.Org.ID)
	for _, channel := range []string{"/conversations/1", "/conversations/2", "/service/v1", "/notifications/v2", "/conversations/3", "/service/*", "/conversations/x"} {
		all := sent.on(channel)
		if known := strings.HasSuffix(channel, "1") || strings.HasSuffix(channel, "2"); known != (len(all) > 5) {
			t.Fatalf("%s had %d events", channel, len(all))
		}
		for _, scope := range []string{own, ""} {
			if got := replayed(t, log, channel, scope, 0, 1000); !slices.Equal(got, all) {
				t.Errorf("%s in %q: %v, want %v", channel, scope, got, all)
			}
		}
		if len(all) == 0 {
			continue
		}
		if got := replayed(t, log, channel, own, all[2], 1000); !slices.Equal(got, all[3:]) {
			t.Errorf("%s after %d: %v, want %v", channel, all[2], got, all[3:])
		}
		if got := replayed(t, log, channel, own, 0, 2); !slices.Equal(got, all[len(all)-2:]) {
			t.Errorf("the last two on %s: %v of %v", channel, got, all)
		}
		for _, scope := range []string{fmt.Sprint(foreign.ID), "public"} {
			if got := replayed(t, log, channel, scope, 0, 10); got != nil {
				t.Errorf("%s in scope %s: %v", channel, scope, got)
			}
		}
	}
}

func replayed(t *testing.T, log chat.Log, channel, scope string, after int64, limit int) (ids []int64) {
	t.Helper()
	if !log.Keeps(channel) {
		t.Errorf("%s is not kept", channel)
	}
	err := log.Replay(context.Background(), channel, scope, after, limit, func(id int64, data []byte) {
		if len(data) == 0 {
			t.Errorf("event %d has no payload", id)
		}
		ids = append(ids, id)
	})
	if err != nil {
		t.Error(err)
	}
	return ids
}

// sentTo is an engine that notes which events went to which channel.
type sentTo struct {
	channels []string
	ids      []int64
}

func (s *sentTo) PublishStored(_ context.Context, id int64, channel, _ string, _ []byte) error {
	s.channels, s.ids = append(s.channels, channel), append(s.ids, id)
	return nil
}

func (*sentTo) Revoke(context.Context, func(any, string) bool) {}

func (*sentTo) ReviewOf(context.Context, func(any) bool) {}

func (s *sentTo) Review(context.Context, string) {}

func (s *sentTo) on(channel string) (ids []int64) {
	for i, c := range s.channels {
		if c == channel {
			ids = append(ids, s.ids[i])
		}
	}
	return ids
}

func history(t *testing.T, f *Fixture) {
	older := f.Conversation(1, "v1", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	newer := f.Conversation(2, "v1", f.Anna, nil)
	other := f.Conversation(3, "v2", f.Anna, nil)
	var ids []int64
	for i := range 10 {
		c := older
		if i >= 5 {
			c = newer
		}
		ids = append(ids, f.Message(c, nil).ID)
		f.Message(other, nil)
	}
	foreign := int64(1) << 60
	for _, test := range []struct {
		name  string
		since *int64
		after bool
		count int
		want  []int64
		more  bool
	}{
		{"the end", nil, false, 4, ids[6:], true},
		{"everything", nil, false, 50, ids, false},
		{"exactly everything", nil, false, 10, ids, false},
		{"inclusive, backwards", &ids[6], false, 3, ids[4:7], true},
		{"the first", &ids[0], false, 3, ids[:1], false},
		{"a bare bound", &foreign, false, 2, ids[8:], true},
		{"exclusive, forwards", &ids[6], true, 2, ids[7:9], true},
		{"the rest", &ids[6], true, 5, ids[7:], false},
		{"nothing newer", &ids[9], true, 5, nil, false},
		{"forwards from the start", nil, true, 2, ids[:2], true},
	} {
		page, err := f.reader().History(chat.HistoryQuery{
			OrganizationID: f.Org.ID, VisitorID: "v1", Since: test.since, After: test.after, Count: test.count,
		})
		var got []int64
		for _, m := range page.Messages {
			got = append(got, m.ID)
		}
		if err != nil || !slices.Equal(got, test.want) || page.More != test.more || page.Total != 10 {
			t.Errorf("%s: %v more %v total %d, %v; want %v more %v", test.name, got, page.More, page.Total, err, test.want, test.more)
		}
	}
	page, err := f.reader().History(chat.HistoryQuery{OrganizationID: f.Org.ID + 1, VisitorID: "v1", Count: 5})
	if err != nil || page.Total != 0 || len(page.Messages) != 0 {
		t.Errorf("another organisation sees %+v, %v", page, err)
	}
}

func clientMessages(t *testing.T, f *Fixture) {
	c := f.Conversation(1, "v1", f.Anna, nil)
	id := "c-1"
	m := f.Message(c, func(m *models.Message) { m.ClientMessageID = &id })
	f.Message(c, func(m *models.Message) {
		m.ClientMessageID, m.SenderType, m.ManagerID = &id, models.SenderManager, &f.Anna.ID
	})
	f.Message(c, nil)
	f.Message(c, nil) // none is not one
	err := f.Update(context.Background(), func(tx chat.Tx) error {
		return tx.CreateMessage(&models.Message{
			UUID: f.uuid(), ConversationID: c.ID, VisitorID: "v1", SenderType: models.SenderVisitor, ClientMessageID: &id,
		})
	})
	if !errors.Is(err, chat.ErrTaken) {
		t.Errorf("the same id was taken twice: %v", err)
	}
	if found, err := f.reader().ClientMessage("v1", nil, id); err != nil || found.ID != m.ID {
		t.Errorf("found %d, %v", found.ID, err)
	}
}

func readOnce(t *testing.T, f *Fixture) {
	m := f.Message(f.Conversation(1, "v1", f.Anna, nil), nil)
	var mu sync.Mutex
	firsts := 0
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var first bool
			err := f.Update(context.Background(), func(tx chat.Tx) (err error) {
				first, err = tx.MarkRead(m.ID, 77)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts++
			}
		})
	}
	group.Wait()
	if got, _ := f.reader().Message(m.ID); firsts != 1 || got.ReadAt == nil || *got.ReadAt != 77 {
		t.Errorf("%d were first; read at %v", firsts, got.ReadAt)
	}
}

func candidates(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	f.Manager(f.Organization("Kettles"), "Clara")
	f.Conversation(1, "v1", boris, nil)
	f.Conversation(2, "v2", boris, nil)
	f.Conversation(3, "v3", boris, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.do(func(tx chat.Tx) error {
		f.must(tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n", Since: 5}))
		f.must(tx.SetDutyState(boris.ID, models.DutyPaused))
		return tx.AssignManager(boris.ID, 9)
	})
	got, err := f.reader().Candidates(f.Org.ID)
	f.must(err)
	if len(got) != 2 || got[0].Manager.Name != "Anna" || !got[0].Live || got[0].Open != 0 || got[1].Live || got[1].Open != 2 ||
		got[1].Manager.DutyState != models.DutyPaused || got[1].Manager.LastAssignedAt == nil || *got[1].Manager.LastAssignedAt != 9 {
		t.Errorf("%+v", got)
	}
}

func dutySessions(t *testing.T, f *Fixture) {
	live := func() bool {
		all, err := f.reader().Candidates(f.Org.ID)
		f.must(err)
		return all[0].Live
	}
	add := func(session, node string) {
		f.do(func(tx chat.Tx) error {
			return tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: f.Anna.ID, Node: node})
		})
	}
	add("a", "one")
	add("a", "one") // again is no error
	add("b", "two")
	f.do(func(tx chat.Tx) error { return tx.EndDutySession("a", 10) })
	if !live() {
		t.Error("one session is left, yet she is not live")
	}
	f.do(func(tx chat.Tx) error {
		on, err := tx.DutySessions("two")
		if err != nil || len(on) != 1 || on[0].SessionID != "b" || on[0].ManagerID != f.Anna.ID {
			t.Errorf("on node two: %+v, %v", on, err)
		}
		return tx.EndDutySession("unknown", 99)
	})
	f.do(func(tx chat.Tx) error { return tx.EndDutySessions("two", 20) })
	m, _ := f.reader().Manager(f.Anna.ID)
	if live() || m.SeenAt == nil || *m.SeenAt != 20 {
		t.Errorf("live %v, seen %v", live(), m.SeenAt)
	}
}

func abandonedAndIdle(t *testing.T, f *Fixture) {
	boris, clara := f.Manager(f.Org, "Boris"), f.Manager(f.Org, "Clara")
	f.Conversation(10, "v1", f.Anna, nil) // vanished long ago
	f.Conversation(20, "v2", boris, nil)  // never seen: came by a call, not by a channel
	f.Conversation(30, "v3", clara, nil)  // here
	f.Conversation(40, "v4", f.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
	f.do(func(tx chat.Tx) error {
		for i, m := range []models.Manager{f.Anna, clara} {
			session := fmt.Sprint(i)
			f.must(tx.AddDutySession(models.DutySession{SessionID: session, ManagerID: m.ID, Node: "n"}))
			f.must(tx.EndDutySession(session, 100))
		}
		return tx.AddDutySession(models.DutySession{SessionID: "back", ManagerID: clara.ID, Node: "n"})
	})
	ids := func(before models.Time) (got []int64) {
		list, err := f.reader().Abandoned(f.Org.ID, before, 10)
		f.must(err)
		for _, c := range list {
			got = append(got, c.ID)
		}
		return got
	}
	if got := ids(100); len(got) != 0 {
		t.Errorf("abandoned too early: %v", got)
	}
	if got := ids(101); !slices.Equal(got, []int64{10}) {
		t.Errorf("abandoned: %v", got)
	}
	f.do(func(tx chat.Tx) error { return tx.RetireManager(boris.ID, 5) })
	if got := ids(0); !slices.Equal(got, []int64{20}) {
		t.Errorf("abandoned by who left: %v", got)
	}
	if got, err := f.reader().AbandonedOrganizations(101); err != nil || !slices.Equal(got, []int64{f.Org.ID}) {
		t.Errorf("organisations: %v, %v", got, err)
	}
	idle, err := f.reader().Idle(30, 10)
	if err != nil || len(idle) != 2 || idle[0].ID != 10 || idle[1].ID != 20 {
		t.Errorf("idle: %+v, %v", idle, err)
	}
}

func inbox(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	for id := int64(1); id <= 6; id++ {
		m := f.Anna
		if id%3 == 0 {
			m = boris
		}
		c := f.Conversation(id, fmt.Sprint("v", id), m, func(c *models.Conversation) { c.UpdatedAt = 100 + models.Time(id/2) })
		last := f.Message(c, func(m *models.Message) { m.Content = fmt.Sprint("last ", c.ID) })
		c.LastMessageID = &last.ID
		f.do(func(tx chat.Tx) error { return tx.SaveConversation(c) })
	}
	q := chat.InboxQuery{OrganizationID: f.Org.ID, ManagerID: f.Anna.ID, Status: models.StatusOpen, Limit: 3}
	var got []int64
	for {
		items, err := f.reader().Inbox(q)
		f.must(err)
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			got = append(got, item.Conversation.ID)
			if item.Manager.Name != "Anna" || item.Visitor.ID != item.Conversation.VisitorID ||
				item.LastMessage.Content != fmt.Sprint("last ", item.Conversation.ID) {
				t.Errorf("%+v", item)
			}
		}
		last := items[len(items)-1].Conversation
		q.Before = &chat.InboxCursor{UpdatedAt: last.UpdatedAt, ID: last.ID}
	}
	if !slices.Equal(got, []int64{5, 4, 2, 1}) {
		t.Errorf("Anna's: %v", got)
	}
	q = chat.InboxQuery{OrganizationID: f.Org.ID, Status: models.StatusOpen, Limit: 10}
	if items, err := f.reader().Inbox(q); err != nil || len(items) != 6 {
		t.Errorf("everybody's: %d, %v", len(items), err)
	}
	q.Status = models.StatusClosed
	if items, err := f.reader().Inbox(q); err != nil || len(items) != 0 {
		t.Errorf("closed: %d, %v", len(items), err)
	}
}

func retired(t *testing.T, f *Fixture) {
	f.do(func(tx chat.Tx) error {
		f.must(tx.CreateLoginSession(models.LoginSession{TokenHash: "h", ManagerID: f.Anna.ID, ExpiresAt: 1 << 50}))
		return tx.RetireManager(f.Anna.ID, 9)
	})
	r := f.reader()
	_, byID := r.Manager(f.Anna.ID)
	_, byEmail := r.ManagerByEmail(f.Anna.Email)
	_, login := r.LoginSession("h")
	for _, err := range []error{byID, byEmail, login} {
		if !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("still there: %v", err)
		}
	}
	if m, err := r.FormerManager(f.Anna.ID); err != nil || m.Name != "Anna" {
		t.Errorf("former: %+v, %v", m, err)
	}
	if all, err := r.Managers(f.Org.ID); err != nil || len(all) != 0 {
		t.Errorf("listed: %v, %v", all, err)
	}
	f.Manager(f.Org, "Anna") // the address is free again
}

func logins(t *testing.T, f *Fixture) {
	f.do(func(tx chat.Tx) error {
		f.must(tx.CreateLoginSession(models.LoginSession{TokenHash: "a", ManagerID: f.Anna.ID, ExpiresAt: 10}))
		return tx.CreateLoginSession(models.LoginSession{TokenHash: "b", ManagerID: f.Anna.ID, ExpiresAt: 20})
	})
	f.do(func(tx chat.Tx) error { return tx.DeleteLoginSessionsBefore(20) })
	if _, err := f.reader().LoginSession("a"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("expired: %v", err)
	}
	if s, err := f.reader().LoginSession("b"); err != nil || s.ManagerID != f.Anna.ID {
		t.Errorf("%+v, %v", s, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteLoginSession("b") })
	if _, err := f.reader().LoginSession("b"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("signed out: %v", err)
	}
}

func keys(t *testing.T, f *Fixture) {
	k := models.APIKey{OrganizationID: f.Org.ID, Name: "shop", Scopes: models.AllScopes, CreatedAt: 1}
	f.do(func(tx chat.Tx) error {
		k.ID = 0
		f.must(tx.CreateAPIKey(&k))
		k.KeyHash = "hash"
		return tx.SaveAPIKey(k)
	})
	if got, err := f.reader().APIKey(k.ID); err != nil || got != k {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error {
		f.must(tx.UseAPIKey(k.ID, 20))
		f.must(tx.UseAPIKey(k.ID, 10)) // another node was later
		f.must(tx.UseAPIKey(99, 10))
		k.Name, k.Scopes = "push", models.ScopePush
		return tx.SaveAPIKey(k) // as it was read before it was used
	})
	got, err := f.reader().APIKey(k.ID)
	if err != nil || got.Name != "push" || got.Scopes != models.ScopePush || got.LastUsedAt == nil || *got.LastUsedAt != 20 {
		t.Errorf("%+v, %v", got, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteAPIKey(k.ID) })
	if all, err := f.reader().APIKeys(f.Org.ID); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func deleteOrganization(t *testing.T, f *Fixture) {
	other := f.Manager(f.Organization("Kettles"), "Clara")
	kept := f.Conversation(1, "v1", other, nil)
	c := f.Conversation(2, "v2", f.Anna, nil)
	m := f.Message(c, nil)
	hook := f.Webhook(f.Org, nil)
	f.queueUp(hook, 1, f.delivery(1, ""))
	f.do(func(tx chat.Tx) error {
		mine, theirs := event(c, 1), event(kept, 1)
		f.must(tx.AppendEvent(&mine))
		f.must(tx.AppendEvent(&theirs))
		f.must(tx.AddDutySession(models.DutySession{SessionID: "s", ManagerID: f.Anna.ID, Node: "n"}))
		f.must(tx.CreateNotification(&models.Notification{OrganizationID: f.Org.ID, VisitorID: "v2", Data: "{}"}))
		return tx.DeleteOrganization(f.Org.ID)
	})
	r := f.reader()
	_, err1 := r.Organization(f.Org.ID)
	_, err2 := r.FormerManager(f.Anna.ID)
	_, err3 := r.Conversation(c.ID)
	_, err4 := r.Message(m.ID)
	_, err5 := r.Visitor("v2")
	_, err6 := r.Webhook(hook.ID)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("still there: %v", err)
		}
	}
	if _, err := r.Conversation(kept.ID); err != nil || len(f.pending()) != 1 {
		t.Errorf("the other organisation's: %v, %v", err, f.pending())
	}
}
