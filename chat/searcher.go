package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/chat/words"
	"parley/models"
)

const (
	// MaxSearch bounds what is searched for, in characters, and maxTerms in words.
	MaxSearch = 200
	maxTerms  = 16
	// MaxResults is the longest page.
	MaxResults = 100
	// maxExpansion is how many words a beginning stands for.
	maxExpansion = 24
	// hitsForOne is how many documents are read for each conversation that a page shows: a frequent word is in
	// several of its messages.
	hitsForOne = 5
	// searchRounds bounds how often a page asks for more documents, as it does when many are of few
	// conversations. A page that is not full then has a next one all the same.
	searchRounds = 6
	// searchPatience is how long a request looks for hits; the rest is left to the next page. Words that are
	// frequent and hardly ever meet would otherwise cost as much as there are messages. It is a time because a
	// thousand documents cost a seldom word next to nothing, and frequent ones a tenth of a millisecond.
	searchPatience = 4 * time.Millisecond
)

// SearchRequest says what to search for, and among which conversations.
type SearchRequest struct {
	Sender Sender
	Text   string
	// ManagerID is whose conversations; 0: everybody's.
	ManagerID int64
	Status    models.Status
	State     models.State
	Tag       string
	// From and To bound when what is found was written, the first included, the second not; 0: no bound.
	From, To models.Time
	// After is the cursor of the page before; 0: the first page.
	After int64
	Limit int
}

// SearchResult is a conversation and the latest of what was found in it.
type SearchResult struct {
	Conversation *ConversationView `json:"conversation"`
	Match        MatchView         `json:"match"`
}

// MatchView is what was found: a message, a note, a name (of the visitor, or how she may be reached), or a tag.
type MatchView struct {
	Kind       string             `json:"kind"`
	MessageID  *int64             `json:"message_id"`
	NoteID     *int64             `json:"note_id"`
	SenderType *models.SenderType `json:"sender_type"`
	// Snippet is plain text. Highlights are pairs of start and length in it, in characters (Unicode code points).
	Snippet    string      `json:"snippet"`
	Highlights [][2]int    `json:"highlights"`
	CreatedAt  models.Time `json:"created_at"`
}

// Search finds conversations of the caller's organisation in which one message, one note, or names and tags have
// all of the words. The latest find comes first, and each conversation once. next is the cursor of the next page, 0
// at the end. A page may be short, and even empty, before the end: a request looks only through so much.
func (s *Service) Search(ctx context.Context, p Principal, r SearchRequest) (results []SearchResult, next int64, err error) {
	if p, err = s.gate.maySearch(ctx, p, r.Sender); err != nil {
		return nil, 0, err
	}
	if n := utf8.RuneCountInString(r.Text); n < 1 || n > MaxSearch || !utf8.ValidString(r.Text) {
		return nil, 0, E(Invalid, "q_invalid", "q is a text of 1 to %d characters", MaxSearch)
	}
	results = []SearchResult{}
	terms := words.Query(r.Text)
	if r.Tag != "" {
		var ok bool
		if r.Tag, ok = models.CleanTag(r.Tag); !ok {
			return nil, 0, E(Invalid, "tag_invalid", "A tag has 1 to %d characters of plain text", models.MaxTag)
		}
	}
	if len(terms) == 0 {
		return results, 0, nil
	}
	view := s.store.View(ctx)
	q, err := r.query(view, p.OrganizationID, terms[:min(len(terms), maxTerms)])
	if err != nil {
		return nil, 0, err
	}
	hits, next, err := r.collect(view, q, s.cfg.SearchPatience)
	if err != nil {
		return nil, 0, err
	}
	items, err := view.SearchItems(hits)
	for _, item := range items {
		if match, found := item.match(terms); found && r.allows(item) {
			results = append(results, SearchResult{viewItems([]InboxItem{item.InboxItem})[0], match})
		}
	}
	return results, next, err
}

// maySearch lets managers and backends search their organisation: every manager may read its visitors' history.
func (g *Gate) maySearch(ctx context.Context, p Principal, claimed Sender) (Principal, error) {
	if p.Party == Backend {
		return p, p.demand(models.ScopeNumbers)
	}
	if p.Party == Visitor || p.Party == Operator {
		return p, forbidden("Only managers search")
	}
	return g.selfWithin(ctx, p, claimed, models.ScopeNumbers)
}

func (r SearchRequest) query(view Reader, organizationID int64, terms []words.Term) (SearchQuery, error) {
	q := SearchQuery{OrganizationID: organizationID, From: r.From, To: r.To, Before: r.After}
	for _, term := range terms {
		alternatives := []string{term.Word}
		if term.Prefix != "" {
			begun, err := view.SearchWords(organizationID, term.Prefix, maxExpansion)
			if err != nil {
				return q, err
			}
			alternatives = append(alternatives, slices.DeleteFunc(begun, func(w string) bool { return w == term.Word })...)
		}
		q.Terms = append(q.Terms, alternatives)
	}
	switch {
	case r.State != "":
		q.Marks = append(q.Marks, []string{stateMark(r.State)})
	case r.Status == models.StatusOpen:
		q.Marks = append(q.Marks, []string{stateMark(models.StateWaiting), stateMark(models.StateAssigned)})
	case r.Status == models.StatusClosed:
		q.Marks = append(q.Marks, []string{stateMark(models.StateClosed)})
	}
	if r.ManagerID != 0 {
		q.Marks = append(q.Marks, []string{managerMark(r.ManagerID)})
	}
	if r.Tag != "" {
		q.Marks = append(q.Marks, []string{tagMark(r.Tag)})
	}
	return q, nil
}

