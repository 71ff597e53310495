package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// explaining asks the database how it would run each query before it runs it.
type explaining struct {
	gorm.ConnPool
	prefix string
	mu     *sync.Mutex
	plans  map[string]string // by query
}

func (e explaining) explain(ctx context.Context, query string, args []any) {
	rows, err := e.ConnPool.QueryContext(ctx, e.prefix+query, args...)
	if err != nil {
		panic(fmt.Sprint(query, ": ", err))
	}
	defer rows.Close() //nolint:errcheck // it was read
	columns, _ := rows.Columns()
	var plan []string
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		if err := rows.Scan(row...); err != nil {
			panic(err)
		}
		plan = append(plan, fmt.Sprintf("%s", *row[len(row)-1].(*any))) // the last column says it
	}
	e.mu.Lock()
	e.plans[query] = strings.Join(plan, "\n")
	e.mu.Unlock()
}

func (e explaining) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.explain(ctx, query, args)
	return e.ConnPool.QueryContext(ctx, query, args...)
}

func (e explaining) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e.explain(ctx, query, args)
	return e.ConnPool.QueryRowContext(ctx, query, args...)
}

func (e explaining) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if slices.Contains([]string{savepoint, rollbackToSavepoint, releaseSavepoint}, query) {
		return e.ConnPool.ExecContext(ctx, query, args...)
	}
	e.explain(ctx, query, args)
	return e.ConnPool.ExecContext(ctx, query, args...)
}

// BeginTx lets transactions explain themselves, too.
func (e explaining) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := e.ConnPool.(gorm.TxBeginner).BeginTx(ctx, o)
	return &explainingTx{explaining{tx, e.prefix, e.mu, e.plans}, tx}, err
}

type explainingTx struct {
	explaining
	*sql.Tx
}

func (e *explainingTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return e.explaining.ExecContext(ctx, query, args...)
}

func (e *explainingTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return e.explaining.QueryContext(ctx, query, args...)
}

func (e *explainingTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return e.explaining.QueryRowContext(ctx, query, args...)
}

func (e *explainingTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return e.Tx.PrepareContext(ctx, query)
}

// explain makes the store explain what it does from now on.
func explain(s *Store, name string) map[string]string {
	prefix := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN (FORMAT JSON) "}[name]
	e := explaining{prefix: prefix, mu: &sync.Mutex{}, plans: map[string]string{}}
	wrap := func(db *gorm.DB) *gorm.DB {
		pool := e
		pool.ConnPool = db.ConnPool
		db = db.Session(&gorm.Session{})
		db.Statement.ConnPool = pool
		return db
	}
	s.read = wrap(s.read)
	switch c := s.commit.(watched).committer.(type) {
	case *sharedCommit:
		c.db = wrap(c.db)
	case retriedCommit:
		s.commit = retriedCommit{wrap(c.db)}
	}
	return e.plans
}

// grows tells whether a table has a row for each conversation or message. Going through one of the others is no
// fault. Aliases count as what they stand for.
func grows(table string) bool {
	return slices.Contains([]string{"visitors", "conversations", "c", "messages", "s", "memberships", "p", "events", "transitions", "room_visitors", "r", "visitor_secrets", "k", "notifications", "notes", "conversation_tags"}, table)
}

// short are the indexes that only hold what is open or to be done: going through one of them is no fault.
var short = []string{"events_pending", "conversations_open", "conversations_beside", "conversations_waiting", "conversations_answer_by", "room_visitors_online"}

// sqliteScan finds what goes through a table, or through all that came after some row.
var sqliteScan = regexp.MustCompile(`(?m)^(?:SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?|SEARCH (\w+) USING INTEGER PRIMARY KEY \(rowid>\?\))`)

