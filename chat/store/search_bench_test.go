package store

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gorm.io/gorm"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

var (
	searchMessages = flag.Int("search.messages", 20_000, "how many messages BenchmarkSearch searches, ten in a conversation")
	searchKept     = flag.String("search.kept", "", "URLs of databases, divided by commas, that BenchmarkSearch fills when they are empty, and leaves")
)

// crowd is a store with many messages. One in two has "usual", one in a hundred "seldom", ten have "once"; "left" and
// "right" are in a quarter each and never in the same.
type crowd struct {
	store     *Store
	service   *chat.Service
	manager   chat.Principal
	colleague int64
}

func newCrowd(tb testing.TB, url string, messages int) *crowd {
	ctx := context.Background()
	db, err := Open(ctx, url, Options{MaxOpenConns: 1})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() }) //nolint:errcheck // the test is over
	if err := db.Migrate(ctx); err != nil {
		tb.Fatal(err)
	}
	managers, err := db.View(ctx).Managers(1)
	if err != nil {
		tb.Fatal(err)
	}
	if len(managers) == 0 {
		f := chattest.NewFixture(tb, db)
		managers = []models.Manager{f.Anna, f.Manager(f.Org, "Boris")}
		fill(tb, db, messages, managers)
		indexAll(tb, db, messages)
	}
	anna, boris := managers[0], managers[1]
	return &crowd{
		store: db, service: chat.New(db, chat.NewGate(db, nil, chat.Rules{}), chat.Config{}), colleague: boris.ID,
		manager: chat.Principal{Party: chat.Manager, ManagerID: anna.ID, OrganizationID: anna.OrganizationID, Role: models.RoleManager},
	}
}

