package chattest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

// happened adds an event that the relay has not seen yet.
func (f *Fixture) happened(change func(*models.Event)) int64 {
	f.t.Helper()
	e := models.Event{OrganizationID: f.Org.ID, VisitorID: "v1", Kind: models.EventNotification, Action: "created", Payload: "{}", CreatedAt: 1}
	change(&e)
	f.do(func(tx chat.Tx) error { return tx.AppendEvent(&e) })
	pending := f.pending()
	return pending[len(pending)-1].ID
}

func same(*models.Event) {}

func (f *Fixture) relayed(ids ...int64) { f.must(f.Relayed(context.Background(), ids, 5)) }

// after lists the ids of events after a position, and the position of the last.
func (f *Fixture) after(q chat.PositionQuery) (ids []int64, last int64) {
	f.t.Helper()
	if q.OrganizationID == 0 && q.VisitorID == "" {
		q.OrganizationID = f.Org.ID
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	if q.UpTo == 0 {
		q.UpTo = 1 << 50
	}
	events, err := f.reader().EventsAfter(q)
	f.must(err)
	last = q.After
	for _, e := range events {
		if e.Position == nil || *e.Position <= last {
			f.t.Fatalf("position %v after %d", e.Position, last)
		}
		ids, last = append(ids, e.ID), *e.Position
	}
	return ids, last
}

func (f *Fixture) positions() (newest, forgotten int64) {
	f.t.Helper()
	newest, forgotten, err := f.reader().EventPositions()
	f.must(err)
	return newest, forgotten
}

func positions(t *testing.T, f *Fixture) {
	if newest, forgotten := f.positions(); newest != 0 || forgotten != 0 {
		t.Errorf("at first: %d, %d", newest, forgotten)
	}
	one, two, three := f.happened(same), f.happened(same), f.happened(func(e *models.Event) { e.VisitorID = "v2" })
	if ids, _ := f.after(chat.PositionQuery{}); len(ids) != 0 {
		t.Errorf("before anything was relayed: %v", ids)
	}
	f.relayed(two)
	ids, last := f.after(chat.PositionQuery{})
	if newest, _ := f.positions(); !slices.Equal(ids, []int64{two}) || last != newest {
		t.Errorf("%v up to %d, newest %d", ids, last, newest)
	}
	f.relayed(three, one)
	f.relayed(two, one, three) // told again, as after an answer that was lost
	ids, _ = f.after(chat.PositionQuery{})
	if !slices.Equal(ids, []int64{two, three, one}) {
		t.Errorf("in the order of relaying: %v", ids)
	}
	if ids, _ = f.after(chat.PositionQuery{After: last}); !slices.Equal(ids, []int64{three, one}) {
		t.Errorf("after %d: %v", last, ids)
	}
	if ids, _ = f.after(chat.PositionQuery{UpTo: last}); !slices.Equal(ids, []int64{two}) {
		t.Errorf("up to %d: %v", last, ids)
	}
	if ids, _ = f.after(chat.PositionQuery{Limit: 2}); !slices.Equal(ids, []int64{two, three}) {
		t.Errorf("two: %v", ids)
	}
	kettles := f.Organization("Kettles")
	for _, row := range []struct {
		q    chat.PositionQuery
		want []int64
	}{
		{chat.PositionQuery{VisitorID: "v1"}, []int64{two, one}},
		{chat.PositionQuery{VisitorID: "v1", OrganizationID: f.Org.ID}, []int64{two, one}},
		{chat.PositionQuery{VisitorID: "v1", OrganizationID: kettles.ID}, nil},
		{chat.PositionQuery{OrganizationID: kettles.ID}, nil},
	} {
		if ids, _ := f.after(row.q); !slices.Equal(ids, row.want) {
			t.Errorf("%+v: %v, want %v", row.q, ids, row.want)
		}
	}
	payloads, err := f.reader().EventPayloads([]int64{one, 12345})
	if err != nil || len(payloads) != 1 || payloads[one] != "{}" {
		t.Errorf("%v, %v", payloads, err)
	}
	none, err := f.reader().EventPayloads(nil)
	if err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}

// forgottenPositions: deleting says up to where something is missing, and positions go on from where they were.
func forgottenPositions(t *testing.T, f *Fixture) {
	var ids []int64
	for i := range 6 {
		ids = append(ids, f.happened(func(e *models.Event) { e.CreatedAt = models.Time(10 + i) }))
	}
	f.relayed(ids[0], ids[3], ids[1], ids[2])
	f.do(func(tx chat.Tx) error { return tx.DeleteEvents(13, 100) })
	left, last := f.after(chat.PositionQuery{})
	_, forgotten := f.positions()
	if !slices.Equal(left, []int64{ids[3]}) || forgotten <= last {
		t.Errorf("left are %v up to %d, forgotten is %d: the third came after the fourth", left, last, forgotten)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteEvents(1000, 100) })
	newest, again := f.positions()
	if left, _ := f.after(chat.PositionQuery{}); len(left) != 0 || again != forgotten || newest != forgotten {
		t.Errorf("left are %v, forgotten %d, %d, newest %d", left, forgotten, again, newest)
	}
	f.relayed(ids[4], ids[5])
	if ids, first := f.after(chat.PositionQuery{After: newest}); len(ids) != 2 || first != newest+2 {
		t.Errorf("after all was deleted: %v up to %d, before it was %d", ids, first, newest)
	}
}

// relays note at once, in parts that overlap. Each event gets one position, and who reads on sees each once.
func relays(t *testing.T, f *Fixture) {
	const events, each, relays = 300, 10, 4
	var ids []int64
	for range events {
		ids = append(ids, f.happened(same))
	}
	var group sync.WaitGroup
	for i := range relays {
		group.Go(func() {
			for part := range slices.Chunk(slices.Concat(ids[i*50:], ids[:i*50]), each) {
				if err := f.Relayed(context.Background(), part, 5); err != nil {
					t.Error(err)
				}
			}
		})
	}
	over := make(chan struct{})
	defer group.Wait()
	go func() { group.Wait(); close(over) }()
	seen := map[int64]bool{}
	for after, ended := int64(0), false; !ended; {
		select {
		case <-over:
			ended = true
		default:
		}
		newest, _ := f.positions()
		if newest == after {
			continue
		}
		some, _ := f.after(chat.PositionQuery{After: after, UpTo: newest})
		for _, id := range some {
			if seen[id] {
				t.Fatal(fmt.Sprint("event ", id, " came twice"))
			}
			seen[id] = true
		}
		after = newest
	}
	if len(seen) != events {
		t.Errorf("%d of %d events came", len(seen), events)
	}
}
