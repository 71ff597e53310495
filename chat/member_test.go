package chat_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/models"
)

// members names who has been in a conversation, those who left in brackets.
func (w *world) members(id int64) string {
	w.t.Helper()
	all, err := w.View(ctx).Memberships(id)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, m := range all[id] {
		name := "visitor"
		if m.ManagerID != 0 {
			manager, err := w.View(ctx).FormerManager(m.ManagerID)
			if err != nil {
				w.t.Fatal(err)
			}
			name = manager.Name
		}
		if !m.Participating {
			name = "(" + name + ")"
		}
		names = append(names, name)
	}
	return fmt.Sprint(names)
}

func (w *world) wantMembers(id int64, want string) {
	w.t.Helper()
	if got := w.members(id); got != want {
		w.t.Errorf("members %s, want %s", got, want)
	}
}

// told lists what of some kinds waits in the outbox, as "kind action attributes".
func (w *world) told(kinds ...models.EventKind) (list []string) {
	w.t.Helper()
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []int64
	for _, e := range pending {
		ids = append(ids, e.ID)
		if slices.Contains(kinds, e.Kind) {
			changed, err := chat.ChangedOf(e)
			if err != nil {
				w.t.Fatal(err)
			}
			list = append(list, fmt.Sprint(e.Kind, " ", e.Action, " ", changed.ManagerID, " ", changed.Attributes))
		}
	}
	if err := w.Relayed(ctx, ids, 1); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// TestAttendance goes through all ways in which managers come to a conversation and leave it.
func TestAttendance(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		sonya := w.supervisor()
		c := w.open(stranger, "v1")
		w.wantMembers(c.ID, "[]") // it was given to Anna, who has not said anything
		w.told()
		w.post(as(w.Anna), c.ID, "Hello")
		w.wantMembers(c.ID, "[Anna]")
		took := []string{"is_participating", "is_present", "updated_at"}
		want := []string{fmt.Sprint("membership added ", w.Anna.ID, " []"), fmt.Sprint("attendance added ", w.Anna.ID, " []")}
		if got := w.told(models.EventMembership, models.EventAttendance); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		w.post(as(w.Anna), c.ID, "How can I help?")
		w.do(w.service.TakeOver(ctx, as(sonya), chat.Sender{}, c.ID))
		w.wantMembers(c.ID, "[(Anna) Sonya]")
		want = []string{
			fmt.Sprint("membership changed ", w.Anna.ID, " ", took), fmt.Sprint("attendance added ", w.Anna.ID, " []"),
			fmt.Sprint("membership added ", sonya.ID, " []"), fmt.Sprint("attendance added ", sonya.ID, " []"),
		}
		if got := w.told(models.EventMembership, models.EventAttendance); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		w.do(w.service.Transfer(ctx, as(sonya), chat.Sender{}, c.ID, chat.TransferRequest{ManagerID: w.Anna.ID}))
		w.wantMembers(c.ID, "[(Anna) (Sonya)]") // she has not accepted it
		w.post(as(w.Anna), c.ID, "Here again")
		w.wantMembers(c.ID, "[Anna (Sonya)]")
		w.do(w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, c.ID, chat.TransferRequest{}))
		w.wantMembers(c.ID, "[(Anna) (Sonya)]")
		w.do(w.service.Claim(ctx, as(w.boris), chat.Sender{}, c.ID))
		w.wantMembers(c.ID, "[(Anna) (Sonya) Boris]")
		w.do(w.service.Close(ctx, as(w.boris), chat.Sender{}, c.ID))
		w.wantMembers(c.ID, "[(Anna) (Sonya) Boris]")
		w.do(w.service.Reopen(ctx, as(sonya), chat.Sender{}, c.ID))
		w.wantMembers(c.ID, "[(Anna) Sonya (Boris)]")

		other := w.open(as(w.boris), "v2")
		w.wantMembers(other.ID, "[Boris]")
	})
}

