package chattest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"parley/models"
)

// Filling is how much Fill writes.
type Filling struct {
	Organization models.Organization
	// Managers have the conversations, except those that wait, in turn.
	Managers []models.Manager
	// Conversations is their number; each has Messages of them.
	Conversations, Messages int
}

// FirstFilled is the id of Fill's first conversation; the others follow. Conversation FirstFilled+n is of visitor
// w<n/2>: a visitor has an old one and a new one. They are all known to the main room, where every 50th is. Every 50th is open, every 1000th waits, all others are closed.
const FirstFilled = 1_000_000

// Fill writes conversations with their messages, events, transitions, notes and tags into a migrated database, much faster than
// the service could, since the database makes them up itself: a million messages in less than a minute. The text of
// message k of conversation n has words of FillWords, "order<n>" and "line<k>". All events are relayed but the
// newest hundred. What the databases know of their tables is brought up to date.
func Fill(tb testing.TB, url string, f Filling) {
	tb.Helper()
	db, dialect := openSQL(tb, url)
	defer db.Close() //nolint:errcheck // it is over
	for _, statement := range dialect.statements(f) {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			tb.Fatalf("chattest: %v\n%s", err, statement)
		}
	}
}

// FillWords are what messages are made of.
var FillWords = strings.Fields("hello delivery teapot invoice payment refund colour size late broken thanks when " +
	"where order parcel address courier weekend discount voucher return exchange warranty black white glass steel " +
	"gift wrapping receipt account password")

// filler is what differs between the databases.
type filler struct {
	// series is a table series(n) of the numbers from 0 up to a limit.
	series func(limit int) string
	// uuid makes one.
	uuid   string
	before []string
	after  []string
}

func openSQL(tb testing.TB, url string) (*sql.DB, filler) {
	tb.Helper()
	driver, d := "pgx", postgresFiller
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, url, d = "sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_pragma=cache_size(-200000)", sqliteFiller
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		tb.Fatal("chattest: ", err)
	}
	db.SetMaxOpenConns(1) // settings belong to a connection
	return db, d
}

var postgresFiller = filler{
	series: func(limit int) string { return fmt.Sprintf("generate_series(0, %d) AS series(n)", limit-1) },
	uuid:   "gen_random_uuid()",
	before: []string{"SET synchronous_commit = off"},
	after: []string{
		"SELECT setval('messages_id_seq', (SELECT max(id) FROM messages))",
		"SELECT setval('events_id_seq', (SELECT max(id) FROM events))",
		"VACUUM ANALYZE",
	},
}

var sqliteFiller = filler{
	series: func(limit int) string {
		return fmt.Sprintf("(WITH RECURSIVE s(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) AS series", limit-1)
	},
	uuid:   "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
	before: []string{"PRAGMA synchronous = off", "BEGIN"},
	after:  []string{"COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"},
}

