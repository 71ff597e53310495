package store

import (
	"encoding/json"

	"gorm.io/gorm"
)

func (w writer) ForgetWords(organizationID int64, from string, limit int) (next string, err error) {
	if err := w.holdSearch(); err != nil {
		return "", err
	}
	words, err := all[string](w.db.Model(&searchWord{}).Select("word").
		Where("organization_id = ? AND word > ?", organizationID, from).Order("word").Limit(limit))
	if err != nil || len(words) == 0 {
		return "", err
	}
	unused, err := searcherOf(w.db).unused(w.db, organizationID, words)
	if err != nil {
		return "", err
	}
	if len(unused) > 0 {
		err = w.db.Where("organization_id = ? AND word IN ?", organizationID, padded(unused)).Delete(&searchWord{}).Error
		if err == nil {
			err = w.db.Model(&searchState{}).Where("id = 1").UpdateColumn("forgotten", gorm.Expr("forgotten + 1")).Error
		}
	}
	if len(words) == limit {
		next = words[limit-1]
	}
	return next, err
}

func (sqliteSearch) unused(db *gorm.DB, organizationID int64, words []string) (unused []string, err error) {
	for _, word := range words {
		var found []int64
		query := matchAll([][]string{{indexWord(organizationID, word)}})
		if err := db.Raw("SELECT rowid FROM search_index WHERE search_index MATCH ? LIMIT 1", query).Scan(&found).Error; err != nil {
			return nil, err
		}
		if len(found) == 0 {
			unused = append(unused, word)
		}
	}
	return unused, nil
}

// Of frequent words the latest documents have nearly all, so that the index is asked for those alone of which it
// finds little.
const unusedWords = `WITH asked AS MATERIALIZED (
		SELECT word, lexeme, query FROM json_to_recordset(?::text::json) AS listed(word text, lexeme text, query text)),
	latest AS MATERIALIZED (
		SELECT words FROM search_documents WHERE organization_id = ? ORDER BY place DESC LIMIT 1000),
	recent AS MATERIALIZED (
		SELECT DISTINCT part.lexeme FROM latest, unnest(latest.words) part WHERE part.lexeme IN (SELECT lexeme FROM asked)),
	rare AS MATERIALIZED (SELECT word, query FROM asked WHERE lexeme NOT IN (SELECT lexeme FROM recent))
	SELECT word FROM rare WHERE NOT EXISTS (SELECT 1 FROM search_documents d WHERE d.words @@ rare.query::tsquery)`

func (postgresSearch) unused(db *gorm.DB, organizationID int64, words []string) (unused []string, err error) {
	type asked struct {
		Word   string `json:"word"`
		Lexeme string `json:"lexeme"`
		Query  string `json:"query"`
	}
	list := make([]asked, len(words))
	for i, word := range words {
		lexeme := indexWord(organizationID, word)
		list[i] = asked{word, lexeme, quoted([]string{lexeme}, "")}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	err = byIndex(db, func(db *gorm.DB) error { return db.Raw(unusedWords, string(text), organizationID).Scan(&unused).Error })
	return unused, err
}

// tidyPages is how many pages of the index SQLite rewrites at once: some milliseconds' work, for which all who write
// wait.
const tidyPages = 64

// TidySearch merges what FTS5 keeps in several parts into one. Until then a word that was removed is only marked so.
// PostgreSQL's own vacuum does as much for its index.
func (w writer) TidySearch(begin bool) (more bool, err error) {
	if w.db.Name() == "postgres" {
		return false, nil
	}
	pages := tidyPages
	if begin {
		pages = -tidyPages // all of it, not just what is due
	}
	var before, after int64
	if err := w.db.Raw("SELECT total_changes()").Scan(&before).Error; err != nil {
		return false, err
	}
	if err := w.db.Exec("INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)", pages).Error; err != nil {
		return false, err
	}
	err = w.db.Raw("SELECT total_changes()").Scan(&after).Error
	return after-before > 1, err // the command itself counts as one
}
