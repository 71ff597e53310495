package chat_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// phones is a world whose organisation takes calls, with Anna and Boris on duty.
func phones(w *world, cfg chat.CallConfig) *ear {
	w.t.Helper()
	if _, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{Calls: chat.To(true)}); err != nil {
		w.t.Fatal(err)
	}
	e := &ear{}
	w.service = chat.New(w, w.gate, chat.Config{Broadcaster: e, Tokens: w.keys, DutyGrace: time.Hour, Calls: cfg})
	w.onDuty(w.Anna, w.boris)
	w.events()
	return e
}

func (w *world) ring(p chat.Principal, visitorID string) *chat.CallView {
	w.t.Helper()
	ev, err := w.service.RequestCall(ctx, p, chat.CallRequest{VisitorID: visitorID, SiteKey: w.Org.SiteKey, OperatorName: "Dr. Anna", Kind: models.CallVideo})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Call
}

func (w *world) signal(p chat.Principal, call *chat.CallView, kind string) (*chat.CallView, error) {
	ev, err := w.service.Signal(ctx, p, chat.Sender{}, call.ConversationID, chat.CallSignal{CallID: call.ID, Type: kind})
	return ev.Call, err
}

func (w *world) wantSignal(p chat.Principal, call *chat.CallView, kind string, state models.CallState) *chat.CallView {
	w.t.Helper()
	got, err := w.signal(p, call, kind)
	if err != nil || got.State != state {
		w.t.Fatalf("%s: %+v, %v, want it %s", kind, got, err, state)
	}
	return got
}

func TestCallRingsAndIsAccepted(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		_, err := w.service.RequestCall(ctx, stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "Anna"})
		wantCode(t, err, "calls_off")
		e := phones(w, chat.CallConfig{})
		call := w.ring(stranger, "v1")
		w.wantEvents("conversation created", "message created", "call created")
		if call.State != models.CallRinging || call.Kind != models.CallVideo || call.OperatorName != "Dr. Anna" || call.Manager != nil ||
			call.RingsUntil != call.CreatedAt.Add(time.Minute) {
			t.Errorf("%+v", call)
		}
		c, err := w.View(ctx).Conversation(call.ConversationID)
		if err != nil || c.ChatType != models.ChatTask || c.State() != models.StateWaiting || c.MessageCount != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		m, err := w.View(ctx).Message(*c.LastMessageID)
		if err != nil || m.Type != models.MessageCall {
			t.Errorf("%+v, %v", m, err)
		}
		if live, err := w.service.Calls(ctx, as(w.boris)); err != nil || len(live) != 1 || live[0].ID != call.ID {
			t.Errorf("live: %v, %v", live, err)
		}

		_, err = w.signal(stranger, call, "accept")
		wantCode(t, err, "token_missing")
		_, err = w.signal(as(w.Anna), call, "ready")
		wantCode(t, err, "forbidden")
		taken := w.wantSignal(as(w.Anna), call, "accept", models.CallAccepted)
		if taken.Manager == nil || taken.Manager.ID != w.Anna.ID || taken.AcceptedAt == nil {
			t.Errorf("%+v", taken)
		}
		w.wantEvents("conversation updated", "call updated")
		_, err = w.signal(as(w.boris), call, "accept")
		wantCode(t, err, "call_taken")
		_, err = w.signal(as(w.boris), call, "refuse")
		wantCode(t, err, "call_taken")
		_, err = w.signal(as(w.boris), call, "hangup")
		wantCode(t, err, "forbidden")
		w.wantSignal(as(w.Anna), call, "accept", models.CallAccepted) // again
		w.wantEvents()
		if c, err := w.View(ctx).Conversation(call.ConversationID); err != nil || c.ManagerID == nil || *c.ManagerID != w.Anna.ID || c.AnsweredAt == nil {
			t.Errorf("%+v, %v", c, err)
		}

		e.take()
		line, mid := 0, "0"
		for _, s := range []chat.CallSignal{
			{Type: "offer", SDP: "v=0"}, {Type: "candidate", Candidate: &chat.CallCandidate{Candidate: "candidate:1", SDPMid: &mid, SDPMLineIndex: &line}},
			{Type: "mute", Audio: new(bool)},
		} {
			s.CallID, s.From = call.ID, models.SenderManager // not believed
			if ev, err := w.service.Signal(ctx, stranger, chat.Sender{}, call.ConversationID, s); err != nil || ev.Entity != "" {
				t.Errorf("%s: %+v, %v", s.Type, ev, err)
			}
		}
		heard := e.take()
		if len(heard) != 3 {
			t.Fatalf("heard %q", heard)
		}
		channel := fmt.Sprintf("/conversations/%d %d ", call.ConversationID, w.Org.ID)
		var ev chat.Event
		if text, ok := strings.CutPrefix(heard[1], channel); !ok || json.Unmarshal([]byte(text), &ev) != nil || ev.Entity != "call" ||
			ev.Event != "signal" || ev.Signal.From != models.SenderVisitor || ev.Signal.Candidate.Candidate != "candidate:1" {
			t.Errorf("%q is not for %s", heard[1], channel)
		}
		w.wantEvents()

		ended := w.wantSignal(stranger, call, "hangup", models.CallEnded)
		if ended.EndedAt == nil {
			t.Errorf("%+v", ended)
		}
		w.wantEvents("call updated")
		w.wantSignal(as(w.Anna), call, "hangup", models.CallEnded) // both at once
		w.wantEvents()
		for _, kind := range []string{"offer", "alive"} {
			s := chat.CallSignal{CallID: call.ID, Type: kind}
			if kind == "offer" {
				s.SDP = "v=0"
			}
			_, err = w.service.Signal(ctx, stranger, chat.Sender{}, call.ConversationID, s)
			wantCode(t, err, "call_over")
		}
		_, err = w.signal(as(w.Anna), call, "accept")
		wantCode(t, err, "call_over")
		again := w.ring(stranger, "v1")
		if again.ConversationID != call.ConversationID || again.ID == call.ID {
			t.Errorf("the next call: %+v", again)
		}
		_, err = w.signal(as(w.Anna), call, "accept")
		wantCode(t, err, "call_not_found")
	})
}

