package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// with gives the world a service with other settings.
func (w *world) with(cfg chat.Config) { w.service = chat.New(w, w.gate, cfg) }

// do takes a step that must go well.
func (w *world) do(ev chat.Event, err error) *chat.ConversationView {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Conversation
}

// steps names a conversation's transitions as "action manager".
func (w *world) steps(id int64) (list []string) {
	w.t.Helper()
	transitions, err := w.View(ctx).Transitions(id, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range transitions {
		name := string(t.Action)
		if t.ManagerID != nil {
			name += fmt.Sprint(" ", *t.ManagerID)
		}
		list = append(list, name)
	}
	return list
}

func (w *world) wantSteps(id int64, want ...string) {
	w.t.Helper()
	if got := w.steps(id); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("steps %v, want %v", got, want)
	}
}

func (w *world) supervisor() models.Manager {
	w.t.Helper()
	m := models.Manager{
		UUID: "00000000-0000-4000-9000-000000000001", OrganizationID: w.Org.ID, Name: "Sonya", Email: "sonya@example.com",
		PasswordHash: "x", Role: models.RoleSupervisor, DutyState: models.DutyAuto, CreatedAt: 1,
	}
	if err := w.Update(ctx, func(tx chat.Tx) error { m.ID = 0; return tx.CreateManager(&m) }); err != nil {
		w.t.Fatal(err)
	}
	return m
}

func TestQueueWhenAllAreAtTheirLimit(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.with(chat.Config{MaxConversations: 1})
		w.onDuty(w.Anna)
		first := w.open(stranger, "v1")
		second := w.open(stranger, "v2")
		time.Sleep(2 * time.Millisecond) // the queue's order knows no less than one
		third := w.open(stranger, "v3")
		if second.State != models.StateWaiting || second.Status != models.StatusOpen || second.ManagerID != nil {
			t.Fatalf("%+v", second)
		}
		if second.Queue == nil || second.Queue.Position != 1 || third.Queue == nil || third.Queue.Position != 2 {
			t.Errorf("places %+v, %+v", second.Queue, third.Queue)
		}
		again := w.open(stranger, "v3")
		if again.ID != third.ID || again.Queue.Position != 2 {
			t.Errorf("asked again: %+v", again)
		}
		w.post(stranger, second.ID, "Is anybody there?")

		queue, err := w.service.Queue(ctx, as(w.boris))
		if err != nil || len(queue) != 2 || queue[0].ID != second.ID || queue[1].Queue.Position != 2 || queue[0].LastMessage == nil {
			t.Errorf("%+v, %v", queue, err)
		}
		if _, err := w.service.Queue(ctx, stranger); chat.KindOf(err) != chat.Unauthenticated {
			t.Errorf("a stranger sees the queue: %v", err)
		}

		claimed := w.do(w.service.Claim(ctx, as(w.boris), chat.Sender{}, second.ID))
		if *claimed.ManagerID != w.boris.ID || claimed.Queue != nil || claimed.State != models.StateAssigned {
			t.Errorf("%+v", claimed)
		}
		_, err = w.service.Claim(ctx, as(w.boris), chat.Sender{}, third.ID)
		wantCode(t, err, "limit_reached")
		refusal := wantCode(t, refused(w.service.Claim(ctx, as(w.Anna), chat.Sender{}, second.ID)), "chat_already_open")
		if refusal.ManagerID != w.boris.ID || refusal.ManagerName != "Boris" {
			t.Errorf("%+v", refusal)
		}
		w.wantSteps(first.ID, fmt.Sprint("opened ", w.Anna.ID))
		w.wantSteps(second.ID, "opened", fmt.Sprint("claimed ", w.boris.ID))
	})
}

func refused(_ chat.Event, err error) error { return err }

func TestTwoClaimAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		managers := []models.Manager{w.Anna, w.boris}
		for range 6 {
			managers = append(managers, w.Manager(w.Org, fmt.Sprint("M", len(managers))))
		}
		for round := range 10 {
			visitor := fmt.Sprint("v", round)
			left := w.leave(visitor)
			if left.ManagerID != nil {
				t.Fatalf("%+v", left)
			}
			var winners atomic.Int64
			var losers sync.Map
			var group sync.WaitGroup
			for _, m := range managers {
				group.Go(func() {
					_, err := w.service.Claim(ctx, as(m), chat.Sender{}, left.ID)
					var refusal *chat.Error
					switch {
					case err == nil:
						winners.Add(1)
					case errors.As(err, &refusal) && refusal.Code == "chat_already_open":
						losers.Store(refusal.ManagerID, true)
					default:
						t.Error(err)
					}
				})
			}
			group.Wait()
			c := w.state(left.ID)
			if winners.Load() != 1 {
				t.Fatalf("%d have it", winners.Load())
			}
			losers.Range(func(told, _ any) bool {
				if told != *c.ManagerID {
					t.Errorf("a loser was told of %v, it is %d's", told, *c.ManagerID)
				}
				return true
			})
		}
	})
}

// leave sends the offline form.
func (w *world) leave(visitorID string) *chat.ConversationView {
	w.t.Helper()
	ev, _, err := w.service.Leave(ctx, stranger, chat.LeaveRequest{
		VisitorID: visitorID, SiteKey: w.Org.SiteKey, Name: "Vera", Email: "vera@example.com", Content: "Call me",
	})
	return w.do(ev, err)
}

func TestOfflineForm(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey})
		wantCode(t, err, "chat_offline_message")
		w.events()
		r := chat.LeaveRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey, Name: "Vera", Content: "Call me", ClientMessageID: "c1"}
		_, _, err = w.service.Leave(ctx, stranger, r)
		wantCode(t, err, "contact_missing")
		r.Email = "vera@"
		_, _, err = w.service.Leave(ctx, stranger, r)
		wantCode(t, err, "email_invalid")
		r.Email, r.Phone = "vera@example.com", "+7 900 000-00-00"
		ev, isNew, err := w.service.Leave(ctx, stranger, r)
		c := w.do(ev, err)
		if !isNew || c.State != models.StateWaiting || !c.Queue.Unattended || c.Queue.Position != 1 || c.Visitor.Email != nil || c.Staff != nil {
			t.Errorf("%v %+v", isNew, c)
		}
		w.wantEvents("conversation created", "message created", "conversation updated")
		ev, isNew, err = w.service.Leave(ctx, stranger, r) // the answer was lost
		if again := w.do(ev, err); isNew || again.ID != c.ID {
			t.Errorf("%v %+v", isNew, again)
		}
		w.wantEvents()
		r.Content, r.ClientMessageID = "And in the morning", ""
		ev, isNew, err = w.service.Leave(ctx, stranger, r)
		if again := w.do(ev, err); isNew || again.ID != c.ID {
			t.Errorf("%v %+v", isNew, again)
		}

		queue, err := w.service.Queue(ctx, as(w.Anna))
		if err != nil || len(queue) != 1 {
			t.Fatalf("%+v, %v", queue, err)
		}
		if s := queue[0].Staff; *s.ContactName != "Vera" || *s.ContactEmail != "vera@example.com" || *s.ContactPhone != "+7 900 000-00-00" {
			t.Errorf("%+v", s)
		}
		w.do(w.service.Claim(ctx, as(w.Anna), chat.Sender{}, c.ID))
		w.post(as(w.Anna), c.ID, "Good morning")
		w.wantSteps(c.ID, "left", fmt.Sprint("claimed ", w.Anna.ID), fmt.Sprint("answered ", w.Anna.ID))
		stored := w.state(c.ID)
		if stored.UnreadManager != 2 || stored.AnsweredAt == nil || stored.WaitingSince != nil || stored.Unattended {
			t.Errorf("%+v", stored)
		}

		w.onDuty(w.boris) // who has come is given what is left now
		if c := w.leave("v2"); c.ManagerID == nil || *c.ManagerID != w.boris.ID {
			t.Errorf("%+v", c)
		}
	})
}