func indexAll(tb testing.TB, db *Store, messages int) {
	ctx := context.Background()
	indexer, began := chat.NewIndexer(db, slog.New(slog.DiscardHandler)), time.Now()
	for more := true; more; {
		var err error
		if more, err = indexer.Index(ctx); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Logf("indexed %d messages in %v", messages, time.Since(began).Round(time.Millisecond))
	for _, statement := range map[bool][]string{true: {"VACUUM ANALYZE"}, false: {"ANALYZE"}}[db.read.Name() == "postgres"] {
		if _, err := db.migrating.Exec(statement); err != nil {
			tb.Fatal(err)
		}
	}
}

// fill adds conversations of ten messages, a minute between two of them; one in fifty is Boris's and one in a
// thousand open.
func fill(tb testing.TB, db *Store, count int, managers []models.Manager) {
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.3, 5, 30_000)
	id, perBatch := int64(0), 200
	for begin := 0; begin < count/10; begin += perBatch {
		var visitors []models.Visitor
		var conversations []models.Conversation
		var messages []models.Message
		for n := begin; n < min(begin+perBatch, count/10); n++ {
			m, status := managers[0], models.StatusClosed
			if n%50 == 7 {
				m = managers[1]
			}
			if n%1000 == 3 {
				status = models.StatusOpen
			}
			at := models.Time(1_700_000_000_000 + int64(n)*600_000)
			visitor, name := fmt.Sprintf("visitor-%d", n), fmt.Sprintf("Name%d Family%d", n%1000, n)
			uuid := fmt.Sprintf("00000000-0000-4000-8000-%012d", 1_000_000+n)
			visitors = append(visitors, models.Visitor{ID: visitor, UUID: uuid, OrganizationID: m.OrganizationID, Name: &name, CreatedAt: at})
			conversations = append(conversations, models.Conversation{
				ID: int64(n + 1), UUID: uuid, OrganizationID: m.OrganizationID, VisitorID: visitor, ManagerID: &m.ID,
				Status: status, CreatedAt: at, UpdatedAt: at + 600_000,
			})
			for i := range 10 {
				id++
				messages = append(messages, models.Message{
					ID: id, UUID: uuid, OrganizationID: m.OrganizationID, ConversationID: int64(n + 1), VisitorID: visitor,
					SenderType: models.SenderVisitor, Content: sentence(random, zipf, int(id), count), CreatedAt: at + models.Time(60_000*i),
				})
			}
		}
		err := db.commit.run(context.Background(), func(tx *gorm.DB) error {
			for _, rows := range []any{&visitors, &conversations} {
				if err := tx.CreateInBatches(rows, 500).Error; err != nil {
					return err
				}
			}
			return tx.CreateInBatches(&messages, 500).Error
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func sentence(random *rand.Rand, zipf *rand.Zipf, n, count int) string {
	text := ""
	if n%2 == 0 {
		text = "usual "
	}
	if n%100 == 5 {
		text += "seldom "
	}
	if n%(count/10) == 11 {
		text += "once "
	}
	switch n % 4 {
	case 1:
		text += "left "
	case 3:
		text += "right "
	}
	for range 8 {
		text += fmt.Sprintf("w%dx ", zipf.Uint64())
	}
	return text
}

// BenchmarkSearch tells the processor's time of a search: of this process, which on SQLite is all, and of PostgreSQL's.
// "go test ./chat/store -run '^$' -bench Search -search.messages 1000000" takes some minutes to fill the databases.
func BenchmarkSearch(b *testing.B) {
	for name, url := range databases {
		if *searchKept == "" {
			b.Run(name, func(b *testing.B) { benchmarkSearch(b, newCrowd(b, url(b), *searchMessages)) })
		}
	}
	for url := range strings.SplitSeq(*searchKept, ",") {
		if name, _, ok := strings.Cut(url, ":"); ok {
			b.Run(name, func(b *testing.B) { benchmarkSearch(b, newCrowd(b, url, *searchMessages)) })
		}
	}
}

func benchmarkSearch(b *testing.B, c *crowd) {
	boris := func(r *chat.SearchRequest) { r.ManagerID = c.colleague }
	opened := func(r *chat.SearchRequest) { r.Status = models.StatusOpen }
	early := func(r *chat.SearchRequest) { r.To = 1_700_000_000_000 + models.Time(*searchMessages)*6_000 }
	deep := func(r *chat.SearchRequest) {
		r.After = placeAt(1_700_000_000_000 + models.Time(*searchMessages)*30_000)
	}
	long := func(r *chat.SearchRequest) { deep(r); r.Limit = chat.MaxResults }
	for _, row := range []struct {
		name, q string
		change  func(*chat.SearchRequest)
	}{
		{"usual", "usual ", nil},
		{"seldom", "seldom ", nil},
		{"once", "once ", nil},
		{"never", "absent ", nil},
		{"two usual", "usual w0x ", nil},
		{"usual and seldom", "usual w50x ", nil},
		{"never together", "left right ", nil},
		{"beginning", "w12", nil},
		{"name", "family777", nil},
		{"usual of a manager", "usual ", boris},
		{"usual and open", "usual ", opened},
		{"usual early", "usual ", early},
		{"usual deep", "usual ", deep},
		{"seldom of a manager", "seldom ", boris},
		{"seldom deep", "seldom ", deep},
		{"beginning deep", "w12", deep},
		{"beginning of a manager", "w12", boris},
		{"never together deep", "left right ", deep},
		{"hundred", "usual ", func(r *chat.SearchRequest) { r.Limit = chat.MaxResults }},
		{"hundred deep", "usual ", long},
		{"hundred seldom deep", "seldom ", long},
	} {
		b.Run(row.name, func(b *testing.B) {
			r := chat.SearchRequest{Text: row.q, Limit: 20}
			if row.change != nil {
				row.change(&r)
			}
			began, theirs, found := cpu(), c.backend(b), 0
			for b.Loop() {
				results, _, err := c.service.Search(context.Background(), c.manager, r)
				if err != nil {
					b.Fatal(err)
				}
				found = len(results)
			}
			b.ReportMetric(float64(cpu()-began)/float64(b.N)/1e6, "cpu-ms/op")
			if c.store.read.Name() == "postgres" {
				b.ReportMetric(float64(c.backend(b)-theirs)/float64(b.N)/1e6, "postgres-ms/op")
			}
			b.ReportMetric(float64(found), "found")
		})
	}
}

// cpu is what this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// backend is what the one connection's process has used, in ticks of 10 ms.
func (c *crowd) backend(tb testing.TB) time.Duration {
	if c.store.read.Name() != "postgres" {
		return 0
	}
	var pid int
	if err := c.store.migrating.QueryRow("SELECT pg_backend_pid()").Scan(&pid); err != nil {
		tb.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	user, _ := strconv.Atoi(fields[13])
	system, _ := strconv.Atoi(fields[14])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// TestSearchPlans looks for queries that would read a whole table. The set is large enough for the databases to care.
func TestSearchPlans(t *testing.T) {
	terms := [][]string{{"1:usual", "1:w0x"}, {"1:#sclosed"}}
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, url(t), 5000)
			want := c.sqlitePlans
			if name == "postgres" {
				want = c.postgresPlans
			}
			for query, plan := range want(t, terms) {
				in := func(part string) bool { return strings.Contains(plan, part) }
				if slices.ContainsFunc([]string{"Seq Scan", "TEMP B-TREE", "SCAN d"}, in) ||
					!slices.ContainsFunc([]string{"search_documents_", "VIRTUAL TABLE INDEX", "(rowid>? AND rowid<?)", "messages_conversation"}, in) {
					t.Errorf("%s\n%s", query, plan)
				}
			}
		})
	}
}

func (c *crowd) sqlitePlans(t *testing.T, terms [][]string) map[string]string {
	plans := map[string]string{}
	for query, args := range map[string][]any{
		sqliteHits:          {matchAll(terms), 0, math.MaxInt64, 41},
		sqliteEdges:         {map[string]any{"from": 1, "before": int64(math.MaxInt64), "nearest": sqliteNearest}},
		spokenSince:         {map[string]any{"ids": []int64{1, 2, 3}, "since": 1}},
		sqliteConversations: {matchAll(terms), 0, math.MaxInt64},
	} {
		var steps []struct{ Detail string }
		if err := c.store.read.Raw("EXPLAIN QUERY PLAN "+query, args...).Scan(&steps).Error; err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			plans[query] += step.Detail + "\n"
		}
	}
	// DISTINCT of a page's worth of conversations may sort.
	plans[sqliteConversations] = strings.ReplaceAll(plans[sqliteConversations], "USE TEMP B-TREE FOR DISTINCT", "")
	return plans
}

func (c *crowd) postgresPlans(t *testing.T, terms [][]string) map[string]string {
	plans := map[string]string{}
	const steps = `[{"windows":"'1:#w28.xx'","low":1,"high":9}]`
	for query, args := range map[string][]any{
		nearestHits:          {c.manager.OrganizationID, 0, int64(math.MaxInt64), nearest, c.manager.OrganizationID, 0, tsquery(terms)},
		spokenSince:          {map[string]any{"ids": []int64{1, 2, 3}, "since": 1}},
		steppedHits:          {steps, 3000, tsquery(terms), 41},
		indexedConversations: {tsquery(terms), 0, int64(math.MaxInt64)},
	} {
		err := byIndex(c.store.read, func(db *gorm.DB) error {
			var lines []string
			err := db.Raw("EXPLAIN "+query, args...).Scan(&lines).Error
			plans[query] = strings.Join(lines, "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return plans
}