func TestJoining(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.with(chat.Config{MaxConversations: 1})
		w.onDuty(w.Anna, w.boris)
		sonya := w.supervisor()
		join := func(m models.Manager, id int64, change func(*chat.JoinRequest)) (bool, error) {
			r := chat.JoinRequest{ConversationID: id, ManagerID: m.ID}
			if change != nil {
				change(&r)
			}
			return w.service.Join(ctx, as(m), r)
		}
		wantJoin := func(isNew bool, err error) {
			t.Helper()
			if !isNew || err != nil {
				t.Fatal(isNew, err)
			}
		}
		c := w.open(as(w.Anna), "v1")
		if err := say(w, w.boris, c.ID); chat.KindOf(err) != chat.Forbidden {
			t.Errorf("no member yet: %v", err)
		}
		wantJoin(join(w.boris, c.ID, nil))
		if isNew, err := join(w.boris, c.ID, nil); isNew || err != nil {
			t.Errorf("again: %v, %v", isNew, err)
		}
		if err := say(w, w.boris, c.ID); err != nil {
			t.Errorf("a member: %v", err)
		}
		channel := fmt.Sprint("/conversations/", c.ID)
		if _, ok, err := w.gate.Subscribe(ctx, as(w.boris), channel); !ok || err != nil {
			t.Errorf("a member listens: %v, %v", ok, err)
		}
		w.wantMembers(c.ID, "[Anna Boris]")
		if seen, err := w.View(ctx).Conversation(c.ID); *seen.ManagerID != w.Anna.ID || err != nil {
			t.Errorf("%+v, %v", seen, err)
		}
		_, err := join(sonya, c.ID, func(r *chat.JoinRequest) { r.Exclusive = true })
		wantCode(t, err, "exclusive_taken")

		// Who leaves has it no more; another member has it next, though there is no room for more with her.
		if err := w.service.LeaveChat(ctx, as(w.Anna), c.ID, w.Anna.ID); err != nil {
			t.Fatal(err)
		}
		if seen, err := w.View(ctx).Conversation(c.ID); *seen.ManagerID != w.boris.ID || err != nil {
			t.Errorf("%+v, %v", seen, err)
		}
		if err := w.service.LeaveChat(ctx, as(w.Anna), c.ID, w.Anna.ID); err != nil {
			t.Errorf("again: %v", err)
		}
		if _, ok, err := w.gate.Subscribe(ctx, as(w.Anna), channel); ok || err != nil {
			t.Errorf("who left listens: %v, %v", ok, err)
		}
		if err := w.service.LeaveChat(ctx, as(w.boris), c.ID, w.boris.ID); err != nil {
			t.Fatal(err)
		}
		if seen, err := w.View(ctx).Conversation(c.ID); seen.State() != models.StateWaiting || err != nil {
			t.Errorf("%+v, %v", seen, err)
		}
		wantCode(t, w.service.LeaveChat(ctx, as(sonya), c.ID, sonya.ID), "member_not_found")

		// Joining what waits claims it, as far as there is room.
		w.open(as(w.Anna), "v2")
		_, err = join(w.Anna, c.ID, nil)
		wantCode(t, err, "limit_reached")
		wantJoin(join(sonya, c.ID, func(r *chat.JoinRequest) { r.Exclusive = true }))
		if seen, err := w.View(ctx).Conversation(c.ID); seen.ManagerID == nil || *seen.ManagerID != sonya.ID || seen.WaitingSince != nil || err != nil {
			t.Errorf("%+v, %v", seen, err)
		}
		// Somebody who takes part and is not there keeps nobody away.
		if _, err := join(w.boris, c.ID, func(r *chat.JoinRequest) { r.Exclusive = true }); err != nil {
			t.Error(err)
		}
		// A member aside is one who does not take part.
		other := w.open(as(w.Anna), "v3")
		wantJoin(join(w.boris, other.ID, func(r *chat.JoinRequest) { r.Aside = true }))
		w.wantMembers(other.ID, "[Anna (Boris)]")

		w.do(w.service.Close(ctx, as(sonya), chat.Sender{}, c.ID))
		_, err = join(w.Anna, c.ID, nil)
		wantCode(t, err, "conversation_closed")
		wantCode(t, w.service.LeaveChat(ctx, as(sonya), c.ID, sonya.ID), "conversation_closed")

		clara := w.Manager(w.Organization("Kettles"), "Clara")
		for name, row := range map[string]struct {
			p    chat.Principal
			id   int64
			who  models.Manager
			code string
		}{
			"a stranger":         {stranger, other.ID, w.boris, "token_missing"},
			"the visitor":        {visitor("v3"), other.ID, w.boris, "forbidden"},
			"for somebody else":  {as(w.boris), other.ID, sonya, "forbidden"},
			"a foreigner's":      {as(clara), other.ID, clara, "conversation_not_found"},
			"for a foreigner":    {w.backend(w.Org), other.ID, clara, "manager_not_found"},
			"no such one":        {as(w.boris), 4711, w.boris, "conversation_not_found"},
			"a foreign backend":  {w.backend(w.Organization("Pots")), other.ID, w.boris, "manager_not_found"},
			"a key of no scopes": {chat.Principal{Party: chat.Backend, OrganizationID: w.Org.ID, KeyID: 1}, other.ID, w.boris, "scope_missing"},
		} {
			_, err := w.service.Join(ctx, row.p, chat.JoinRequest{ConversationID: row.id, ManagerID: row.who.ID})
			t.Run(name, func(t *testing.T) { wantCode(t, err, row.code) })
		}
		// A backend speaks for her.
		if _, err := w.service.Join(ctx, w.backend(w.Org), chat.JoinRequest{ConversationID: other.ID, ManagerID: sonya.ID}); err != nil {
			t.Error(err)
		}
		w.wantMembers(other.ID, "[Anna (Boris) Sonya]")
	})
}

