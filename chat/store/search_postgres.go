package store

import (
	"encoding/json"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// postgresSearch goes by a GIN index, which knows no order: it finds all that there is, and of a frequent word that
// may be half of everything. So it finds what is in the latest few documents by reading them, and goes on from there
// in steps.
type postgresSearch struct{}

const (
	// nearest is how many of the latest documents are read.
	nearest = 256
	// widest is how many times wider than those the first step is at most.
	widest = 16
	// postgresWindows is how many windows a step asks for.
	postgresWindows = 16
)

const nearestHits = `WITH latest AS MATERIALIZED (
		SELECT place, subject, conversation_id, words FROM search_documents
		WHERE organization_id = ? AND place >= ? AND place < ? ORDER BY place DESC LIMIT ?),
	edge AS MATERIALIZED (SELECT min(place) AS lowest, max(place) AS highest, count(*) AS read FROM latest)
	SELECT place, subject, conversation_id, words @@ query AS hit, lowest, highest, read,
		(SELECT place FROM search_documents WHERE organization_id = ? AND place >= ? ORDER BY place LIMIT 1) AS first
	FROM latest, edge, (SELECT ?::text::tsquery AS query) asked
	WHERE words @@ query OR place = lowest ORDER BY place DESC`

// steppedHits goes from step to step as long as the limit and the patience allow, the first step in any case. A step
// without hits has a row of its own, so that it is known how far the search came. OFFSET 0 keeps the bounds out of
// the search by index: they would have it read all that lies between them.
const steppedHits = `SELECT step.n, coalesce(hit.place, 0) AS place, hit.subject, hit.conversation_id
	FROM (SELECT * FROM ROWS FROM (json_to_recordset(?::text::json) AS (windows text, low bigint, high bigint))
			WITH ORDINALITY AS listed(windows, low, high, n)
		WHERE n = 1 OR clock_timestamp() < statement_timestamp() + ? * interval '1 microsecond') step
	LEFT JOIN LATERAL (
		SELECT * FROM (SELECT place, subject, conversation_id FROM search_documents
			WHERE words @@ (?::text::tsquery && step.windows::tsquery) OFFSET 0) found
		WHERE place >= low AND place < high) hit ON true
	ORDER BY step.n, hit.place DESC LIMIT ?`

const indexedConversations = `WITH found AS MATERIALIZED (
		SELECT place, conversation_id FROM search_documents WHERE words @@ ?::text::tsquery)
	SELECT DISTINCT conversation_id FROM found WHERE place >= ? AND place < ?`

func (s postgresSearch) hits(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, on int64, err error) {
	err = byIndex(db, func(db *gorm.DB) error { found, on, err = s.walk(db, q, terms); return err })
	return found, on, err
}

// walk goes down from the latest until there are enough.
func (s postgresSearch) walk(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, on int64, err error) {
	began := time.Now()
	found, at, err := s.nearest(db, q, terms)
	if err != nil || at.lowest == 0 || len(found) >= q.Limit {
		return found[:min(len(found), q.Limit)], 0, err
	}
	// As far as there would be enough, if it went on like this.
	at.span *= int64(min(widest, 1+(q.Limit-len(found))/(len(found)+1)))
	steps := searchWalk{at.span, at.lowest, at.first, postgresWindows}.steps()
	if len(steps) == 0 {
		return found, 0, nil
	}
	more, on, err := s.stepped(db, q, terms, steps, q.Patience-time.Since(began), q.Limit-len(found))
	return append(found, more...), on, err
}

// edge is where reading the latest documents ended: how many milliseconds they took, the place of the last of them,
// 0 when that was the last of all, and the place of the first that a search may find.
type edge struct {
	span, lowest, first int64
}

// nearest looks through the latest documents.
func (postgresSearch) nearest(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, at edge, err error) {
	var rows []struct {
		Place, Subject, ConversationID int64
		Hit                            bool
		Lowest, Highest, Read, First   int64
	}
	from, before := bounds(q)
	err = db.Raw(nearestHits, q.OrganizationID, from, before, nearest, q.OrganizationID, from, tsquery(terms)).Scan(&rows).Error
	for _, row := range rows {
		if row.Hit {
			found = append(found, searchHit{row.Place, row.Subject, row.ConversationID})
		}
	}
	if err != nil || len(rows) == 0 || rows[0].Read < nearest {
		return found, edge{}, err
	}
	last := rows[0]
	return found, edge{timeOf(last.Highest) - timeOf(last.Lowest), last.Lowest, last.First}, nil
}

// stepped tells also, as hits does, after which place the search goes on.
func (postgresSearch) stepped(db *gorm.DB, q chat.SearchQuery, terms [][]string, steps []searchStep, patience time.Duration, limit int) (found []searchHit, on int64, err error) {
	type step struct {
		Windows string `json:"windows"`
		Low     int64  `json:"low"`
		High    int64  `json:"high"`
	}
	var list []step
	for _, s := range steps {
		list = append(list, step{quoted(indexMarks(q.OrganizationID, s.windows), "|"), s.low, s.high})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		N                              int
		Place, Subject, ConversationID int64
	}
	// Steps without hits have rows, too.
	err = db.Raw(steppedHits, string(text), patience.Microseconds(), tsquery(terms), limit+len(steps)).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	for _, row := range rows {
		if row.Place != 0 && len(found) < limit {
			found = append(found, searchHit{row.Place, row.Subject, row.ConversationID})
		}
	}
	if last := rows[len(rows)-1].N; last < len(steps) && len(found) < limit {
		on = steps[last-1].low
	}
	return found, on, nil
}

func (postgresSearch) conversations(db *gorm.DB, terms [][]string, from, before int64) (ids []int64, err error) {
	err = byIndex(db, func(db *gorm.DB) error {
		return db.Raw(indexedConversations, tsquery(terms), from, before).Scan(&ids).Error
	})
	return ids, err
}

// byIndex keeps PostgreSQL from reading the whole table. It thinks that cheap while there are some ten thousand
// documents, because it does not know what comparing each with a long query costs.
func byIndex(db *gorm.DB, fn func(db *gorm.DB) error) error {
	ctx := db.Statement.Context
	return db.Transaction(func(db *gorm.DB) error {
		err := db.WithContext(later(ctx)).Exec("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)").Error
		if err != nil {
			return err
		}
		return fn(db)
	})
}

// quoted writes words as PostgreSQL reads them in a tsvector or tsquery.
func quoted(words []string, between string) string {
	var b strings.Builder
	escape := strings.NewReplacer(`'`, `''`, `\`, `\\`)
	for i, word := range words {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString("'" + escape.Replace(word) + "'")
	}
	return b.String()
}

func tsquery(terms [][]string) string {
	var all []string
	for _, words := range terms {
		all = append(all, "("+quoted(words, "|")+")")
	}
	return strings.Join(all, "&")
}

func (postgresSearch) keep(db *gorm.DB, rows []searchRow, _ []int64) error {
	return db.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "organization_id"}, {Name: "place"}}, DoUpdates: clause.AssignmentColumns([]string{"hash", "words"}),
	}).Create(&rows).Error
}
