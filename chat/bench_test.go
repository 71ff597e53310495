//go:build unix

package chat_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"

	sqlite3 "modernc.org/sqlite"
)

// What the benchmarks of posting do: benchRounds times, in turn with what they are compared with, that many
// seconds each, on conversations of that number.
const (
	benchRounds        = 3
	benchTime          = 3 * time.Second
	benchConversations = 1000
	benchContent       = "Hello, how long does delivery take?"
)

// BenchmarkPosting posts from 64 sides to a PostgreSQL that waits for the disk, in turn with pgbench, which
// inserts the same rows into the same tables in one transaction; and to SQLite from one side and from 64, also as if
// the disk were slower. It measures by the clock, so it wants -benchtime 1x; make bench prints its table.
func BenchmarkPosting(b *testing.B) {
	b.Run("postgres", func(b *testing.B) {
		url := chattest.DurablePostgres(b)
		p := newPoster(b, url)
		script, server := p.script(b), findServer(b, url)
		var theirs, ours []posted
		for range b.N * benchRounds {
			theirs = append(theirs, server.during(func() posted { return pgbench(b, url, script, 64) }))
			ours = append(ours, server.during(func() posted { return p.post(b, 64) }))
		}
		bench, us := median(theirs), median(ours)
		fmt.Println()
		bench.print("pgbench, 64 clients")
		us.print("Post, PostgreSQL, 64 clients")
		fmt.Printf("%-50s %8.2f\n", "rate to pgbench's", us.rate/bench.rate)
		b.ReportMetric(us.rate/bench.rate, "ratio")
	})
	for _, disk := range []struct {
		name string
		wait time.Duration
	}{{"this disk", 0}, {"waits 2 ms longer", 2 * time.Millisecond}, {"waits 5 ms longer", 5 * time.Millisecond}} {
		b.Run("sqlite, "+disk.name, func(b *testing.B) {
			slowDisk.Store(int64(disk.wait))
			p := newPoster(b, chattest.SQLite(b))
			var one, many []posted
			for range b.N * benchRounds {
				one = append(one, p.post(b, 1))
				many = append(many, p.post(b, 64))
			}
			alone, together := median(one), median(many)
			alone.print("Post, SQLite, " + disk.name + ", 1 client")
			together.print("Post, SQLite, " + disk.name + ", 64 clients")
			fmt.Printf("%-50s %8.2f\n", "rate of 64 to that of one", together.rate/alone.rate)
			b.ReportMetric(together.rate/alone.rate, "ratio")
		})
	}
}

// slowDisk is how much longer SQLite's commits take, in nanoseconds: a stand-in for disks that are slower than this
// one. It is waited for where SQLite waits for the disk, with its one lock of writers held.
var slowDisk atomic.Int64

func init() {
	sqlite3.RegisterConnectionHook(func(conn sqlite3.ExecQuerierContext, _ string) error {
		conn.(sqlite3.HookRegisterer).RegisterCommitHook(func() int32 {
			time.Sleep(time.Duration(slowDisk.Load()))
			return 0
		})
		return nil
	})
}

// posted is what a run came to: how many messages, how many a second; for each the CPU of this process or pgbench,
// that of the database's server, and allocations.
type posted struct {
	messages    int
	rate        float64
	cpu, server time.Duration
	allocs      uint64
}

func (p posted) print(name string) {
	fmt.Printf("%-50s %8.0f messages/s %6d µs of CPU", name, p.rate, p.cpu.Microseconds())
	if p.server != 0 {
		fmt.Printf(" %6d µs of the server's", p.server.Microseconds())
	}
	if p.allocs != 0 {
		fmt.Printf(" %6d allocations", p.allocs)
	}
	fmt.Println()
}

// server is a PostgreSQL server's first process.
type server int

// findServer asks for the process that serves us; its parent is the first. Only Linux tells of other processes.
func findServer(b *testing.B, url string) server {
	db, err := sql.Open("pgx", url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is over
	var pid int
	if err := db.QueryRow("SELECT pg_backend_pid()").Scan(&pid); err != nil {
		b.Fatal(err)
	}
	return server(process(pid)[3])
}

// process reads the numbers of /proc/<pid>/stat, from the third field's place on: 3 is the parent, 13 and 14 the time
// spent, 15 and 16 that of children who ended, in hundredths of a second.
func process(pid int) (fields [17]int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(text), ") ")
	for i, field := range strings.Fields(after) {
		if i+2 < len(fields) {
			fields[i+2], _ = strconv.Atoi(field)
		}
	}
	return fields
}