func TestTransfer(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.with(chat.Config{MaxConversations: 1})
		sonya := w.supervisor()
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		to := func(m models.Manager) chat.TransferRequest {
			return chat.TransferRequest{ManagerID: m.ID, Note: "She is angry"}
		}
		transfer := func(p chat.Principal, r chat.TransferRequest) error {
			_, err := w.service.Transfer(ctx, p, chat.Sender{}, c.ID, r)
			return err
		}
		wantCode(t, transfer(as(w.boris), to(w.boris)), "forbidden")
		wantCode(t, transfer(stranger, to(w.boris)), "token_missing")
		wantCode(t, transfer(as(w.Anna), to(w.boris)), "manager_unavailable") // not listening
		wantCode(t, transfer(as(w.Anna), chat.TransferRequest{ManagerID: 9999}), "manager_not_found")
		force := to(w.boris)
		force.Force = true
		wantCode(t, transfer(as(w.Anna), force), "forbidden")
		w.events()
		w.onDuty(w.boris)
		if err := transfer(as(w.Anna), to(w.boris)); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("conversation updated")
		if err := transfer(as(w.boris), to(w.boris)); err != nil { // to herself changes nothing
			t.Error(err)
		}
		w.wantEvents()
		_, err := w.service.Transitions(ctx, visitor("v1"), chat.Sender{}, c.ID)
		if chat.KindOf(err) != chat.Forbidden {
			t.Errorf("a visitor reads transitions: %v", err)
		}
		list, err := w.service.Transitions(ctx, as(w.Anna), chat.Sender{}, c.ID)
		if err != nil || len(list) != 2 || list[1].Note != "She is angry" || *list[1].FromManagerID != w.Anna.ID || *list[1].ManagerID != w.boris.ID || list[1].ActorID != fmt.Sprint(w.Anna.ID) {
			t.Errorf("%+v, %v", list, err)
		}
		if err := transfer(as(sonya), chat.TransferRequest{}); err != nil {
			t.Fatal(err)
		}
		if got := w.state(c.ID); got.State() != models.StateWaiting || got.WaitingSince == nil {
			t.Errorf("%+v", got)
		}
		if err := transfer(w.backend(w.Org), to(w.Anna)); err != nil {
			t.Fatal(err)
		}
		other := w.open(stranger, "v2") // Boris's
		if err := transfer(as(sonya), to(w.boris)); err == nil {
			t.Error("above the limit")
		}
		if err := transfer(as(sonya), chat.TransferRequest{ManagerID: w.boris.ID, Force: true}); err != nil {
			t.Error(err)
		}
		w.do(w.service.Close(ctx, as(w.boris), chat.Sender{}, other.ID))
		w.do(w.service.TakeOver(ctx, as(sonya), chat.Sender{}, c.ID))
		if _, err := w.service.TakeOver(ctx, as(w.boris), chat.Sender{}, c.ID); chat.KindOf(err) != chat.Forbidden {
			t.Errorf("taken over by a manager: %v", err)
		}
		w.wantSteps(c.ID, fmt.Sprint("opened ", w.Anna.ID), fmt.Sprint("transferred ", w.boris.ID), "queued",
			fmt.Sprint("transferred ", w.Anna.ID), fmt.Sprint("transferred ", w.boris.ID), fmt.Sprint("taken_over ", sonya.ID))
		w.do(w.service.Close(ctx, as(sonya), chat.Sender{}, c.ID))
		wantCode(t, transfer(as(sonya), to(w.Anna)), "conversation_closed")
	})
}