// collect gathers a page of hits, each of another conversation.
func (r SearchRequest) collect(view Reader, q SearchQuery, patience time.Duration) (page []SearchHit, next int64, err error) {
	q.Limit = hitsForOne*r.Limit + 1
	seen, began := map[int64]bool{}, time.Now()
	for range searchRounds {
		q.Patience = patience - time.Since(began)
		hits, on, err := view.SearchHits(q)
		if err != nil {
			return nil, 0, err
		}
		for rest := hits; len(rest) > 0; {
			var fresh []SearchHit
			fresh, rest = newcomers(rest, seen, r.Limit+1-len(page))
			if fresh, err = r.withoutEarlier(view, q, fresh); err != nil {
				return nil, 0, err
			}
			if page = append(page, fresh...); len(page) > r.Limit {
				return page[:r.Limit], page[r.Limit-1].Place, nil
			}
		}
		if len(hits) < q.Limit {
			return page, on, nil
		}
		q.Before, q.Limit = hits[len(hits)-1].Place, 2*q.Limit
		if time.Since(began) >= patience {
			break
		}
	}
	return page, q.Before, nil
}

// newcomers takes up to count hits of conversations that were not seen yet.
func newcomers(hits []SearchHit, seen map[int64]bool, count int) (fresh, rest []SearchHit) {
	for i, hit := range hits {
		if len(fresh) == count {
			return fresh, hits[i:]
		}
		if !seen[hit.ConversationID] {
			seen[hit.ConversationID] = true
			fresh = append(fresh, hit)
		}
	}
	return fresh, nil
}

// withoutEarlier leaves out conversations that were on the pages before.
func (r SearchRequest) withoutEarlier(view Reader, q SearchQuery, hits []SearchHit) ([]SearchHit, error) {
	if r.After == 0 || len(hits) == 0 {
		return hits, nil
	}
	ids := make([]int64, len(hits))
	for i, hit := range hits {
		ids[i] = hit.ConversationID
	}
	earlier, err := view.SearchedBefore(q, ids, r.After)
	return slices.DeleteFunc(hits, func(hit SearchHit) bool { return slices.Contains(earlier, hit.ConversationID) }), err
}

// allows looks again at what the index may be late with.
func (r SearchRequest) allows(item SearchItem) bool {
	c := item.Conversation
	return (r.ManagerID == 0 || c.ManagerID != nil && *c.ManagerID == r.ManagerID) &&
		(r.Status == "" || c.Status == r.Status) && (r.State == "" || c.State() == r.State) &&
		(r.Tag == "" || slices.ContainsFunc(item.Tags, func(tag string) bool { return strings.EqualFold(tag, r.Tag) }))
}

// match shows where the terms are in what was found. What was changed or taken back meanwhile does not have them.
func (item SearchItem) match(terms []words.Term) (MatchView, bool) {
	switch {
	case item.Message != nil && item.Message.DeletedAt == nil:
		m := item.Message
		view, found := cutMatch("message", m.Wording(), terms)
		view.MessageID, view.SenderType, view.CreatedAt = &m.ID, &m.SenderType, m.CreatedAt
		return view, found
	case item.Note != nil:
		view, found := cutMatch("note", item.Note.Content, terms)
		view.NoteID, view.CreatedAt = &item.Note.ID, item.Note.CreatedAt
		return view, found
	case item.Subject.Kind() == SearchProfile:
		return item.matchProfile(terms)
	}
	return MatchView{}, false
}

func cutMatch(kind, text string, terms []words.Term) (MatchView, bool) {
	places, found := words.Match(text, terms)
	s := words.Cut(text, places)
	return MatchView{Kind: kind, Snippet: s.Text, Highlights: s.Highlights}, found
}

// matchProfile shows the names and tags that have any of the terms; together they have all.
func (item SearchItem) matchProfile(terms []words.Term) (MatchView, bool) {
	c := SearchConversation{Conversation: item.Conversation, Visitor: item.Visitor, Tags: item.Tags}
	some := func(texts []string) (list []string) {
		for _, text := range texts {
			if places, _ := words.Match(text, terms); len(places) > 0 {
				list = append(list, text)
			}
		}
		return list
	}
	names, tags := some(c.names()), some(c.Tags)
	kind := "name"
	if len(names) == 0 {
		kind = "tag"
	}
	view, found := cutMatch(kind, strings.Join(append(names, tags...), " · "), terms)
	view.CreatedAt = item.Conversation.CreatedAt
	return view, found
}
