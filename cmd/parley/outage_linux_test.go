package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// outage is a database that fails for a while, and what readiness says of it.
type outage struct {
	url          string
	strike, heal func()
	reason       string
}

// What was answered 201 before, while and after the database fails is in the history once, whoever listened all the
// while is told all of it, in order, and the server needs no restart.
func TestOutageLosesNothing(t *testing.T) {
	chattest.Slow(t)
	binary := buildBinary(t)
	for name, begin := range map[string]func(*testing.T) outage{
		"PostgreSQL away": postgresAway, "PostgreSQL read-only": postgresReadOnly, "SQLite, disk full": sqliteFull,
	} {
		t.Run(name, func(t *testing.T) {
			o := begin(t)
			throughOutage(t, newProcess(t, binary, o.url, "PARLEY_CHAT_MESSAGES_PER_SECOND=0", "PARLEY_LIMITS_PER_SECOND_PER_VISITOR=0"), o)
		})
	}
}

func postgresAway(t *testing.T) outage {
	server := chattest.NewOutage(t)
	return outage{server.URL(), server.Away, server.Back, "database_away"}
}

func postgresReadOnly(t *testing.T) outage {
	server := chattest.NewOutage(t)
	change := func(statement string) func() {
		return func() { server.Exec(statement); server.Exec("SELECT pg_reload_conf()") }
	}
	return outage{
		server.URL(), change("ALTER SYSTEM SET default_transaction_read_only = on"),
		change("ALTER SYSTEM RESET default_transaction_read_only"), "database_read_only",
	}
}

// sqliteFull puts the database on a disk of its own, which only root can make; chat/store fills one without.
func sqliteFull(t *testing.T) outage {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=16m"); err != nil {
		t.Skip("a small disk cannot be made: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, 0) }) //nolint:errcheck // the folder's removal fails then
	ballast := filepath.Join(folder, "ballast")
	return outage{"sqlite://" + filepath.Join(folder, "parley.db"), func() { fillDisk(t, ballast) }, func() { os.Remove(ballast) }, "database_full"}
}

func fillDisk(t *testing.T, name string) {
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size >= 512; { // to the last page
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func throughOutage(t *testing.T, p *process, o outage) {
	var org, manager struct{ ID int64 }
	var pass struct{ Token string }
	p.command(&org, "org", "create", "--name", "Acme")
	p.command(&manager, "manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "long enough words")
	p.command(&pass, "token", "manager", "--id", strconv.FormatInt(manager.ID, 10))
	p.start()
	defer listen(t, p, bayeuxtest.WebSocket, pass.Token, "/service/*").end()
	chat := openChat(t, p, "v81f0")
	channel := fmt.Sprintf("/conversations/%d", chat.ID)
	visitor := listen(t, p, bayeuxtest.WebSocket, "", channel)
	counterpart := listen(t, p, bayeuxtest.LongPolling, pass.Token, channel)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	late, err := bayeuxtest.Dial(ctx, p.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket})
	if err != nil {
		t.Fatal(err)
	}
	defer late.Drop()

	writers := startWriters(p, chat.ID)
	until(t, "half of it is posted", func() bool { return writers.answered.Load() >= killAfter || writers.failed() })
	o.strike()
	until(t, "posts are refused", func() bool { return writers.refused.Load() > 20 || writers.failed() })
	until(t, "it is not ready", func() bool {
		status, body := p.readiness()
		return status == http.StatusServiceUnavailable && strings.Contains(body, o.reason)
	})
	refusedPost(t, p, chat.ID)
	if o.reason == "database_away" {
		if err := late.Subscribe(ctx, channel); err == nil || !strings.Contains(err.Error(), "503:") {
			t.Errorf("subscribing without a database: %v", err)
		}
	}
	o.heal()
	until(t, "it is ready", func() bool { status, _ := p.readiness(); return status == http.StatusOK })
	if err := late.Subscribe(ctx, channel); err != nil {
		t.Errorf("the session that was refused subscribes: %v", err)
	}
	answered := writers.wait(t)

	kept := history(t, p, chat.ID)
	checkHistory(t, kept, answered)
	var want []int64
	for _, m := range kept {
		want = append(want, m.ID)
	}
	for who, l := range map[string]*listener{"the visitor": visitor, "the manager": counterpart} {
		l.await(want[len(want)-1])
		if got := l.end(); !slices.Equal(got, want) {
			t.Errorf("%s was told of %d messages, want %d in their order, each once", who, len(got), len(want))
		}
	}
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	t.Logf("%d posts were refused meanwhile", writers.refused.Load())
}

// refusedPost looks at one answer closely.
func refusedPost(t *testing.T, p *process, conversation int64) {
	t.Helper()
	began := time.Now()
	response, err := http.Post(fmt.Sprintf("%s/chat/conversation/%d", p.origin, conversation), "application/json",
		strings.NewReader(`{"sender":{"type":"visitor","id":"v81f0"},"content":"`+strings.Repeat("x", 3000)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	after, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	if response.StatusCode != http.StatusServiceUnavailable || after < 1 || time.Since(began) > 10*time.Second {
		t.Errorf("a post was answered %d, to be tried again after %d s, within %v", response.StatusCode, after, time.Since(began))
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain was waited until %s", what)
		}
	}
}