// scans names the tables that a plan goes through from one end to the other.
func scans(t *testing.T, database, plan string) (tables []string) {
	if database == "sqlite" {
		for _, m := range sqliteScan.FindAllStringSubmatch(plan, -1) {
			if table := m[1] + m[3]; grows(table) && !slices.Contains(short, m[2]) {
				tables = append(tables, table)
			}
		}
		return tables
	}
	var whole any
	if err := json.Unmarshal([]byte(plan), &whole); err != nil {
		t.Fatalf("%v: %s", err, plan)
	}
	walk(whole, func(node map[string]any) {
		relation, _ := node["Relation Name"].(string)
		switch node["Node Type"] {
		case "Seq Scan":
			if grows(relation) {
				tables = append(tables, relation)
			}
		case "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan":
			index, _ := node["Index Name"].(string)
			_, condition := node["Index Cond"]
			_, recheck := node["Recheck Cond"]
			if grows(relation) && !condition && !recheck && !slices.Contains(short, index) {
				tables = append(tables, relation+" by "+index)
			}
		}
	})
	return tables
}

// walk visits a plan's nodes.
func walk(part any, visit func(node map[string]any)) {
	switch part := part.(type) {
	case []any:
		for _, each := range part {
			walk(each, visit)
		}
	case map[string]any:
		visit(part)
		for _, each := range part {
			walk(each, visit)
		}
	}
}