// statements fill the tables, in the order of their references.
func (d filler) statements(f Filling) []string {
	const began = 1_700_000_000_000 // a moment; conversations follow each other by a second
	replace := strings.NewReplacer(
		"{conversations}", d.series(f.Conversations), "{visitors}", d.series((f.Conversations+1)/2),
		"{messages}", d.series(f.Conversations*f.Messages), "{uuid}", d.uuid,
		"{organization}", fmt.Sprint(f.Organization.ID), "{manager}", d.manager(f.Managers), "{first}", fmt.Sprint(FirstFilled),
		"{each}", fmt.Sprint(f.Messages), "{began}", fmt.Sprint(began), "{word}", word("n"), "{other}", word("n / 7 + 3"),
		"{third}", word("n / 31 + 11"), "{unrelayed}", fmt.Sprint(f.Conversations*f.Messages-100),
		"{open}", "n % 50 = 49", "{waits}", "n % 1000 = 999",
	)
	list := append([]string{}, d.before...)
	for _, statement := range []string{
		`CREATE TEMPORARY TABLE base AS SELECT coalesce((SELECT max(id) FROM messages), 0) + 1 AS message, coalesce((SELECT max(id) FROM events), 0) + 1 AS event`,
		`INSERT INTO visitors (id, uuid, organization_id, name, created_at)
			SELECT 'w' || n, {uuid}, {organization}, 'Visitor ' || n, {began} FROM {visitors}`,
		`INSERT INTO room_visitors (room_id, organization_id, visitor_id, visit_count, online, online_at, seen_at, about, created_at, updated_at)
			SELECT r.id, {organization}, 'w' || n, 1, {open}, {began} + n, {began} + n, '{}', {began}, {began} + n
			FROM {visitors}, rooms r WHERE r.organization_id = {organization} AND r.main`,
		`INSERT INTO visitor_secrets (hash, organization_id, visitor_id, created_at)
			SELECT 'secret' || n, {organization}, 'w' || n, {began} FROM {visitors}`,
		`INSERT INTO conversations (id, uuid, organization_id, visitor_id, manager_id, status, last_message_id, event_seq,
				unread_manager, message_count, created_at, updated_at, closed_at, waiting_since)
			SELECT {first} + n, {uuid}, {organization}, 'w' || (n / 2), CASE WHEN {waits} THEN NULL ELSE {manager} END,
				CASE WHEN {open} THEN 'open' ELSE 'closed' END, message + (n + 1) * {each} - 1, {each},
				CASE WHEN {open} THEN 1 ELSE 0 END, {each}, {began} + n * 1000, {began} + n * 1000 + {each},
				CASE WHEN {open} THEN NULL ELSE {began} + n * 1000 + {each} END,
				CASE WHEN {waits} THEN {began} + n * 1000 END
			FROM {conversations}, base`,
		`INSERT INTO memberships (conversation_id, organization_id, manager_id, participating, created_at, updated_at)
			SELECT {first} + n, {organization}, {manager}, {open}, {began} + n * 1000, {began} + n * 1000
			FROM {conversations} WHERE NOT ({waits})`,
		`INSERT INTO messages (id, uuid, organization_id, conversation_id, visitor_id, sender_type, manager_id, sender_name,
				content, client_message_id, read_at, created_at)
			SELECT message + n, {uuid}, {organization}, {first} + n / {each}, 'w' || (n / {each} / 2),
				CASE WHEN n % 2 = 0 THEN 'visitor' ELSE 'manager' END, CASE WHEN n % 2 = 0 THEN NULL ELSE {manager} END, NULL,
				{word} || ' ' || {other} || ' ' || {third} || ' order' || (n / {each}) || ' line' || (n % {each}), 'fill-' || n,
				CASE WHEN n % {each} = {each} - 1 THEN NULL ELSE {began} + n / {each} * 1000 + n % {each} END,
				{began} + n / {each} * 1000 + n % {each}
			FROM {messages}, base`,
		`INSERT INTO events (id, organization_id, visitor_id, conversation_id, conversation_seq, kind, action, payload, created_at, relayed_at, position)
			SELECT event + n, {organization}, 'w' || (n / {each} / 2), {first} + n / {each}, n % {each} + 1, 'message', 'created',
				'{"entity":"message","event":"created","message":{"id":' || (message + n) || '}}', {began} + n / {each} * 1000 + n % {each},
				CASE WHEN n >= {unrelayed} THEN NULL ELSE {began} + n / {each} * 1000 + n % {each} END,
				CASE WHEN n >= {unrelayed} THEN NULL ELSE event + n END
			FROM {messages}, base`,
		`UPDATE event_positions SET position = (SELECT max(id) FROM events) WHERE name = 'newest'`,
		`INSERT INTO transitions (organization_id, conversation_id, visitor_id, action, from_state, to_state, manager_id, actor_type, created_at)
			SELECT {organization}, {first} + n, 'w' || (n / 2), 'opened', 'none', 'assigned', {manager}, 'visitor', {began} + n * 1000 FROM {conversations}`,
		`INSERT INTO transitions (organization_id, conversation_id, visitor_id, action, from_state, to_state, manager_id, actor_type, created_at)
			SELECT {organization}, {first} + n, 'w' || (n / 2), 'closed', 'assigned', 'closed', {manager}, 'manager', {began} + n * 1000 + {each}
			FROM {conversations} WHERE NOT ({open})`,
		`INSERT INTO conversation_tags (conversation_id, tag, organization_id, created_at)
			SELECT {first} + n, 'tag' || (n % 40), {organization}, {began} FROM {conversations} WHERE n % 4 = 0`,
		`INSERT INTO notes (organization_id, conversation_id, visitor_id, manager_id, manager_name, content, created_at)
			SELECT {organization}, {first} + n, 'w' || (n / 2), {manager}, 'Anna', {word} || ' note' || n, {began} FROM {conversations} WHERE n % 4 = 0`,
		`DROP TABLE base`,
	} {
		list = append(list, replace.Replace(statement))
	}
	return append(list, d.after...)
}

// manager picks one by n.
func (d filler) manager(managers []models.Manager) string {
	return pick("n / 11", len(managers), func(i int) string { return fmt.Sprint(managers[i].ID) })
}

func word(by string) string {
	return pick(by, len(FillWords), func(i int) string { return "'" + FillWords[i] + "'" })
}

func pick(by string, count int, one func(i int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE (%s) %% %d", by, count)
	for i := range count {
		fmt.Fprintf(&b, " WHEN %d THEN %s", i, one(i))
	}
	return b.String() + " END"
}
