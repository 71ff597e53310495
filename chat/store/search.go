package store

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

// searcher is what the two databases do differently for search. They are asked with the same words, which carry
// their organisation: an index's entry for "17:заказ" is organisation 17's alone, whatever others have.
type searcher interface {
	// hits finds documents with all of the terms, each term a list of words of which one is enough. on is as of
	// SearchHits.
	hits(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, on int64, err error)
	// conversations lists those that have such documents between two places.
	conversations(db *gorm.DB, terms [][]string, from, before int64) ([]int64, error)
	// keep writes documents, of which those in changed were there before.
	keep(db *gorm.DB, rows []searchRow, changed []int64) error
	// unused lists those of an organisation's words that no document has.
	unused(db *gorm.DB, organizationID int64, words []string) ([]string, error)
}

func searcherOf(db *gorm.DB) searcher {
	if db.Name() == "postgres" {
		return postgresSearch{}
	}
	return sqliteSearch{}
}

// searchRow is a document. PostgreSQL keeps its words here, SQLite in an index of their own.
type searchRow struct {
	Place          int64 `gorm:"primaryKey;autoIncrement:false"`
	Subject        int64
	OrganizationID int64
	ConversationID int64
	Hash           int64
	Words          lexemes
}

// TableName is gorm's way to ask for it.
func (searchRow) TableName() string { return "search_documents" }

type searchState struct {
	ID        int64 `gorm:"primaryKey"`
	MessageID int64
	Documents int64
	Forgotten int64
}

// TableName is gorm's way to ask for it.
func (searchState) TableName() string { return "search_state" }

type searchTask chat.SearchTask

// TableName is gorm's way to ask for it.
func (searchTask) TableName() string { return "search_queue" }

type searchWord struct {
	OrganizationID int64
	Word           string
}

// TableName is gorm's way to ask for it.
func (searchWord) TableName() string { return "search_words" }

type searchHit struct {
	Place, Subject, ConversationID int64
}

// A place is a time and, for what happened in the same millisecond, the number in which it was indexed.
const placeBits = 20

func placeAt(at models.Time) int64 { return int64(at) << placeBits }

func timeOf(place int64) int64 { return place >> placeBits }

// bounds are the places of a query: from, and before.
func bounds(q chat.SearchQuery) (from, before int64) {
	from, before = placeAt(q.From), math.MaxInt64
	if q.To != 0 {
		before = placeAt(q.To)
	}
	if q.Before != 0 {
		before = min(before, q.Before)
	}
	return from, before
}

// Words of the index. No word of a text has a colon or a #.

func indexWord(organizationID int64, word string) string {
	return strconv.FormatInt(organizationID, 10) + ":" + word
}

func indexMark(organizationID int64, mark string) string { return indexWord(organizationID, "#"+mark) }

func indexMarks(organizationID int64, marks []string) []string {
	list := make([]string, len(marks))
	for i, mark := range marks {
		list[i] = indexMark(organizationID, mark)
	}
	return list
}

func conversationMark(id int64) string { return "c" + strconv.FormatInt(id, 36) }

func indexTerms(q chat.SearchQuery) [][]string {
	var terms [][]string
	for _, words := range q.Terms {
		var term []string
		for _, word := range words {
			term = append(term, indexWord(q.OrganizationID, word))
		}
		terms = append(terms, term)
	}
	for _, marks := range q.Marks {
		terms = append(terms, indexMarks(q.OrganizationID, marks))
	}
	return terms
}

func (r reader) SearchHits(q chat.SearchQuery) (hits []chat.SearchHit, on int64, err error) {
	rows, on, err := searcherOf(r.db).hits(r.db, q, indexTerms(q))
	hits = make([]chat.SearchHit, len(rows))
	for i, row := range rows {
		hits[i] = chat.SearchHit{Place: row.Place, Subject: chat.SearchSubject(row.Subject), ConversationID: row.ConversationID}
	}
	return hits, on, err
}