func (s server) used() time.Duration {
	var ticks int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if f := process(pid); pid == int(s) || f[3] == int(s) {
			ticks += f[13] + f[14]
			if pid == int(s) {
				ticks += f[15] + f[16]
			}
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// during adds what the server used for a run.
func (s server) during(run func() posted) posted {
	before := s.used()
	p := run()
	p.server = (s.used() - before) / time.Duration(p.messages)
	return p
}

func median(runs []posted) posted {
	slices.SortFunc(runs, func(a, b posted) int { return cmp.Compare(a.rate, b.rate) })
	return runs[len(runs)/2]
}

// poster posts to many conversations of one organisation.
type poster struct {
	*chattest.Fixture
	team    []models.Manager
	service *chat.Service
	run     int
}

func newPoster(b *testing.B, url string) *poster {
	b.Helper()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() }) //nolint:errcheck // it is over
	if err := s.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	f := chattest.NewFixture(b, s)
	for id := range int64(benchConversations) {
		f.Conversation(id+1, fmt.Sprint("v", id+1), f.Anna, nil)
	}
	team := []models.Manager{f.Anna}
	for i := range 9 {
		team = append(team, f.Manager(f.Org, fmt.Sprint("Manager", i)))
	}
	return &poster{Fixture: f, team: team, service: chat.New(s, chat.NewGate(s, nil, chat.Rules{}), chat.Config{})}
}

// post lets the clients post for a while. Each waits for the answer to its message before it sends another.
func (p *poster) post(b *testing.B, clients int) posted {
	p.run++
	end, cancel := context.WithTimeout(context.Background(), benchTime)
	defer cancel()
	counts := make([]int, clients)
	before, start := usage(), time.Now()
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			request, cancel := context.WithCancel(context.Background()) // as a request's: it can be cancelled
			defer cancel()
			for n := 0; end.Err() == nil; n++ {
				_, _, err := p.service.Post(request, chat.Principal{}, chat.PostRequest{
					ConversationID: int64((client+n*clients)%benchConversations) + 1, Content: benchContent,
					ClientMessageID: fmt.Sprintf("%d-%d-%d", p.run, client, n),
				})
				if err != nil {
					b.Error(err)
					return
				}
				counts[client]++
			}
		})
	}
	group.Wait()
	elapsed, after := time.Since(start), usage()
	var messages int
	for _, n := range counts {
		messages += n
	}
	messages = max(messages, 1)
	return posted{
		messages: messages, rate: float64(messages) / elapsed.Seconds(), cpu: (after.cpu - before.cpu) / time.Duration(messages),
		allocs: (after.allocs - before.allocs) / uint64(messages),
	}
}

type used struct {
	cpu    time.Duration
	allocs uint64
}

// usage is what this process has used so far.
func usage() used {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r) //nolint:errcheck // it cannot fail with these arguments
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{cpu: time.Duration(r.Utime.Nano() + r.Stime.Nano()), allocs: m.Mallocs}
}

