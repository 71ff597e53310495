package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
)

// TestTidySearch merges an index step by step. Searches find the same before, meanwhile and after, and what is written
// between the steps, too; and no step keeps others waiting for long.
func TestTidySearch(t *testing.T) {
	chattest.Slow(t)
	ctx := context.Background()
	c := newCrowd(t, chattest.SQLite(t), 20_000)
	segments := func() (n int) {
		err := c.store.Update(ctx, func(tx chat.Tx) (err error) {
			n, err = tx.SearchParts()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	found := func() (ids []int64) {
		for _, text := range []string{"seldom ", "w12", "usual w5", "family777"} {
			results, _, err := c.service.Search(ctx, c.manager, chat.SearchRequest{Text: text, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				ids = append(ids, r.Conversation.ID)
			}
		}
		return ids
	}
	step := func(begin bool) (more bool) {
		began := time.Now()
		err := c.store.Update(ctx, func(tx chat.Tx) (err error) {
			more, err = tx.TidySearch(begin)
			return err
		})
		if took := time.Since(began); err != nil || took > 2*time.Second {
			t.Fatalf("a step took %v: %v", took, err)
		}
		return more
	}
	want, many := found(), segments()
	if many < 8 || len(want) < 50 {
		t.Fatalf("%d segments, %d finds: nothing to try with", many, len(want))
	}
	steps := 1
	for more := step(true); more; more = step(false) {
		if steps++; steps == 3 && !slices.Equal(found(), want) {
			t.Error("other conversations are found in the middle of a round")
		}
	}
	if now := segments(); now != 1 || steps < 3 || !slices.Equal(found(), want) {
		t.Errorf("%d segments became %d in %d steps, %d finds became %d", many, now, steps, len(want), len(found()))
	}
}