// readings are the queries of everyday work, with arguments that find something.
func readings(s *Store, f *chattest.Fixture) map[string]func() error {
	m := f.Anna
	r := s.View(ctx)
	n := int64(chattest.FirstFilled + 2049)
	c, err := r.Conversation(n)
	if err != nil {
		panic(err)
	}
	last := *c.LastMessageID
	open := chat.InboxCursor{UpdatedAt: c.UpdatedAt, ID: c.ID}
	history := func(since *int64, after bool) func() error {
		return func() error {
			page, err := s.View(ctx).History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: c.VisitorID, Since: since, After: after, Count: 5})
			if err == nil && len(page.Messages) == 0 {
				err = chat.ErrNoRecord
			}
			return err
		}
	}
	inbox := func(q chat.InboxQuery) func() error {
		return func() error {
			q.OrganizationID, q.Limit = f.Org.ID, 20
			items, err := s.View(ctx).Inbox(q)
			if err == nil && len(items) == 0 {
				err = chat.ErrNoRecord
			}
			return err
		}
	}
	positions := func(q chat.PositionQuery) func() error {
		return func() error {
			q.UpTo, q.Limit = 1<<50, 20
			events, err := s.View(ctx).EventsAfter(q)
			if err == nil && len(events) == 0 {
				err = chat.ErrNoRecord
			}
			return err
		}
	}
	update := func(fn func(tx chat.Tx) error) func() error { return func() error { return s.Update(ctx, fn) } }
	yes, no, main := true, false, int64(0)
	chats := func(q chat.ChatQuery) func() error {
		return func() error {
			q.OrganizationID, q.Newest, q.Limit = f.Org.ID, true, 100
			list, err := s.View(ctx).Chats(q)
			if err == nil && len(list) == 0 {
				err = chat.ErrNoRecord
			}
			return err
		}
	}
	beyond := chat.PageQuery{From: &chat.Place{At: c.CreatedAt, ID: c.ID}}
	some := make([]int64, 100)
	for i := range some {
		some[i] = n + int64(i)
	}
	return map[string]func() error{
		"chats":                    chats(chat.ChatQuery{}),
		"chats, next":              chats(chat.ChatQuery{PageQuery: beyond}),
		"chats, open":              chats(chat.ChatQuery{Ended: &no}),
		"chats, ended":             chats(chat.ChatQuery{Ended: &yes}),
		"chats, not waiting":       chats(chat.ChatQuery{Waiting: &no}),
		"chats, waiting":           func() error { return ignored(chats(chat.ChatQuery{Waiting: &yes})()) },
		"chats of a room":          chats(chat.ChatQuery{Place: &main}),
		"chats of a room, next":    chats(chat.ChatQuery{Place: &main, PageQuery: beyond}),
		"chats of a room, open":    chats(chat.ChatQuery{Place: &main, Ended: &no}),
		"chats of a visitor":       chats(chat.ChatQuery{VisitorID: c.VisitorID}),
		"chats of a room visitor":  chats(chat.ChatQuery{VisitorID: c.VisitorID, Place: &main}),
		"chats of hers":            chats(chat.ChatQuery{ManagerID: m.ID}),
		"chats of hers, next":      chats(chat.ChatQuery{ManagerID: m.ID, PageQuery: beyond}),
		"chats of hers, ended":     chats(chat.ChatQuery{ManagerID: m.ID, Ended: &yes}),
		"chats of hers, open":      chats(chat.ChatQuery{ManagerID: m.ID, Ended: &no}),
		"chats that she is in":     chats(chat.ChatQuery{ManagerID: m.ID, Participating: &yes}),
		"chats that she is in now": chats(chat.ChatQuery{ManagerID: m.ID, Participating: &yes, Ended: &no}),
		"chats routed to her":      chats(chat.ChatQuery{RoutedTo: m.ID}),
		"what was written":         func() error { _, err := r.ChatMessages(some); return err },
		"who is in her room":       func() error { _, err := r.InRoom([]models.Conversation{c}, 1); return err },
		"merged ids":               func() error { _, err := r.Aliases(f.Org.ID, c.VisitorID, 20); return err },
		"a merged id":              func() error { _, err := r.Alias(f.Org.ID, c.VisitorID); ignore(&err); return err },
		"history":                  history(nil, false),
		"history, older":           history(&last, false),
		"history, newer":           history(new(int64), true),
		"inbox, all open":          inbox(chat.InboxQuery{Status: models.StatusOpen}),
		"inbox, all closed":        inbox(chat.InboxQuery{Status: models.StatusClosed}),
		"inbox, all, next":         inbox(chat.InboxQuery{Status: models.StatusClosed, Before: &open}),
		"inbox, hers":              inbox(chat.InboxQuery{Status: models.StatusOpen, ManagerID: m.ID}),
		"inbox, hers, closed":      inbox(chat.InboxQuery{Status: models.StatusClosed, ManagerID: m.ID}),
		"inbox, hers, next":        inbox(chat.InboxQuery{Status: models.StatusClosed, ManagerID: m.ID, Before: &open}),
		"queue":                    inbox(chat.InboxQuery{Status: models.StatusOpen, Waiting: true}),
		"place in the queue":       func() error { _, err := r.WaitingBefore(f.Org.ID, c.UpdatedAt, c.ID); return err },
		"queues":                   func() error { _, err := r.Queues(); return err },
		"unanswered":               func() error { _, err := r.Unanswered(5, 20); return err },
		"unread totals":            func() error { _, err := r.Unread(m.ID, 20); return err },
		"visitor":                  func() error { _, err := r.Visitor(c.VisitorID); return err },
		"open conversation":        func() error { _, err := r.OpenConversation("w1024"); return err },
		"previous manager":         func() error { _, err := r.PreviousManager(c.VisitorID); return err },
		"member":                   func() error { _, err := r.Membership(c.ID, m.ID); ignore(&err); return err },
		"members":                  func() error { _, err := r.Memberships(c.ID, n); return err },
		"memberships of a manager": func() error {
			_, err := r.MembershipsOf(chat.MembershipQuery{OrganizationID: f.Org.ID, ManagerID: m.ID, PageQuery: chat.PageQuery{Newest: true, Limit: 20}})
			return err
		},
		"messages of members": func() error { _, err := r.MessagesOf(c.ID, n); return err },
		"who is there":        func() error { _, err := r.Present([]int64{m.ID}); return err },
		"expired clients":     func() error { _, err := r.ExpiredClients(5, 20); return err },
		"invitations":         func() error { _, err := r.Invitations(c.ID); return err },
		"invitations to a manager": func() error {
			_, err := r.InvitationsTo(chat.InvitationQuery{OrganizationID: f.Org.ID, ManagerID: m.ID, PageQuery: chat.PageQuery{Limit: 20}})
			return err
		},
		"visitors who are online": func() error {
			main, err := r.MainRoom(f.Org.ID)
			if err != nil {
				return err
			}
			place := chat.OnlinePlace{At: 5, VisitorID: c.VisitorID}
			for _, q := range []chat.OnlineQuery{{}, {From: &place}, {From: &place, Back: true}} {
				q.RoomID, q.Limit = main.ID, 20
				if _, err := r.OnlineVisitors(q); err != nil {
					return err
				}
			}
			return nil
		},
		"all who are online":    func() error { _, err := r.AnyOnline(models.RoomVisitor{RoomID: 1}, 20); return err },
		"rooms of a visitor":    func() error { _, err := r.RoomVisitorsOf(c.VisitorID, 0, 20); return err },
		"visitors who are gone": update(func(tx chat.Tx) error { _, err := tx.LockRoomVisitors([]int64{1, 2}); return err }),
		"visitors to forget":    func() error { _, _, err := r.Unseen("w5", 1<<50, 20); return err },
		"teams of managers":     func() error { _, err := r.TeamsOf(m.ID, m.ID+1); return err },
		"candidates":            func() error { _, err := r.Candidates(f.Org.ID); return err },
		"abandoned":             func() error { _, err := r.Abandoned(f.Org.ID, 5, 20); return err },
		"abandoned by whom":     func() error { _, err := r.AbandonedOrganizations(5); return err },
		"idle":                  func() error { _, err := r.Idle(models.ChatVisitor, c.UpdatedAt, 20); return err },
		"idle tasks":            func() error { _, err := r.Idle(models.ChatTask, c.UpdatedAt, 20); return err },
		"open in a room":        func() error { _, err := r.OpenInRoom(c.VisitorID, 0, ""); ignore(&err); return err },
		"all that are open":     func() error { _, err := r.OpenConversations(c.VisitorID); return err },
		"message":               func() error { _, err := r.Message(last); return err },
		"client message":        func() error { _, err := r.ClientMessage(c.VisitorID, nil, "fill-0"); ignore(&err); return err },
		"unread up to a message": func() error {
			_, err := r.UnreadIn(chat.ReadQuery{OrganizationID: f.Org.ID, VisitorID: c.VisitorID, Sender: models.SenderManager, UpTo: last})
			return err
		},
		"transitions":  func() error { _, err := r.Transitions(c.ID, 20); return err },
		"notes":        func() error { _, err := r.Notes(c.ID, 0, 20); return err },
		"tags":         func() error { _, err := r.Tags(c.ID); return err },
		"pending":      func() error { _, err := s.Pending(ctx, nil, 50); return err },
		"pending but":  func() error { _, err := s.Pending(ctx, []int64{1, 2, 3}, 50); return err },
		"newest event": func() error { _, err := s.LatestEvent(ctx); return err },
		"relayed":      func() error { return s.Relayed(ctx, []int64{1, 2, 3}, 5) },
		"log of a conversation": func() error {
			_, err := s.Events(ctx, chat.EventQuery{OrganizationID: f.Org.ID, ConversationID: c.ID, Limit: 20, Kinds: []chat.EventSort{
				{Kind: models.EventMessage}, {Kind: models.EventConversation, Action: "updated"}}})
			return err
		},
		"log of a visitor": func() error {
			_, err := s.Events(ctx, chat.EventQuery{OrganizationID: f.Org.ID, VisitorID: c.VisitorID, Limit: 20, Kinds: []chat.EventSort{{Kind: models.EventNotification}}})
			return err
		},
		"events of an organisation":              positions(chat.PositionQuery{OrganizationID: f.Org.ID}),
		"events of a visitor":                    positions(chat.PositionQuery{VisitorID: c.VisitorID}),
		"events of a visitor of an organisation": positions(chat.PositionQuery{VisitorID: c.VisitorID, OrganizationID: f.Org.ID}),
		"what events say":                        func() error { _, err := r.EventPayloads([]int64{1, 2, 3}); return err },
		"whose events":                           func() error { _, err := r.ConversationsByID([]int64{n, n + 1}); return err },
		"forgetting events":                      update(func(tx chat.Tx) error { return tx.DeleteEvents(5, 100) }),
		"seen":                                   func() error { _, err := r.SeenConversation(c.ID); return err },
		"posting": func() error {
			seen, err := r.SeenConversation(c.ID)
			if err != nil {
				return err
			}
			seen.Version *= 2 // so that nothing happens
			_, err = s.Append(ctx, chat.Posting{Seen: seen, Message: &models.Message{UUID: c.UUID}})
			return err
		},
		"reading": update(func(tx chat.Tx) error { _, err := tx.MarkRead(last, 5); return err }),
		"reading up to": update(func(tx chat.Tx) error {
			_, err := tx.MarkReadUpTo(chat.ReadQuery{OrganizationID: f.Org.ID, VisitorID: c.VisitorID, Sender: models.SenderManager, UpTo: last, Conversations: []int64{c.ID}}, 5)
			return err
		}),
		"locking and saving": update(func(tx chat.Tx) error {
			c, err := tx.LockConversation(c.ID)
			if err != nil {
				return err
			}
			return tx.SaveConversation(c)
		}),
	}
}

