//go:build unix

package chattest_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/chat/chattest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(m.Run()) // a test binary that forgets to stop its server
	}
	chattest.Main(m)
}

const childVariable = "CHATTEST_CHILD"

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	urls := make([]string, 8)
	t.Run("at once", func(t *testing.T) {
		for i := range urls {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				urls[i] = chattest.Postgres(t)
				if _, err := connect(t, urls[i]).Exec(t.Context(), "CREATE TABLE mine (id bigint)"); err != nil {
					t.Error(err)
				}
			})
		}
	})
	seen := map[string]bool{}
	for _, u := range urls {
		if seen[u] {
			t.Errorf("%s was given twice", u)
		}
		seen[u] = true
	}
}

func TestDatabaseIsDroppedThoughConnected(t *testing.T) {
	var address string
	t.Run("holder", func(t *testing.T) {
		address = chattest.Postgres(t)
		if _, err := pgx.Connect(context.Background(), address); err != nil { // and never closed
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), address); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("connecting afterwards: %v", err)
	}
}

func TestServerPromisesCommits(t *testing.T) {
	conn := connect(t, chattest.Postgres(t))
	for name, want := range map[string]string{"synchronous_commit": "on", "max_connections": "200", "TimeZone": "UTC", "server_encoding": "UTF8"} {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
}

// A test binary that is killed takes its server with it.
func TestServerDiesWithItsStarter(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		print(chattest.Postgres(t), "\n")
		select {}
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childVariable+"=1")
	out, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 512)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(line[:n]))
	if _, err := url.Parse(address); err != nil {
		t.Fatal(err)
	}
	var data string
	if err := connect(t, address).QueryRow(t.Context(), "SELECT current_setting('data_directory')").Scan(&data); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(data)) })
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			return
		}
		conn.Close(t.Context())
		if time.Now().After(deadline) {
			t.Fatal("the server outlived the test binary that started it")
		}
	}
}

func TestSQLiteIsAFreshPath(t *testing.T) {
	path, found := strings.CutPrefix(chattest.SQLite(t), "sqlite:///")
	if !found {
		t.Fatal("not an absolute path")
	}
	if _, err := os.Stat("/" + path); !os.IsNotExist(err) {
		t.Errorf("the file is there: %v", err)
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
