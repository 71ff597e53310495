package chattest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

func event(c models.Conversation, seq int64) models.Event {
	return models.Event{
		OrganizationID: c.OrganizationID, VisitorID: c.VisitorID, ConversationID: &c.ID, ConversationSeq: &seq,
		Kind: models.EventMessage, Action: "created", Payload: "{}", CreatedAt: 1,
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
