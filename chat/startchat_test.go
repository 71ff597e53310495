package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"parley/chat"
	"parley/models"
)

// found is what the gate finds of a path to a visitor in a room.
func (w *world) found(room models.Room, visitorID string) chat.Found {
	return chat.Found{Organization: w.Org, Room: room, VisitorID: visitorID}
}

func (w *world) visitor(id string) chat.Principal {
	return chat.Principal{Party: chat.Visitor, VisitorID: id, OrganizationID: w.Org.ID}
}

// announcements records publications as "channel event state room".
type announcements struct{ list []string }

func (h *announcements) PublishStored(_ context.Context, _ int64, channel, _ string, data []byte) error {
	var ev chat.Event
	if err := json.Unmarshal(data, &ev); err != nil {
		return err
	}
	if ev.Conversation != nil && ev.Conversation.Room != nil {
		h.list = append(h.list, fmt.Sprintf("%s %s %s %s", channel, ev.Event, ev.Conversation.State, *ev.Conversation.Room))
	}
	return nil
}

func (*announcements) Review(context.Context, string)                 {}
func (*announcements) ReviewOf(context.Context, func(any) bool)       {}
func (*announcements) Revoke(context.Context, func(any, string) bool) {}

// TestStartedChatsAreHeardOverFaye: what begins by the other API is announced where old clients listen, and what is
// ended there, too.
func TestStartedChatsAreHeardOverFaye(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.room("shop")
		facts, isNew, err := w.service.StartChat(ctx, w.visitor("v1"), w.found(shop, "v1"), chat.ChatStart{})
		if err != nil || !isNew || facts.Room.ID != shop.ID || facts.State() != models.StateWaiting || !facts.Unattended {
			t.Fatalf("%v %+v, %v", isNew, facts, err) // nobody is on duty
		}
		w.post(w.visitor("v1"), facts.ID, "Hello")
		found := w.found(shop, "v1")
		found.Chat = facts.Conversation
		if facts, err = w.service.EndChat(ctx, w.visitor("v1"), found); err != nil || facts.Status != models.StatusClosed {
			t.Fatalf("%+v, %v", facts, err)
		}
		pending, err := w.Pending(ctx, nil, 100)
		if err != nil {
			t.Fatal(err)
		}
		var heard announcements
		if err := chat.NewFayeFeed(&heard).Deliver(ctx, pending); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"/service/v1 created waiting " + shop.UUID, "/service/v1 updated closed " + shop.UUID,
			"/conversations/" + itoa(facts.ID) + " updated closed " + shop.UUID,
		}
		if !slices.Equal(heard.list, want) {
			t.Errorf("%q, want %q", heard.list, want)
		}
	})
}

func TestFiftyStartAtOnce(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.room("shop")
		var made atomic.Int64
		var seen sync.Map
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				facts, isNew, err := w.service.StartChat(ctx, w.visitor("v1"), w.found(shop, "v1"), chat.ChatStart{})
				if err != nil {
					t.Error(err)
					return
				}
				if isNew {
					made.Add(1)
				}
				seen.Store(facts.ID, true)
			})
		}
		group.Wait()
		different := 0
		seen.Range(func(any, any) bool { different++; return true })
		if made.Load() != 1 || different != 1 {
			t.Errorf("%d made, %d seen", made.Load(), different)
		}
	})
}

// TestWhatIsToldOfAChat follows one from its beginning to its end.
func TestWhatIsToldOfAChat(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		shop := w.room("shop")
		first, _, err := w.service.StartChat(ctx, w.visitor("v1"), w.found(shop, "v1"), chat.ChatStart{})
		if err != nil {
			t.Fatal(err)
		}
		tell := func() chat.ChatFacts {
			t.Helper()
			facts, err := w.service.ChatNow(ctx, first.ID)
			if err != nil {
				t.Fatal(err)
			}
			return facts
		}
		want := func(f chat.ChatFacts, waiting, everWaited bool, visitor, managers, members, present int) {
			t.Helper()
			if f.Waiting() != waiting || (f.WaitingSince() != nil) != everWaited || f.Messages.Visitor != visitor || f.Messages.Managers != managers ||
				f.Managers != members || f.PresentManagers != present {
				t.Errorf("%+v", f)
			}
		}
		want(tell(), false, false, 0, 0, 0, 0)
		w.post(w.visitor("v1"), first.ID, "Hello")
		want(tell(), true, true, 1, 0, 0, 0)
		w.onDuty(w.Anna) // she is given it, and has not come yet
		want(tell(), true, true, 1, 0, 0, 0)
		if _, err := w.service.Join(ctx, as(w.Anna), chat.JoinRequest{ConversationID: first.ID, ManagerID: w.Anna.ID}); err != nil {
			t.Fatal(err)
		}
		want(tell(), false, true, 1, 0, 1, 1)
		w.post(as(w.Anna), first.ID, "Good morning")
		if _, err := w.service.Join(ctx, as(w.boris), chat.JoinRequest{ConversationID: first.ID, ManagerID: w.boris.ID}); err != nil {
			t.Fatal(err)
		}
		want(tell(), false, true, 1, 1, 2, 1) // he is away
		if err := w.service.LeaveChat(ctx, as(w.Anna), first.ID, w.Anna.ID); err != nil {
			t.Fatal(err)
		}
		want(tell(), false, true, 1, 1, 2, 0)
		found := w.found(shop, "v1")
		found.Chat = first.Conversation
		ended, err := w.service.EndChat(ctx, w.visitor("v1"), found)
		if err != nil {
			t.Fatal(err)
		}
		want(ended, false, true, 1, 1, 2, 0)

		// A manager who is there before the visitor writes keeps nobody waiting.
		second, _, err := w.service.StartChat(ctx, as(w.Anna), w.found(shop, "v2"), chat.ChatStart{})
		if err != nil {
			t.Fatal(err)
		}
		w.post(w.visitor("v2"), second.ID, "Hello")
		first = second
		want(tell(), false, false, 1, 0, 1, 1)
	})
}