// spokenSince leaves those conversations of which something was written at a time or after it.
const spokenSince = `SELECT c.id FROM conversations c WHERE c.id IN @ids AND (c.created_at >= @since
	OR (SELECT max(m.created_at) FROM messages m WHERE m.conversation_id = c.id) >= @since
	OR (SELECT max(n.created_at) FROM notes n WHERE n.conversation_id = c.id) >= @since)`

func (r reader) SearchedBefore(q chat.SearchQuery, conversationIDs []int64, place int64) ([]int64, error) {
	// Most were over by then, and looking up each in the index costs far more than this.
	conversationIDs, err := all[int64](r.db.Raw(spokenSince, map[string]any{"ids": conversationIDs, "since": timeOf(place)}))
	if err != nil || len(conversationIDs) == 0 {
		return nil, err
	}
	var marks []string
	for _, id := range conversationIDs {
		marks = append(marks, conversationMark(id))
	}
	q.Before = 0
	_, before := bounds(q)
	terms := append([][]string{indexMarks(q.OrganizationID, marks)}, indexTerms(q)...)
	return searcherOf(r.db).conversations(r.db, terms, place, before)
}

func (r reader) SearchWords(organizationID int64, prefix string, limit int) ([]string, error) {
	return all[string](r.db.Model(&searchWord{}).Select("word").
		Where("organization_id = ? AND word >= ? AND word < ?", organizationID, prefix, prefix+"\U0010ffff").
		Order("word").Limit(limit))
}

func (r reader) SearchItems(hits []chat.SearchHit) ([]chat.SearchItem, error) {
	var conversations, messages, notes []int64
	for _, h := range hits {
		conversations = append(conversations, h.ConversationID)
		switch h.Subject.Kind() {
		case chat.SearchMessage:
			messages = append(messages, h.Subject.ID())
		case chat.SearchNote:
			notes = append(notes, h.Subject.ID())
		}
	}
	inbox, err := r.searchInbox(conversations)
	if err != nil {
		return nil, err
	}
	foundMessages, err := keyed(r, messages, func(m models.Message) int64 { return m.ID })
	if err != nil {
		return nil, err
	}
	foundNotes, err := keyed(r, notes, func(n models.Note) int64 { return n.ID })
	if err != nil {
		return nil, err
	}
	var items []chat.SearchItem
	for _, h := range hits {
		one, ok := inbox[h.ConversationID]
		if !ok {
			continue
		}
		item := chat.SearchItem{SearchHit: h, InboxItem: one}
		if m, ok := foundMessages[h.Subject.ID()]; ok && h.Subject.Kind() == chat.SearchMessage {
			item.Message = &m
		}
		if n, ok := foundNotes[h.Subject.ID()]; ok && h.Subject.Kind() == chat.SearchNote {
			item.Note = &n
		}
		items = append(items, item)
	}
	return items, nil
}

func (r reader) searchInbox(ids []int64) (map[int64]chat.InboxItem, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	conversations, err := withKeys[models.Conversation](r.db, ids)
	if err != nil {
		return nil, err
	}
	items, err := r.inboxItems(conversations)
	found := make(map[int64]chat.InboxItem, len(items))
	for _, item := range items {
		found[item.Conversation.ID] = item
	}
	return found, err
}

// hashOf tells documents with other words apart.
func hashOf(d chat.SearchDocument) int64 {
	h := fnv.New64a()
	for _, list := range [][]string{d.Words, d.Marks} {
		for _, word := range list {
			_, _ = h.Write([]byte(word)) // a hash takes everything
			_, _ = h.Write([]byte{0})
		}
		_, _ = h.Write([]byte{1})
	}
	return int64(h.Sum64()) // #nosec G115 -- bits
}

