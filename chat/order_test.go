package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// holding is a store that keeps transactions open until it is told to commit.
type holding struct {
	chat.Store
	did, commit chan struct{}
}

func (h *holding) Update(ctx context.Context, fn func(chat.Tx) error) error {
	return h.Store.Update(ctx, func(tx chat.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		_, err := tx.Organizations() // which sends what waits to the database
		close(h.did)
		<-h.commit
		return err
	})
}

// Append leaves everything to Update.
func (*holding) Append(context.Context, chat.Posting) (bool, error) { return false, nil }

// TestLateCommits holds a transaction open and lets another come that tells something on the same channel, or writes
// into the same history. It waits: there, ids rise in the order of commits, as ext.replay and direction=after need it.
func TestLateCommits(t *testing.T) {
	rate := func(s *chat.Service, w *world, old, _ int64) error {
		_, err := s.Rate(ctx, visitor("v1"), chat.Sender{}, old, 5, "")
		return err
	}
	post := func(s *chat.Service, w *world, _, c int64) error {
		_, _, err := s.Post(ctx, visitor("v1"), chat.PostRequest{ConversationID: c, Content: "Hello"})
		return err
	}
	end := func(s *chat.Service, w *world, _, c int64) error {
		_, err := s.Close(ctx, as(w.Anna), chat.Sender{}, c)
		return err
	}
	hand := func(s *chat.Service, w *world, _, c int64) error {
		_, err := s.Transfer(ctx, as(w.Anna), chat.Sender{}, c, chat.TransferRequest{})
		return err
	}
	notify := func(s *chat.Service, w *world, _, _ int64) error {
		_, err := s.Notify(ctx, w.backend(w.Org), "v1", json.RawMessage(`{}`))
		return err
	}
	read := func(s *chat.Service, w *world, _, c int64) error {
		page, err := s.History(ctx, as(w.Anna), chat.HistoryRequest{ConversationID: c})
		if err == nil {
			_, err = s.ReadUpTo(ctx, as(w.Anna), chat.Sender{}, c, page.Messages[len(page.Messages)-1].ID)
		}
		return err
	}
	for name, row := range map[string]struct {
		first, second func(s *chat.Service, w *world, old, c int64) error
		channel       string
	}{
		"rate one, close another":    {rate, end, "/service/v1"},
		"close one, rate another":    {end, rate, "/service/v1"},
		"rate one, transfer another": {rate, hand, "/service/v1"},
		"two messages":               {post, post, "/conversations/"},
		"a message, the end":         {post, end, "/conversations/"},
		"a message, reading":         {post, read, "/conversations/"},
		"two notifications":          {notify, notify, "/notifications/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, postgres(t), chat.Rules{}) // SQLite has one writer
			w.onDuty(w.Anna)
			old := w.open(visitor("v1"), "v1").ID
			if err := end(w.service, w, 0, old); err != nil {
				t.Fatal(err)
			}
			c := w.open(visitor("v1"), "v1").ID
			w.post(visitor("v1"), c, "first")
			if err := notify(w.service, w, 0, 0); err != nil {
				t.Fatal(err)
			}
			channel := row.channel
			if channel == "/conversations/" {
				channel += fmt.Sprint(c)
			}
			before := w.replay(channel, 0)

			h := &holding{w, make(chan struct{}), make(chan struct{})}
			var group sync.WaitGroup
			group.Go(func() {
				if err := row.first(chat.New(h, w.gate, chat.Config{}), w, old, c); err != nil {
					t.Error(err)
				}
			})
			<-h.did
			second := make(chan struct{})
			group.Go(func() {
				defer close(second)
				if err := row.second(w.service, w, old, c); err != nil {
					t.Error(err)
				}
			})
			select {
			case <-second:
				t.Error("the second did not wait for the first")
			case <-time.After(300 * time.Millisecond):
			}
			seen := w.replay(channel, 0)
			close(h.commit)
			group.Wait()
			// Who replayed meanwhile goes on from the last she saw, and misses nothing.
			all, rest := w.replay(channel, 0), w.replay(channel, seen[len(seen)-1])
			if !slices.Equal(all, slices.Concat(seen, rest)) || len(all) < len(before)+1 || !slices.Equal(seen, before) {
				t.Errorf("%v, meanwhile %v, then %v", all, seen, rest)
			}
		})
	}
}

func (w *world) replay(channel string, after int64) (ids []int64) {
	w.t.Helper()
	log := chat.NewLog(w.UnderTest.(chat.EventLog))
	err := log.Replay(ctx, channel, fmt.Sprint(w.Org.ID), after, 1000, func(id int64, _ []byte) { ids = append(ids, id) })
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}