func ignore(err *error) { *err = nil }

func ignored(error) error { return nil }

var ctx = context.Background()

// TestPlans reads how the databases run the queries of everyday work, with enough rows that it matters: none goes
// through a table that grows. That this can fail is shown by taking indexes away.
func TestPlans(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			s := opened(t, address)
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			f := chattest.NewFixture(t, s)
			team := []models.Manager{f.Anna}
			for i := range 9 {
				team = append(team, f.Manager(f.Org, fmt.Sprint("Manager", i)))
			}
			conversations := 6_000
			if name == "postgres" { // with fewer it is right to look through all
				conversations = 20_000
			}
			chattest.Fill(t, address, chattest.Filling{Organization: f.Org, Managers: team, Conversations: conversations, Messages: 2})
			for what, run := range explained(t, name, address, f) {
				t.Run(what, func(t *testing.T) {
					for _, fault := range run(t) {
						t.Error(fault)
					}
				})
			}
			for indexes, what := range map[string]string{
				"messages_visitor": "history", "conversations_visitor": "previous manager", "events_pending": "pending",
				"conversations_organization, conversations_created": "inbox, all closed", "transitions_conversation": "transitions",
				"events_conversation, events_sequence": "log of a conversation",
				"events_position":                      "events of an organisation",
			} {
				t.Run("without "+indexes, func(t *testing.T) {
					for index := range strings.SplitSeq(indexes, ", ") {
						if _, err := s.migrating.Exec("DROP INDEX " + index); err != nil {
							t.Fatal(err)
						}
					}
					if len(explained(t, name, address, f)[what](t)) == 0 {
						t.Errorf("%s: no fault was found", what)
					}
				})
			}
		})
	}
}

// explained opens the store anew, so that nothing is remembered, and returns the queries of everyday work as
// functions that run them and tell what is wrong with their plans.
func explained(t *testing.T, name, address string, f *chattest.Fixture) map[string]func(t *testing.T) (faults []string) {
	s := opened(t, address)
	plans := explain(s, name)
	checks := map[string]func(t *testing.T) []string{}
	for what, run := range readings(s, f) {
		checks[what] = func(t *testing.T) (faults []string) {
			clear(plans)
			if err := run(); err != nil {
				t.Error(err)
			}
			if len(plans) == 0 {
				t.Error("nothing was asked")
			}
			for query, plan := range plans {
				if tables := scans(t, name, plan); len(tables) > 0 {
					faults = append(faults, fmt.Sprintf("goes through %v:\n%s\n%s", tables, query, plan))
				}
			}
			return faults
		}
	}
	return checks
}
