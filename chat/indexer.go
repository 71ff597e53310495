package chat

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"parley/models"
)

const (
	// indexBatch is about how many documents are written in one transaction: on SQLite all who post wait for it.
	indexBatch = 100
	indexPause = 500 * time.Millisecond
	// gapPatience is how long a message whose id was given out may take to be committed. No transaction lives so
	// long; what is not there by then never will be.
	gapPatience = time.Minute
	maxGaps     = 1000
	// manyParts is how many parts of the index are worth making one: a fortieth of the work of indexing, and a search
	// for an unfinished word takes less than half then.
	manyParts = 8
	// tidyAfter is how long after the start the index is tidied, tidyEvery how often from then on: a round writes
	// all of it anew, a little at each pause.
	tidyAfter = time.Minute
	tidyEvery = time.Hour
	maxKnown  = 200_000
)

// Indexer keeps search up with what is committed. It works behind the posters' backs, so that posting costs no
// more with it: new messages it reads by their ids, and for everything else that changes the database itself leaves
// a line in a queue. What it has done is noted in the transaction that does it; so after a crash it goes on, and
// after the upgrade that brought the search it takes up what was there before. Of several nodes one is at work.
type Indexer struct {
	store  Store
	logger *slog.Logger
	place  indexed
	// known are words that the store has already.
	known     map[organizationWord]bool
	forgotten int64 // as it was when known was
}

type organizationWord struct {
	organizationID int64
	word           string
}

// NewIndexer makes an indexer.
func NewIndexer(store Store, logger *slog.Logger) *Indexer {
	return &Indexer{store: store, logger: logger, known: map[organizationWord]bool{}}
}

// Run indexes until ctx ends. A failure is logged, and tried again after the pause.
func (x *Indexer) Run(ctx context.Context) error {
	pause := time.NewTicker(indexPause)
	defer pause.Stop()
	tidying, next := false, now().Add(tidyAfter)
	for {
		more, err := x.Index(ctx)
		if err != nil && ctx.Err() == nil {
			x.logger.Error("indexing for search failed", "error", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		if begin := now() >= next; err == nil && (tidying || begin) {
			tidying, err = x.tidy(ctx, begin)
			if begin && err == nil {
				next = now().Add(tidyEvery)
			}
			if err != nil && ctx.Err() == nil {
				x.logger.Error("tidying the index of the search failed", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// tidy does a step of a round and tells whether there is another.
func (x *Indexer) tidy(ctx context.Context, begin bool) (more bool, err error) {
	err = x.store.Update(ctx, func(tx Tx) error {
		more = false
		if begin {
			if parts, err := tx.SearchParts(); err != nil || parts < manyParts {
				return err
			}
		}
		more, err = tx.TidySearch(begin)
		return err
	})
	return more, err
}

// Index does what is to be done, as far as one transaction should, and tells whether there is more.
func (x *Indexer) Index(ctx context.Context) (more bool, err error) {
	var place indexed
	var done SearchDone
	err = x.store.Update(ctx, func(tx Tx) error {
		place, done = x.place.clone(), SearchDone{}
		work, ok, err := tx.SearchWork(place.reached, slices.Sorted(maps.Keys(place.gaps)), indexBatch)
		if err != nil || !ok {
			return err
		}
		place.advance(work, now())
		if work.Forgotten != x.forgotten {
			clear(x.known)
			x.forgotten = work.Forgotten
		}
		done = SearchDone{Documents: work.documents(), UpTo: place.upTo(), Tasks: work.Tasks, Rest: work.Rest}
		done.Words = x.unknown(done.Documents)
		more = len(work.New) >= indexBatch || len(work.Tasks) > 0
		if len(done.Documents) == 0 && len(done.Tasks) == 0 && done.UpTo == work.Noted {
			return nil
		}
		return tx.Indexed(done)
	})
	if err != nil {
		return false, err
	}
	x.place = place
	x.learn(done.Words)
	return more, nil
}

// unknown lists the documents' words that the store may not have.
func (x *Indexer) unknown(documents []SearchDocument) map[int64][]string {
	fresh := map[organizationWord]bool{}
	for _, d := range documents {
		for _, word := range d.Words {
			if one := (organizationWord{d.OrganizationID, word}); !x.known[one] {
				fresh[one] = true
			}
		}
	}
	list := map[int64][]string{}
	for one := range fresh {
		list[one.organizationID] = append(list[one.organizationID], one.word)
	}
	return list
}

func (x *Indexer) learn(words map[int64][]string) {
	if len(x.known) > maxKnown {
		clear(x.known)
	}
	for id, list := range words {
		for _, word := range list {
			x.known[organizationWord{id, word}] = true
		}
	}
}

// indexed is how far messages were read. Ids are given out before they are committed, so one may appear below
// others: gaps are those that were not there, and when that was seen.
type indexed struct {
	reached int64
	gaps    map[int64]models.Time
}

func (p indexed) clone() indexed { return indexed{p.reached, maps.Clone(p.gaps)} }

func (p *indexed) advance(work SearchWork, at models.Time) {
	if p.gaps == nil {
		p.gaps = map[int64]models.Time{}
	}
	p.reached = max(p.reached, work.Noted)
	for _, m := range work.Again {
		delete(p.gaps, m.ID)
	}
	maps.DeleteFunc(p.gaps, func(id int64, since models.Time) bool {
		return id <= work.Noted || since.Add(gapPatience) < at
	})
	for _, m := range work.New {
		for id := max(p.reached+1, m.ID-maxGaps); id < m.ID && len(p.gaps) < maxGaps; id++ {
			p.gaps[id] = at
		}
		p.reached = m.ID
	}
}

// upTo is the id up to which nothing is missing.
func (p indexed) upTo() int64 {
	up := p.reached
	for id := range p.gaps {
		up = min(up, id-1)
	}
	return up
}