func TestCallIsRefusedOrMissed(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		phones(w, chat.CallConfig{})
		call := w.ring(stranger, "v1")
		w.wantSignal(as(w.boris), call, "refuse", models.CallRefused)
		w.wantSignal(as(w.Anna), call, "refuse", models.CallRefused)
		call = w.ring(stranger, "v1")
		w.wantSignal(stranger, call, "hangup", models.CallMissed)
		first := w.ring(stranger, "v1")
		w.events()
		second := w.ring(stranger, "v1") // as after the page was loaded anew
		w.wantEvents("call updated", "message created", "call created")
		if got, err := w.service.Call(ctx, stranger, chat.Sender{}, first.ConversationID); err != nil || got.ID != second.ID {
			t.Errorf("%+v, %v", got, err)
		}
		w.wantSignal(as(w.Anna), second, "accept", models.CallAccepted)
		w.events()
		if _, err := w.service.Transfer(ctx, as(w.Anna), chat.Sender{}, second.ConversationID, chat.TransferRequest{ManagerID: w.boris.ID}); err != nil {
			t.Fatal(err)
		}
		w.wantEvents("call updated", "conversation updated")
		third := w.ring(stranger, "v1")
		w.wantSignal(as(w.Anna), third, "accept", models.CallAccepted) // whoever has its conversation
		if _, err := w.service.Close(ctx, as(w.Anna), chat.Sender{}, third.ConversationID); err != nil {
			t.Fatal(err)
		}
		if got, err := w.service.Call(ctx, stranger, chat.Sender{}, third.ConversationID); err != nil || got.State != models.CallEnded {
			t.Errorf("after the end of the conversation: %+v, %v", got, err)
		}
		if next := w.ring(stranger, "v1"); next.ConversationID == third.ConversationID {
			t.Error("a closed conversation rings")
		}
		room, err := w.service.CreateRoom(ctx, as(w.team().admin), chat.RoomChanges{Name: chat.To("Sales")})
		if err != nil {
			t.Fatal(err)
		}
		ev, err := w.service.RequestCall(ctx, stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "Anna", Room: room.Token})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := w.View(ctx).Conversation(ev.Call.ConversationID); err != nil || c.RoomID != room.ID || c.ChatType != models.ChatTask {
			t.Errorf("in a room: %+v, %v", c, err)
		}
		_, err = w.service.RequestCall(ctx, stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "Anna", Room: "none"})
		wantCode(t, err, "room_not_found")
		if live, err := w.service.Calls(ctx, as(w.Anna)); err != nil || len(live) != 1 {
			t.Errorf("%v, %v", live, err)
		}
	})
}