func say(w *world, m models.Manager, id int64) error {
	_, _, err := w.service.Post(ctx, as(m), chat.PostRequest{ConversationID: id, Content: "Hello"})
	return err
}

// TestJoiningAtOnce lets several ask for a conversation for themselves at the same moment.
func TestJoiningAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		team := []models.Manager{w.Anna, w.boris, w.Manager(w.Org, "Clara"), w.Manager(w.Org, "Dora")}
		w.onDuty(team...)
		c := w.open(as(w.Anna), "v1")
		w.do(w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, c.ID, chat.TransferRequest{}))
		errs := make([]error, len(team))
		var all sync.WaitGroup
		for i, m := range team {
			all.Go(func() {
				_, errs[i] = w.service.Join(ctx, as(m), chat.JoinRequest{ConversationID: c.ID, ManagerID: m.ID, Exclusive: true})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			wantCode(t, err, "exclusive_taken")
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
		taking := 0
		members, err := w.View(ctx).Memberships(c.ID)
		for _, m := range members[c.ID] {
			if m.Participating {
				taking++
			}
		}
		if taking != 1 || err != nil {
			t.Errorf("%+v, %v", members, err)
		}
	})
}

// TestMembersAnswer: what a member writes is the answer that the visitor waits for.
func TestMembersAnswer(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		if _, err := w.service.Join(ctx, as(w.boris), chat.JoinRequest{ConversationID: c.ID, ManagerID: w.boris.ID}); err != nil {
			t.Fatal(err)
		}
		w.post(as(w.boris), c.ID, "Hello")
		w.wantMembers(c.ID, "[Boris]")
		seen, err := w.View(ctx).Conversation(c.ID)
		if err != nil || *seen.ManagerID != w.Anna.ID || seen.WaitingSince != nil || seen.AnsweredAt == nil {
			t.Errorf("%+v, %v", seen, err)
		}
	})
}

func TestVisitorsMembership(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		c := w.open(as(w.Anna), "v1")
		attend := func(participating bool) {
			t.Helper()
			if err := w.service.AttendVisitor(ctx, visitor("v1"), c.ID, participating); err != nil {
				t.Fatal(err)
			}
		}
		attend(true)
		w.wantMembers(c.ID, "[Anna]")
		w.told()
		attend(false)
		attend(false)
		w.wantMembers(c.ID, "[Anna (visitor)]")
		attend(true)
		w.wantMembers(c.ID, "[Anna visitor]")
		want := slices.Repeat([]string{"membership changed 0 [is_participating is_present updated_at]"}, 2)
		if got := w.told(models.EventMembership, models.EventAttendance); !slices.Equal(got, want) {
			t.Errorf("told %q", got)
		}
		wantCode(t, w.service.AttendVisitor(ctx, visitor("v2"), c.ID, false), "forbidden")
		wantCode(t, w.service.AttendVisitor(ctx, as(w.Anna), c.ID, false), "forbidden")
		w.do(w.service.Close(ctx, as(w.Anna), chat.Sender{}, c.ID))
		wantCode(t, w.service.AttendVisitor(ctx, visitor("v1"), c.ID, false), "conversation_closed")
	})
}