func TestForeignManagersFindNothing(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		foreign := w.Manager(w.Organization("Kettles"), "Foreigner")
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		for name, err := range map[string]error{
			"claim":    refused(w.service.Claim(ctx, as(foreign), chat.Sender{}, c.ID)),
			"takeover": refused(w.service.TakeOver(ctx, as(foreign), chat.Sender{}, c.ID)),
			"transfer": refused(w.service.Transfer(ctx, as(foreign), chat.Sender{}, c.ID, chat.TransferRequest{})),
			"reopen":   refused(w.service.Reopen(ctx, as(foreign), chat.Sender{}, c.ID)),
			"rate":     refused(w.service.Rate(ctx, as(foreign), chat.Sender{}, c.ID, 5, "")),
		} {
			if chat.KindOf(err) != chat.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.service.Transitions(ctx, as(foreign), chat.Sender{}, c.ID); chat.KindOf(err) != chat.NotFound {
			t.Error(err)
		}
		// And none of ours can be given to one of theirs.
		_, err := w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, c.ID, chat.TransferRequest{ManagerID: foreign.ID})
		wantCode(t, err, "manager_not_found")
	})
}

func TestReopenAndRate(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		c := w.open(stranger, "v1")
		_, err := w.service.Rate(ctx, stranger, chat.Sender{}, c.ID, 5, "")
		wantCode(t, err, "conversation_open")
		w.do(w.service.Close(ctx, stranger, chat.Sender{}, c.ID))
		for _, rating := range []int{0, 6, -1} {
			_, err := w.service.Rate(ctx, stranger, chat.Sender{}, c.ID, rating, "")
			wantCode(t, err, "rating_invalid")
		}
		if _, err := w.service.Rate(ctx, as(w.Anna), chat.Sender{}, c.ID, 5, ""); chat.KindOf(err) != chat.Forbidden {
			t.Errorf("a manager rates herself: %v", err)
		}
		if _, err := w.service.Rate(ctx, visitor("v2"), chat.Sender{}, c.ID, 5, ""); chat.KindOf(err) == chat.Internal {
			t.Errorf("another visitor rates: %v", err)
		}
		rated := w.do(w.service.Rate(ctx, stranger, chat.Sender{}, c.ID, 4, " Quick "))
		if *rated.Rating != 4 || rated.Status != models.StatusClosed || rated.ClosedAt == nil {
			t.Errorf("%+v", rated)
		}
		if got := w.state(c.ID); *got.RatingText != "Quick" || got.RatedAt == nil || *got.ManagerID != *c.ManagerID {
			t.Errorf("%+v", got)
		}

		again := w.do(w.service.Reopen(ctx, visitor("v1"), chat.Sender{}, c.ID))
		if again.Status != models.StatusOpen || *again.ManagerID != *c.ManagerID || again.ClosedAt != nil {
			t.Errorf("not to the former counterpart: %+v", again)
		}
		w.do(w.service.Close(ctx, stranger, chat.Sender{}, c.ID))
		other := w.open(stranger, "v1")
		_, err = w.service.Reopen(ctx, stranger, chat.Sender{}, c.ID)
		wantCode(t, err, "chat_already_open")
		w.do(w.service.Close(ctx, stranger, chat.Sender{}, other.ID))
		w.with(chat.Config{ReopenWithin: time.Nanosecond})
		time.Sleep(2 * time.Millisecond) // the clock has milliseconds
		_, err = w.service.Reopen(ctx, stranger, chat.Sender{}, c.ID)
		wantCode(t, err, "reopen_too_late")
	})
}

// TestWhyDidIGetThis reads a decision back.
func TestWhyDidIGetThis(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		list, err := w.service.Transitions(ctx, as(w.boris), chat.Sender{}, c.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		var d chat.Decision
		if err := json.Unmarshal(list[0].Decision, &d); err != nil {
			t.Fatal(err)
		}
		if d.Rule != chat.RuleOnlyOne || d.ManagerID != w.Anna.ID || len(d.Considered) != 2 || d.Considered[1].Verdict != chat.NotListening {
			t.Errorf("%+v", d)
		}
	})
}