// script writes for pgbench what Post commits: a message, the conversation's new state, and the event, whose
// payload is as long as Post's.
func (p *poster) script(b *testing.B) string {
	name := filepath.Join(b.TempDir(), "post.sql")
	content := fmt.Sprintf(`\set conversation random(1, %d)
\set client random(1, 9000000000000000)
BEGIN;
INSERT INTO messages (uuid, organization_id, conversation_id, visitor_id, sender_type, content, client_message_id, created_at)
VALUES (gen_random_uuid(), 1, :conversation, 'v' || :conversation, 'visitor', '%s', 'pgbench-' || :client, 1700000000000)
RETURNING id AS message \gset
UPDATE conversations SET last_message_id = :message, event_seq = event_seq + 1, unread_manager = unread_manager + 1,
    updated_at = 1700000000000 WHERE id = :conversation RETURNING event_seq AS seq \gset
INSERT INTO events (organization_id, visitor_id, conversation_id, conversation_seq, kind, action, payload, created_at)
VALUES (1, 'v' || :conversation, :conversation, :seq, 'message', 'created', '{"entity":"message","event":"created","message":{%s}}', 1700000000000);
END;
`, benchConversations, benchContent, strings.Repeat("x", 360))
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

var pgbenchRate = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench runs a script from many clients, each statement prepared once.
func pgbench(b *testing.B, url, script string, clients int) posted {
	b.Helper()
	command := exec.Command(chattest.Pgbench(b), "-n", "-M", "prepared", "-c", strconv.Itoa(clients),
		"-j", strconv.Itoa(runtime.NumCPU()), "-T", strconv.Itoa(int(benchTime.Seconds())), "-f", script, url)
	out, err := command.CombinedOutput()
	found := pgbenchRate.FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	p := posted{rate: rate, messages: max(1, int(rate*benchTime.Seconds()))}
	p.cpu = (command.ProcessState.UserTime() + command.ProcessState.SystemTime()) / time.Duration(p.messages)
	return p
}

// benchMessages is how many messages each of a hundred thousand conversations has.
const benchMessages = 10

// BenchmarkReading reads from a database of a million messages, one request at a time.
func BenchmarkReading(b *testing.B) {
	for _, database := range []struct {
		name string
		url  func(testing.TB) string
	}{{"PostgreSQL", chattest.DurablePostgres}, {"SQLite", chattest.SQLite}} {
		b.Run(database.name, func(b *testing.B) {
			url := database.url(b)
			p := newPoster(b, url)
			start := time.Now()
			chattest.Fill(b, url, chattest.Filling{Organization: p.Org, Managers: p.team, Conversations: 100_000, Messages: benchMessages})
			fmt.Printf("\n%-42s %8.1f s\n", "a million messages into "+database.name, time.Since(start).Seconds())
			for range b.N {
				p.read(b, database.name)
			}
		})
	}
}

func (p *poster) read(b *testing.B, database string) {
	anna := chat.Principal{Party: chat.Manager, ManagerID: p.team[3].ID, OrganizationID: p.Org.ID, Role: models.RoleAdmin}
	r := rand.New(rand.NewPCG(1, 2))
	history := func(since *int64) error {
		_, err := p.service.History(ctx, anna, chat.HistoryRequest{ConversationID: chattest.FirstFilled + r.Int64N(100_000), Since: since})
		return err
	}
	var next *chat.InboxCursor
	inbox := func(q chat.InboxQuery) error {
		q.Limit = 50
		views, after, err := p.service.Inbox(ctx, anna, q)
		if next = after; err == nil && len(views) == 0 {
			err = errors.New("nothing was found")
		}
		return err
	}
	newest, _, err := p.View(ctx).EventPositions()
	if err != nil {
		b.Fatal(err)
	}
	events := func(who chat.Principal) func() error {
		return func() error {
			after := r.Int64N(newest)
			_, err := p.service.Events(ctx, who, chat.EventsRequest{After: &after})
			return err
		}
	}
	for _, request := range []struct {
		name string
		run  func() error
	}{
		{"history, the latest", func() error { return history(nil) }},
		{"history, before one", func() error { since := r.Int64N(1_000_000); return history(&since) }},
		{"inbox, hers", func() error { return inbox(chat.InboxQuery{ManagerID: anna.ManagerID, Status: models.StatusOpen}) }},
		{"inbox, all open", func() error { return inbox(chat.InboxQuery{Status: models.StatusOpen}) }},
		{"inbox, all closed, page by page", func() error { return inbox(chat.InboxQuery{Status: models.StatusClosed, Before: next}) }},
		{"the queue", func() error { return inbox(chat.InboxQuery{Status: models.StatusOpen, Waiting: true}) }},
		{"unread totals", func() error { _, err := p.View(ctx).Unread(anna.ManagerID, 50); return err }},
		{"abandoned, by whom", func() error { _, err := p.View(ctx).AbandonedOrganizations(5); return err }},
		{"events, 100 of an organisation", events(chat.Principal{Party: chat.Backend, OrganizationID: p.Org.ID, Scopes: models.AllScopes})},
		{"events, a manager's", events(chat.Principal{Party: chat.Manager, ManagerID: p.team[3].ID, OrganizationID: p.Org.ID, Role: models.RoleManager})},
		{"events, a visitor's", events(chat.Principal{Party: chat.Visitor, VisitorID: "w777"})},
		{"events, nothing new", func() error {
			_, err := p.service.Events(ctx, anna, chat.EventsRequest{After: &newest})
			return err
		}},
		{"the outbox", func() error { _, err := p.Pending(ctx, nil, 500); return err }},
	} {
		next = nil
		const count = 300
		before, start := usage(), time.Now()
		for range count {
			if err := request.run(); err != nil {
				b.Error(request.name, ": ", err)
				break
			}
		}
		elapsed, after := time.Since(start), usage()
		fmt.Printf("%-42s %8.2f ms %8.2f ms of our CPU\n", database+": "+request.name,
			elapsed.Seconds()*1000/count, (after.cpu-before.cpu).Seconds()*1000/count)
	}
}
