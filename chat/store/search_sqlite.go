package store

import (
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// sqliteSearch goes by FTS5, which walks its index from the latest place down and stops at the page's end. Of several
// terms it walks until they meet, whatever the place is then; so those are searched for in steps.
type sqliteSearch struct{}

const (
	// The first step is about sqliteWidth times as wide as the latest sqliteNearest documents. Each word of a query
	// costs FTS5 a good deal to look up, so a step asks for few windows.
	sqliteNearest, sqliteWidth, sqliteWindows = 256, 64, 4
)

const sqliteHits = `SELECT d.place, d.subject, d.conversation_id FROM search_index i JOIN search_documents d ON d.place = i.rowid
	WHERE i.search_index MATCH ? AND i.rowid >= ? AND i.rowid < ? ORDER BY i.rowid DESC LIMIT ?`

const sqliteEdges = `SELECT
	(SELECT place FROM search_documents WHERE place >= @from AND place < @before ORDER BY place DESC LIMIT 1) AS latest,
	(SELECT place FROM search_documents WHERE place >= @from AND place < @before ORDER BY place DESC LIMIT 1 OFFSET @nearest) AS near,
	(SELECT place FROM search_documents WHERE place >= @from AND place < @before ORDER BY place LIMIT 1) AS first`

func (s sqliteSearch) hits(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, on int64, err error) {
	from, before := bounds(q)
	if len(terms) == 1 {
		err = db.Raw(sqliteHits, matchAll(terms), from, before, q.Limit).Scan(&found).Error
		return found, 0, err
	}
	began := time.Now()
	walk, err := s.walk(db, from, before)
	if err != nil {
		return nil, 0, err
	}
	for i, step := range walk.steps() {
		if i > 0 && time.Since(began) >= q.Patience {
			return found, step.high, nil
		}
		wanted := append(terms[:len(terms):len(terms)], indexMarks(q.OrganizationID, step.windows))
		var more []searchHit
		err = db.Raw(sqliteHits, matchAll(wanted), step.low, step.high, q.Limit-len(found)).Scan(&more).Error
		if found = append(found, more...); err != nil || len(found) == q.Limit {
			return found, 0, err
		}
	}
	return found, 0, nil
}

func (sqliteSearch) walk(db *gorm.DB, from, before int64) (searchWalk, error) {
	var edges struct{ Latest, Near, First *int64 }
	err := db.Raw(sqliteEdges, map[string]any{"from": from, "before": before, "nearest": sqliteNearest}).Scan(&edges).Error
	if err != nil || edges.Latest == nil {
		return searchWalk{}, err
	}
	walk := searchWalk{high: *edges.Latest + 1, first: *edges.First, windows: sqliteWindows}
	if edges.Near == nil {
		edges.Near = edges.First
	}
	walk.span = (timeOf(walk.high) - timeOf(*edges.Near)) * sqliteWidth
	return walk, nil
}

const sqliteConversations = `SELECT DISTINCT d.conversation_id FROM search_index i JOIN search_documents d ON d.place = i.rowid
	WHERE i.search_index MATCH ? AND i.rowid >= ? AND i.rowid < ?`

func (sqliteSearch) conversations(db *gorm.DB, terms [][]string, from, before int64) ([]int64, error) {
	var ids []int64
	err := db.Raw(sqliteConversations, matchAll(terms), from, before).Scan(&ids).Error
	return ids, err
}

// matchAll is FTS5's language. No word has a double quote.
func matchAll(terms [][]string) string {
	var all []string
	for _, words := range terms {
		all = append(all, `("`+strings.Join(words, `" OR "`)+`")`)
	}
	return strings.Join(all, " AND ")
}

func (sqliteSearch) keep(db *gorm.DB, rows []searchRow, changed []int64) error {
	if len(changed) > 0 {
		if err := db.Exec("DELETE FROM search_index WHERE rowid IN ?", changed).Error; err != nil {
			return err
		}
	}
	err := db.Omit("words").Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "place"}}, DoUpdates: clause.AssignmentColumns([]string{"hash"}),
	}).Create(&rows).Error
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := db.Exec("INSERT INTO search_index (rowid, words) VALUES (?, ?)", row.Place, strings.Join(row.Words, " ")).Error; err != nil {
			return err
		}
	}
	return nil
}