func (w writer) Indexed(done chat.SearchDone) error {
	if err := w.indexDocuments(done.Documents); err != nil {
		return err
	}
	if err := w.learnWords(done.Words); err != nil {
		return err
	}
	var tasks []searchTask
	for _, task := range done.Rest {
		tasks = append(tasks, searchTask{Subject: task.Subject, After: task.After})
	}
	if len(tasks) > 0 {
		if err := w.db.Create(&tasks).Error; err != nil {
			return err
		}
	}
	if len(done.Tasks) > 0 {
		if err := w.db.Where("id IN ?", done.Tasks).Delete(&searchTask{}).Error; err != nil {
			return err
		}
	}
	return w.db.Model(&searchState{}).Where("id = 1 AND message_id < ?", done.UpTo).UpdateColumn("message_id", done.UpTo).Error
}

// indexDocuments writes what differs from what is kept.
func (w writer) indexDocuments(documents []chat.SearchDocument) error {
	var subjects []int64
	for _, d := range documents {
		subjects = append(subjects, int64(d.Subject))
	}
	known, err := w.searchRows(subjects)
	if err != nil {
		return err
	}
	state, err := byID[searchState](w.db, 1)
	if err != nil {
		return err
	}
	var gone, changed []int64
	var rows []searchRow
	for _, d := range documents {
		before, is := known[int64(d.Subject)]
		row := searchRow{
			Place: before.Place, Subject: int64(d.Subject), OrganizationID: d.OrganizationID, ConversationID: d.ConversationID,
			Hash: hashOf(d), Words: lexemesOf(d),
		}
		switch {
		case is && len(d.Words) == 0:
			gone = append(gone, row.Subject)
		case is && before.Hash != row.Hash:
			changed = append(changed, row.Place)
			rows = append(rows, row)
		case !is && len(d.Words) > 0:
			row.Place = placeAt(d.At) | state.Documents&(1<<placeBits-1)
			state.Documents++
			rows = append(rows, row)
		}
	}
	if len(gone) > 0 {
		if err := w.db.Where("subject IN ?", gone).Delete(&searchRow{}).Error; err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	for i, row := range rows {
		rows[i].Words = append(row.Words, indexMarks(row.OrganizationID, windowsAt(timeOf(row.Place)))...)
	}
	if err := searcherOf(w.db).keep(w.db, rows, changed); err != nil {
		return err
	}
	return w.db.Model(&searchState{ID: 1}).UpdateColumn("documents", state.Documents).Error
}

func (r reader) searchRows(subjects []int64) (map[int64]searchRow, error) {
	found := make(map[int64]searchRow, len(subjects))
	if len(subjects) == 0 {
		return found, nil
	}
	rows, err := all[searchRow](r.db.Select("place", "subject", "hash").Where("subject IN ?", subjects))
	for _, row := range rows {
		found[row.Subject] = row
	}
	return found, err
}

func (w writer) learnWords(words map[int64][]string) error {
	var rows []searchWord
	for id, list := range words {
		for _, word := range list {
			rows = append(rows, searchWord{id, word})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b searchWord) int {
		return cmp.Or(cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Word, b.Word))
	})
	return w.db.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, 1000).Error
}

// lexemes are a document's words as the index has them, each once.
type lexemes []string

func lexemesOf(d chat.SearchDocument) lexemes {
	list := lexemes{indexMark(d.OrganizationID, conversationMark(d.ConversationID))}
	for _, word := range d.Words {
		list = append(list, indexWord(d.OrganizationID, word))
	}
	for _, mark := range d.Marks {
		list = append(list, indexMark(d.OrganizationID, mark))
	}
	return list
}

// GormDataType is what gorm asks for.
func (lexemes) GormDataType() string { return "tsvector" }

// GormValue writes them for PostgreSQL.
func (l lexemes) GormValue(context.Context, *gorm.DB) clause.Expr {
	return clause.Expr{SQL: "?::text::tsvector", Vars: []any{quoted(l, " ")}}
}
