package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"parley/chat"
	"parley/models"
)

// A version is the transaction that wrote a row of PostgreSQL's. SQLite has nothing like it, and no rounds to save.
const postgresVersion, noVersion = "xmin::text::bigint", "0"

var seenConversation, seenVersion = seenStatement(noVersion), seenStatement(postgresVersion)

func seenStatement(version string) func() string {
	return sync.OnceValue(func() string {
		columns := names(recordOf[models.Conversation]().columns)
		for _, name := range []string{"name", "identified_at", "merged_into"} {
			columns += ", (SELECT " + name + " FROM visitors WHERE visitors.id = visitor_id)"
		}
		return "SELECT " + columns + ", " + version + " FROM conversations WHERE id = $1"
	})
}

func (r reader) SeenConversation(id int64) (seen chat.SeenConversation, err error) {
	statement := seenConversation
	if r.db.Name() == "postgres" {
		statement = seenVersion
	}
	seen.Conversation, err = recordOf[models.Conversation]().oneAnd(r.db, statement(), []any{id},
		&seen.Visitor.Name, &seen.Visitor.IdentifiedAt, &seen.Visitor.MergedInto, &seen.Version)
	return seen, err
}

var countedColumns = columnsOf[models.Conversation]("event_seq", "message_count", "unread_visitor", "unread_manager", "updated_at")

// posting is one statement that does what a post does, and nothing when the conversation was changed since it was
// seen. Both ids are given out after the conversation's row is locked, so that they rise in the order of commits: that
// of the event when its row is made; that of the message before, but whoever else had the lock has changed the row,
// and then this one counts for nothing.
var posting = sync.OnceValue(func() string {
	messages, events := recordOf[models.Message](), recordOf[models.Event]()
	var set []string
	next := 1
	place := func() string { next++; return fmt.Sprint("$", next-1) }
	for _, c := range countedColumns {
		set = append(set, c.name+" = "+place())
	}
	update := fmt.Sprintf(`UPDATE conversations SET last_message_id = nextval('messages_id_seq'), %s
		WHERE id = %s AND xmin = %s::text::xid RETURNING last_message_id AS id`, strings.Join(set, ", "), place(), place())
	var values [2][]string
	for range messages.inserted() {
		values[0] = append(values[0], place())
	}
	for _, c := range events.inserted() {
		value := place()
		if c.name == "payload" {
			value = fmt.Sprintf("%s::text || changed.id || %s::text", value, place())
		}
		values[1] = append(values[1], value)
	}
	return fmt.Sprintf(`WITH changed AS (%s),
		message AS (INSERT INTO messages (id, %s) SELECT changed.id, %s FROM changed),
		event AS (INSERT INTO events (%s) SELECT %s FROM changed)
		SELECT id FROM changed`,
		update, names(messages.inserted()), strings.Join(values[0], ", "), names(events.inserted()), strings.Join(values[1], ", "))
})

func postingArguments(p chat.Posting) []any {
	args := arguments(countedColumns, &p.Conversation)
	args = append(args, p.Seen.ID, fmt.Sprint(p.Seen.Version))
	args = append(args, arguments(recordOf[models.Message]().inserted(), p.Message)...)
	events := recordOf[models.Event]()
	p.Event.Payload = p.Head
	for i, value := range arguments(events.inserted(), &p.Event) {
		args = append(args, value)
		if events.inserted()[i].name == "payload" {
			args = append(args, p.Tail)
		}
	}
	return args
}

// Append posts in one go on PostgreSQL.
func (s *Store) Append(ctx context.Context, p chat.Posting) (bool, error) {
	if p.Seen.Version == 0 {
		return false, nil
	}
	db := s.read.WithContext(ctx)
	ok, err := recordOf[models.Message]().add(db, posting(), postingArguments(p), p.Message)
	if again(err) {
		return false, nil
	}
	err = wrap(err)
	s.trouble.note(err)
	return ok, err
}
