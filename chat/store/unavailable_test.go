package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

func TestTrouble(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{&pgconn.PgError{Code: "53100"}, chat.DatabaseFull},
		{&pgconn.PgError{Code: "53200"}, chat.DatabaseFull},
		{&pgconn.PgError{Code: "53300"}, chat.DatabaseBusy},
		{&pgconn.PgError{Code: "57014"}, chat.DatabaseBusy},
		{&pgconn.PgError{Code: "25006"}, chat.DatabaseReadOnly},
		{&pgconn.PgError{Code: "57P01"}, chat.DatabaseAway},
		{&pgconn.PgError{Code: "57P03"}, chat.DatabaseAway},
		{&pgconn.PgError{Code: "08006"}, chat.DatabaseAway},
		{&pgconn.PgError{Code: "28P01"}, chat.DatabaseAway},
		{&pgconn.PgError{Code: "23505"}, ""},
		{&pgconn.PgError{Code: "42703"}, ""},
		{context.DeadlineExceeded, chat.DatabaseBusy},
		{fmt.Errorf("timeout: %w", context.Canceled), ""},
		{errors.New("something else"), ""},
		{chat.ErrNoRecord, ""},
		{chat.E(chat.Conflict, "taken", "Taken"), ""},
	} {
		err := notNow(fmt.Errorf("reading: %w", row.err))
		if reason := chat.ReasonOf(err); reason != row.want || !errors.Is(err, row.err) {
			t.Errorf("%v is %q, want %q", row.err, reason, row.want)
		}
	}
}

// stricken is a database that cannot take changes until it is healed.
type stricken struct {
	url          string
	strike, heal func(s *Store)
	reason       string
}

func strickenDatabases(t *testing.T) map[string]stricken {
	pragma := func(text string) func(s *Store) {
		return func(s *Store) {
			if _, err := s.pools[0].Exec("PRAGMA " + text); err != nil {
				t.Error(err)
			}
		}
	}
	reading, muted := chattest.Postgres(t), chattest.Postgres(t)
	change := func(readOnly string) func(*Store) {
		return func(*Store) { setReadOnly(t, reading, readOnly) }
	}
	silence, quiet := chattest.NewSilence(t, muted)
	return map[string]stricken{
		"SQLite, full":          {chattest.SQLite(t), pragma("max_page_count(1)"), pragma("max_page_count(1000000)"), chat.DatabaseFull},
		"SQLite, read-only":     {chattest.SQLite(t), pragma("query_only(1)"), pragma("query_only(0)"), chat.DatabaseReadOnly},
		"PostgreSQL, read-only": {reading, change("on"), change("off"), chat.DatabaseReadOnly},
		"PostgreSQL, silent":    {quiet + "&statement_timeout=500", func(*Store) { silence.Begin() }, func(*Store) { silence.End() }, chat.DatabaseBusy},
	}
}

// setReadOnly changes what new connections may do, and ends those that there are.
func setReadOnly(t *testing.T, url, readOnly string) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is over
	for _, statement := range []string{
		"SET default_transaction_read_only = off", "ALTER DATABASE " + databaseOf(url) + " SET default_transaction_read_only = " + readOnly,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
	} {
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}

func databaseOf(url string) string {
	name, _, _ := strings.Cut(url[strings.LastIndex(url, "/")+1:], "?")
	return name
}

// TestUnavailable strikes a database while a service works with it. Each post fails in time and says that it may be
// tried again; none of them is kept; the relay's outbox and readiness say so, too; and everything works again as soon
// as the database does.
func TestUnavailable(t *testing.T) {
	chattest.Slow(t)
	for name, database := range strickenDatabases(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s, err := Open(ctx, database.url, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it is over
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			f := chattest.NewFixture(t, s)
			f.Conversation(1, "v1", f.Anna, nil)
			service := chat.New(s, chat.NewGate(s, nil, chat.Rules{}), chat.Config{})
			post := func(n int) error {
				ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				_, _, err := service.Post(ctx, chat.Principal{}, chat.PostRequest{ConversationID: 1, Content: strings.Repeat("x", 4000), ClientMessageID: fmt.Sprint(n)})
				return err
			}
			if err := errors.Join(post(0), s.Ready(ctx)); err != nil {
				t.Fatal(err)
			}
			database.strike(s)
			failed := 0
			for n := range 20 { // a full disk may have room for a few
				began := time.Now()
				if err := post(1 + n); err != nil {
					failed++
					if chat.KindOf(err) != chat.Unavailable || time.Since(began) > 8*time.Second {
						t.Fatalf("after %v: %v", time.Since(began), err)
					}
				}
				if failed == 2 {
					break
				}
			}
			short, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			if err := s.Ready(short); chat.ReasonOf(err) != database.reason {
				t.Errorf("ready: %v", err)
			}
			if err := s.Relayed(short, []int64{1}, 5); chat.KindOf(err) != chat.Unavailable {
				t.Errorf("relayed: %v", err)
			}
			database.heal(s)
			deadline := time.Now().Add(10 * time.Second)
			for s.Ready(ctx) != nil {
				if time.Now().After(deadline) {
					t.Fatal("it does not become ready")
				}
				time.Sleep(50 * time.Millisecond)
			}
			if err := errors.Join(post(100), s.Relayed(ctx, []int64{1}, models.Time(5))); err != nil {
				t.Error(err)
			}
			page, err := s.View(ctx).History(chat.HistoryQuery{OrganizationID: f.Org.ID, VisitorID: "v1", Count: 100})
			pending, err2 := s.Pending(ctx, nil, 100)
			if err != nil || err2 != nil || len(pending) != len(page.Messages)-1 || len(page.Messages) < 2 || len(page.Messages) > 20 {
				t.Errorf("%d messages, %d events, %v, %v", len(page.Messages), len(pending), err, err2)
			}
		})
	}
}