// age makes a call so much older.
func (w *world) age(call *chat.CallView, by time.Duration) {
	w.t.Helper()
	err := w.Update(ctx, func(tx chat.Tx) error {
		c, err := tx.LatestCall(call.ConversationID)
		if err != nil {
			return err
		}
		c.CreatedAt, c.UpdatedAt = c.CreatedAt.Add(-by), c.UpdatedAt.Add(-by)
		return tx.SaveCall(c)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestOverdueCalls(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		phones(w, chat.CallConfig{RingFor: time.Minute, SilentFor: time.Hour})
		ringing, spoken := w.ring(stranger, "v1"), w.ring(stranger, "v2")
		w.wantSignal(as(w.Anna), spoken, "accept", models.CallAccepted)
		want := func(when string, states ...models.CallState) {
			t.Helper()
			if err := w.service.Care(ctx, models.At(time.Now())); err != nil {
				t.Fatal(err)
			}
			for i, call := range []*chat.CallView{ringing, spoken} {
				got, err := w.service.Call(ctx, stranger, chat.Sender{}, call.ConversationID)
				if err != nil || got.State != states[i] {
					t.Fatalf("%s: %+v, %v, want it %s", when, got, err, states[i])
				}
			}
		}
		for _, call := range []*chat.CallView{ringing, spoken} {
			w.age(call, 50*time.Second)
		}
		want("soon", models.CallRinging, models.CallAccepted)
		for _, call := range []*chat.CallView{ringing, spoken} {
			w.age(call, 20*time.Second)
		}
		want("nobody came", models.CallMissed, models.CallAccepted)
		w.age(spoken, 58*time.Minute)
		if _, err := w.signal(stranger, spoken, "alive"); err != nil {
			t.Fatal(err)
		}
		w.age(spoken, 59*time.Minute)
		want("somebody is there", models.CallMissed, models.CallAccepted)
		w.age(spoken, 2*time.Minute)
		want("both are gone", models.CallMissed, models.CallEnded)
	})
}

func TestCallRefusals(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		phones(w, chat.CallConfig{})
		for _, row := range []struct {
			name, code string
			by         chat.Principal
			request    chat.CallRequest
		}{
			{"no name", "operator_name_invalid", stranger, chat.CallRequest{VisitorID: "v1"}},
			{"a long name", "operator_name_invalid", stranger, chat.CallRequest{VisitorID: "v1", OperatorName: strings.Repeat("x", 201)}},
			{"a kind", "call_kind_invalid", stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "A", Kind: "smoke"}},
			{"a script for a picture", "operator_avatar_invalid", stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "A", OperatorAvatar: "javascript:alert(1)"}},
			{"no visitor", "visitor_id_invalid", stranger, chat.CallRequest{VisitorID: "a b", OperatorName: "A"}},
			{"a manager", "forbidden", as(w.Anna), chat.CallRequest{VisitorID: "v1", OperatorName: "A"}},
			{"in a manager's name", "sender_invalid", stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "A", Sender: chat.Sender{Type: models.SenderManager, ID: "1"}}},
			{"another visitor", "forbidden", visitor("v2"), chat.CallRequest{VisitorID: "v1", OperatorName: "A", SiteKey: w.Org.SiteKey}},
		} {
			t.Run(row.name, func(t *testing.T) {
				_, err := w.service.RequestCall(ctx, row.by, row.request)
				wantCode(t, err, row.code)
			})
		}
		call := w.ring(stranger, "v1")
		long := strings.Repeat("x", 32<<10+1)
		for _, s := range []chat.CallSignal{
			{Type: "shout"}, {}, {Type: "offer"}, {Type: "offer", SDP: long}, {Type: "answer"}, {Type: "candidate"},
			{Type: "candidate", Candidate: &chat.CallCandidate{Candidate: long}}, {Type: "hangup", SDP: "v=0"}, {Type: "ready", Audio: new(bool)},
			{Type: "mute", Candidate: &chat.CallCandidate{}},
		} {
			s.CallID = call.ID
			_, err := w.service.Signal(ctx, stranger, chat.Sender{}, call.ConversationID, s)
			wantCode(t, err, "call_signal_invalid")
		}
		_, err := w.service.Signal(ctx, stranger, chat.Sender{}, call.ConversationID, chat.CallSignal{CallID: call.ID, Type: "offer", SDP: "v=0"})
		wantCode(t, err, "call_not_accepted")
		var flooded error
		for range 100 {
			if _, flooded = w.signal(stranger, call, "alive"); flooded != nil {
				break
			}
		}
		wantCode(t, flooded, "too_many_requests")
	})
}

func TestNobodyToCall(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		if _, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{Calls: chat.To(true)}); err != nil {
			t.Fatal(err)
		}
		_, err := w.service.RequestCall(ctx, stranger, chat.CallRequest{VisitorID: "v1", OperatorName: "Anna"})
		wantCode(t, err, "chat_offline_message")
	})
}

func TestICEServers(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		phones(w, chat.CallConfig{STUN: []string{"stun:a:1"}, TURN: []string{"turn:b:2"}, TURNSecret: "hush", TURNLife: time.Hour})
		call := w.ring(stranger, "v1")
		list, err := w.service.ICEServers(ctx, stranger, chat.Sender{}, call.ConversationID)
		if err != nil || len(list) != 2 || list[0].URLs[0] != "stun:a:1" || list[0].Username != "" {
			t.Fatalf("%+v, %v", list, err)
		}
		turn := list[1]
		until, who, _ := strings.Cut(turn.Username, ":")
		var seconds int64
		fmt.Sscan(until, &seconds) //nolint:errcheck // 0 is not in time
		if left := time.Until(time.Unix(seconds, 0)); left < 50*time.Minute || left > time.Hour || strings.Contains(who, "v1") {
			t.Errorf("%s", turn.Username)
		}
		sum := hmac.New(sha1.New, []byte("hush"))
		sum.Write([]byte(turn.Username))
		if turn.Credential != base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
			t.Errorf("%+v", turn)
		}
		if _, err := w.service.ICEServers(ctx, as(w.boris), chat.Sender{}, 0); err != nil {
			t.Error(err)
		}
		_, err = w.service.ICEServers(ctx, stranger, chat.Sender{}, 0)
		wantCode(t, err, "conversation_id_missing")
		w.wantSignal(stranger, call, "hangup", models.CallMissed)
		_, err = w.service.ICEServers(ctx, stranger, chat.Sender{}, call.ConversationID)
		wantCode(t, err, "call_over")
	})
}
