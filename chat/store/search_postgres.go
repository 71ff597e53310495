package store

import (
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

// postgresSearch goes by a GIN index, which knows no order: it finds all that there is, and of a frequent word that
// may be half of everything. So documents also have words for the windows of time that they lie in, and a search
// asks for a recent window first and then for wider ones. What is in the latest few documents it finds by reading
// them.
type postgresSearch struct{}

const (
	// nearest is how many of the latest documents are read.
	nearest = 256
	// A window of a level is 1<<level milliseconds wide: from a minute to 50 days. A search asks for up to
	// maxWindows of them at once.
	lowestLevel, highestLevel, levelStep = 16, 32, 4
	maxWindows                           = 32
	// widening is how much wider each of the steps is than the one before, beginning from the time that the
	// nearest documents take. After them everything is asked for.
	widening, steps = 16, 2
)

const nearestHits = `WITH latest AS MATERIALIZED (
		SELECT place, subject, conversation_id, words FROM search_documents
		WHERE organization_id = ? AND place >= ? AND place < ? ORDER BY place DESC LIMIT ?),
	edge AS MATERIALIZED (SELECT min(place) AS lowest, max(place) AS highest, count(*) AS read FROM latest)
	SELECT place, subject, conversation_id, words @@ query AS hit, lowest, highest, read
	FROM latest, edge, (SELECT ?::text::tsquery AS query) asked
	WHERE words @@ query OR place = lowest ORDER BY place DESC`

const indexedHits = `WITH found AS MATERIALIZED (
		SELECT place, subject, conversation_id FROM search_documents WHERE words @@ ?::text::tsquery)
	SELECT place, subject, conversation_id FROM found
	WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT ?`

const indexedConversations = `WITH found AS MATERIALIZED (
		SELECT place, conversation_id FROM search_documents WHERE words @@ ?::text::tsquery)
	SELECT DISTINCT conversation_id FROM found WHERE place >= ? AND place < ?`

func (s postgresSearch) hits(db *gorm.DB, q chat.SearchQuery, terms [][]string) (found []searchHit, err error) {
	err = byIndex(db, func(db *gorm.DB) error { found, err = s.walk(db, q, terms); return err })
	return found, err
}

// walk goes down from the latest until there are enough.
func (s postgresSearch) walk(db *gorm.DB, q chat.SearchQuery, terms [][]string) ([]searchHit, error) {
	from, before := bounds(q)
	found, lowest, span, err := s.nearest(db, q, terms, from, before)
	if err != nil || lowest == 0 || len(found) >= q.Limit {
		return found[:min(len(found), q.Limit)], err
	}
	before = lowest
	for step := 1; len(found) < q.Limit && before > from; step++ {
		wanted, low := terms, from
		if span *= widening; step <= steps {
			if windows, start := windowsBetween(timeOf(before)-span, timeOf(before)); windows != nil {
				wanted = append(terms[:len(terms):len(terms)], indexMarks(q.OrganizationID, windows))
				low = max(from, placeAt(models.Time(start)))
			}
		}
		more, err := s.indexed(db, wanted, low, before, q.Limit-len(found))
		if err != nil {
			return nil, err
		}
		found, before = append(found, more...), low
	}
	return found, nil
}

// nearest looks through the latest documents. It also tells the place of the last that it read, 0 when that was
// the last of all, and how many milliseconds they lie apart.
func (postgresSearch) nearest(db *gorm.DB, q chat.SearchQuery, terms [][]string, from, before int64) (found []searchHit, lowest, span int64, err error) {
	var rows []struct {
		Place, Subject, ConversationID int64
		Hit                            bool
		Lowest, Highest, Read          int64
	}
	err = db.Raw(nearestHits, q.OrganizationID, from, before, nearest, tsquery(terms)).Scan(&rows).Error
	for _, row := range rows {
		if row.Hit {
			found = append(found, searchHit{row.Place, row.Subject, row.ConversationID})
		}
	}
	if err != nil || len(rows) == 0 || rows[0].Read < nearest {
		return found, 0, 0, err
	}
	return found, rows[0].Lowest, max(1, timeOf(rows[0].Highest)-timeOf(rows[0].Lowest)), nil
}

func (postgresSearch) indexed(db *gorm.DB, terms [][]string, from, before int64, limit int) (found []searchHit, err error) {
	err = db.Raw(indexedHits, tsquery(terms), from, before, limit).Scan(&found).Error
	return found, err
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

func timeOf(place int64) int64 { return place >> placeBits }

func windowMark(level int, n int64) string {
	return "w" + strconv.Itoa(level) + "." + strconv.FormatInt(n, 36)
}

// windowsAt are the windows that a time lies in.
func windowsAt(at int64) []string {
	var list []string
	for level := lowestLevel; level <= highestLevel; level += levelStep {
		list = append(list, windowMark(level, at>>level))
	}
	return list
}

// windowsBetween are windows that cover a stretch of time, and when the first begins; nil when it is too long.
func windowsBetween(start, end int64) (list []string, begin int64) {
	if start <= 0 {
		return nil, 0
	}
	for level := lowestLevel; level <= highestLevel; level += levelStep {
		if end>>level-start>>level >= maxWindows {
			continue
		}
		for n := start >> level; n <= end>>level; n++ {
			list = append(list, windowMark(level, n))
		}
		return list, start >> level << level
	}
	return nil, 0
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
	for i, row := range rows {
		rows[i].Words = append(row.Words, indexMarks(row.OrganizationID, windowsAt(timeOf(row.Place)))...)
	}
	return db.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "organization_id"}, {Name: "place"}}, DoUpdates: clause.AssignmentColumns([]string{"hash", "words"}),
	}).Create(&rows).Error
}