// TestComposing: who types falls back when she was not heard of, and both doors hear of it.
func TestComposing(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	c := w.open(as(w.Anna), "v1")
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var heard []string
		e := &ear{}
		w.service = chat.New(w, w.gate, chat.Config{Broadcaster: e, Fleeting: func(_ context.Context, e models.Event) {
			mu.Lock()
			defer mu.Unlock()
			changed, err := chat.ChangedOf(e)
			if err != nil {
				t.Error(err)
			}
			heard = append(heard, fmt.Sprint(*e.ConversationID == c.ID, " ", e.VisitorID, " ", changed.ManagerID, " ", changed.Attributes))
		}})
		take := func() (list []string) {
			mu.Lock()
			defer mu.Unlock()
			list, heard = heard, nil
			return list
		}
		ctx, cancel := context.WithCancel(t.Context())
		running := make(chan error, 1)
		go func() { running <- w.service.Run(ctx) }()
		compose := func(p chat.Principal, managerID int64, status chat.Composing) {
			t.Helper()
			if err := w.service.Compose(ctx, p, c.ID, managerID, status); err != nil {
				t.Fatal(err)
			}
		}
		want := func(anna, visitor chat.Composing, news ...string) {
			t.Helper()
			synctest.Wait()
			if a, v := w.service.ComposingOf(c.ID, w.Anna.ID), w.service.ComposingOf(c.ID, 0); a != anna || v != visitor {
				t.Errorf("Anna %s, the visitor %s; want %s, %s", a, v, anna, visitor)
			}
			if got := take(); !slices.Equal(got, news) {
				t.Errorf("heard %q, want %q", got, news)
			}
		}
		hers, his := fmt.Sprint("true v1 ", w.Anna.ID, " [composing_status]"), "true v1 0 [composing_status]"
		want(chat.ComposingIdle, chat.ComposingIdle)
		compose(as(w.Anna), w.Anna.ID, chat.ComposingTyping)
		want(chat.ComposingTyping, chat.ComposingIdle, hers)
		if len(e.take()) != 1 {
			t.Error("the channels did not hear it")
		}
		time.Sleep(6 * time.Second)
		yes := true // clients repeat all of it
		if _, err := w.service.ChangeMember(ctx, as(w.Anna), chat.MemberChange{
			ConversationID: c.ID, ManagerID: w.Anna.ID, Participating: &yes, Composing: chat.ComposingTyping,
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		want(chat.ComposingTyping, chat.ComposingIdle)
		time.Sleep(6 * time.Second)
		want(chat.ComposingTyped, chat.ComposingIdle, hers)
		if err := w.service.Typing(ctx, visitor("v1"), chat.TypingRequest{ConversationID: c.ID, Typing: true}); err != nil {
			t.Fatal(err)
		}
		want(chat.ComposingTyped, chat.ComposingTyping, his)
		w.post(visitor("v1"), c.ID, "Hello")
		compose(as(w.Anna), w.Anna.ID, chat.ComposingIdle)
		want(chat.ComposingIdle, chat.ComposingIdle, his, hers)
		compose(as(w.Anna), w.Anna.ID, chat.ComposingTyped)
		time.Sleep(time.Hour)
		want(chat.ComposingIdle, chat.ComposingIdle, hers)
		if err := w.service.Compose(ctx, as(w.boris), c.ID, w.boris.ID, chat.ComposingTyping); chat.KindOf(err) != chat.Forbidden {
			t.Errorf("no member: %v", err)
		}
		cancel()
		if err := <-running; err != nil {
			t.Error(err)
		}
	})
	for name, want := range map[string]chat.Composing{
		"idle": chat.ComposingIdle, "composing": chat.ComposingTyping, "typing": chat.ComposingTyping,
		"has_composed": chat.ComposingTyped, "typed": chat.ComposingTyped,
	} {
		if got, ok := chat.ComposingOf(name); got != want || !ok {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, ok := chat.ComposingOf("Typing"); ok {
		t.Error("a word that is none")
	}
}
