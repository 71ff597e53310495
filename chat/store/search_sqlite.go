package store

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// sqliteSearch goes by FTS5, which walks its index from the latest place down and stops at the page's end.
type sqliteSearch struct{}

const sqliteHits = `SELECT d.place, d.subject, d.conversation_id FROM search_index i JOIN search_documents d ON d.place = i.rowid
	WHERE i.search_index MATCH ? AND i.rowid >= ? AND i.rowid < ? ORDER BY i.rowid DESC LIMIT ?`

func (sqliteSearch) hits(db *gorm.DB, q chat.SearchQuery, terms [][]string) ([]searchHit, error) {
	from, before := bounds(q)
	var rows []searchHit
	err := db.Raw(sqliteHits, matchAll(terms), from, before, q.Limit).Scan(&rows).Error
	return rows, err
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
