package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

const (
	busyStart = 1_750_000_000_000
	busyPace  = 60_000 // one opens every minute
)

// busy fills a database with closed conversations of an organisation, some of them of its past, and with another's.
func busy(tb testing.TB, url string, conversations int) *Store {
	tb.Helper()
	ctx := context.Background()
	s, err := Open(ctx, url, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	if err := s.Migrate(ctx); err != nil {
		tb.Fatal(err)
	}
	f := chattest.NewFixture(tb, s)
	f.Conversation(9_000_000, "v1", f.Anna, nil) // with its visitor
	zoe := f.Manager(f.Organization("Kettles"), "Zoe")
	f.Conversation(9_000_001, "v2", zoe, nil)
	err = s.commit.run(ctx, func(db *gorm.DB) error {
		for i, from := range []int64{busyStart, busyStart - int64(conversations)*busyPace, busyStart} {
			count := conversations / 4
			if i == 0 {
				count = conversations
			}
			org, visitor, manager := f.Org.ID, "v1", f.Anna.ID
			if i == 2 {
				org, visitor, manager = zoe.OrganizationID, "v2", zoe.ID
			}
			if err := fillNumbers(db, count, int64(i+1)*1_000_000, org, visitor, manager, from); err != nil {
				return err
			}
		}
		return db.Exec("ANALYZE").Error
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func fillNumbers(db *gorm.DB, conversations int, first, org int64, visitor string, manager, from int64) error {
	count := `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST(? AS bigint)) `
	uuid := `'00000000-0000-4000-9000-' || substr(CAST(1000000000000 + CAST(? AS bigint) + i AS TEXT), 2)`
	if db.Name() == "postgres" {
		uuid = "CAST(" + uuid + " AS uuid)"
	}
	err := db.Exec(`INSERT INTO conversations (id, uuid, organization_id, visitor_id, manager_id, status, created_at, updated_at, closed_at, rating, rated_at) `+
		count+`SELECT CAST(? AS bigint) + i, `+uuid+`, CAST(? AS bigint), ?, CAST(? AS bigint), 'closed', CAST(? AS bigint) + i * ?, CAST(? AS bigint) + i * CAST(? AS bigint) + 600000, CAST(? AS bigint) + i * CAST(? AS bigint) + 600000, 4, CAST(? AS bigint) + i * CAST(? AS bigint) + 600000 FROM n`,
		conversations, first, first, org, visitor, manager, from, busyPace, from, busyPace, from, busyPace, from, busyPace).Error
	if err != nil {
		return err
	}
	return db.Exec(`INSERT INTO transitions (organization_id, conversation_id, visitor_id, action, from_state, to_state, from_manager_id, manager_id, actor_type, created_at) `+
		count+`, s(action, from_state, to_state, was, has, after) AS (
			SELECT 'opened', 'none', 'waiting', 0, 0, 0
			UNION ALL SELECT 'assigned', 'waiting', 'assigned', 0, 1, 60000
			UNION ALL SELECT 'answered', 'assigned', 'assigned', 1, 1, 120000
			UNION ALL SELECT 'closed', 'assigned', 'closed', 1, 1, 600000
			UNION ALL SELECT 'rated', 'closed', 'closed', 1, 1, 600000)
		SELECT CAST(? AS bigint), CAST(? AS bigint) + i, ?, action, from_state, to_state, CASE was WHEN 1 THEN CAST(? AS bigint) END, CASE has WHEN 1 THEN CAST(? AS bigint) END, 'visitor', CAST(? AS bigint) + i * CAST(? AS bigint) + after
		FROM n CROSS JOIN s ORDER BY i, after, action`,
		conversations, org, first, visitor, manager, manager, from, busyPace).Error
}

// busyNumbers counts the organisation's figures, by manager and hour.
func busyNumbers(tb testing.TB, s *Store, conversations int) chat.NumbersRow {
	tb.Helper()
	service := chat.New(s, chat.NewGate(s, nil, chat.Rules{}), chat.Config{})
	n, err := service.Numbers(context.Background(), chat.Principal{Party: chat.Backend, OrganizationID: 1, Scopes: models.AllScopes}, chat.Sender{}, chat.NumbersQuery{
		From: models.Time(busyStart).Time().Format(time.RFC3339), By: "hour", PerManager: true,
		To: models.Time(busyStart + int64(conversations)*busyPace).Time().Format(time.RFC3339),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n.Total
}

func TestNumbersOfManyConversations(t *testing.T) {
	const conversations = 1000
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			s := busy(t, url(t), conversations)
			total := busyNumbers(t, s, conversations)
			if total.Conversations != conversations || total.Answered != conversations || *total.FirstResponse.MedianMS != 120_000 ||
				*total.Handling.P90MS != 540_000 || *total.Ratings.Average != 4 || total.Load.Peak != 9 ||
				total.Closed != conversations-10 { // ten are open at the end of the range
				t.Errorf("%+v", total)
			}
			s.wantPlan(t, "conversations_organization", "transitions_conversation")
		})
	}
}

// BenchmarkNumbers counts 100,000 transitions of 20,000 conversations.
func BenchmarkNumbers(b *testing.B) {
	const conversations = 20_000
	for name, url := range databases {
		b.Run(name, func(b *testing.B) {
			s := busy(b, url(b), conversations)
			b.ReportAllocs()
			for b.Loop() {
				busyNumbers(b, s, conversations)
			}
		})
	}
}

// wantPlan looks at how the database reads an hour out of the range, where it has to use indexes: a small table is
// rather read as a whole.
func (s *Store) wantPlan(t *testing.T, indexes ...string) {
	t.Helper()
	var plan strings.Builder
	err := s.read.Transaction(func(db *gorm.DB) error {
		explain := "EXPLAIN QUERY PLAN "
		if db.Name() == "postgres" {
			explain = "EXPLAIN "
			if err := db.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
				return err
			}
		}
		var lines []map[string]any
		err := db.Raw(explain+stepsQuery, stepsArgs(1, busyStart, busyStart+3_600_000)...).Scan(&lines).Error
		for _, line := range lines {
			fmt.Fprintln(&plan, line)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range indexes {
		if !strings.Contains(plan.String(), index) {
			t.Errorf("the plan does not use %s:\n%s", index, plan.String())
		}
	}
	if strings.Contains(plan.String(), "SCAN transitions") || strings.Contains(plan.String(), "Seq Scan") {
		t.Errorf("the plan reads a whole table:\n%s", plan.String())
	}
}
