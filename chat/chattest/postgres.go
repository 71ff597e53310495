//go:build unix

package chattest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Main runs a package's tests and stops the PostgreSQL server that they started, if
// they did. It does not return. A package that calls Postgres without it leaves the
// server to the kernel, which ends it with the test binary, and the folder to the
// next run that starts a server.
func Main(m interface{ Run() int }) {
	code := m.Run()
	for _, l := range []*lazyServer{&shared, &durable} {
		if err := l.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "chattest:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Postgres returns the URL of a new, empty PostgreSQL database that is dropped when the
// test ends. The server is real and this process's own: it starts with the first call
// and serves all of them. Without PostgreSQL's programs the test fails; it is never skipped.
// Tests that run in parallel may call it at once.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return shared.database(tb)
}

// DurablePostgres is Postgres with a server that waits for the disk as one in production does, with that one's
// defaults: for measuring.
func DurablePostgres(tb testing.TB) string {
	tb.Helper()
	return durable.database(tb)
}

// Pgbench returns the path of PostgreSQL's own load generator.
func Pgbench(tb testing.TB) string {
	tb.Helper()
	bin, err := binaries()
	if err != nil {
		tb.Fatal("chattest: ", err)
	}
	return filepath.Join(bin, "pgbench")
}

// MigratedPostgres is Postgres with a schema: migrate makes it in a database that is then copied for every test.
// migrate closes what it opens.
func MigratedPostgres(migrate func(url string) error) func(testing.TB) string {
	var once sync.Once
	var failed error
	template := "template_" + strconv.FormatInt(databases.Add(1), 10)
	return func(tb testing.TB) string {
		tb.Helper()
		server, err := shared.start()
		if err != nil {
			tb.Fatal("chattest: ", err)
		}
		once.Do(func() {
			if failed = server.exec("CREATE DATABASE " + template); failed == nil {
				failed = migrate(server.url(template))
			}
		})
		if failed != nil {
			tb.Fatal("chattest: ", failed)
		}
		return shared.copied(tb, template)
	}
}

func (l *lazyServer) database(tb testing.TB) string {
	tb.Helper()
	return l.copied(tb, "template1")
}

// copied makes a database like another one.
func (l *lazyServer) copied(tb testing.TB, template string) string {
	tb.Helper()
	server, err := l.start()
	if err != nil {
		tb.Fatal("chattest: ", err)
	}
	name := "parley_" + strconv.FormatInt(databases.Add(1), 10)
	if err := server.exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		tb.Fatal("chattest: ", err)
	}
	tb.Cleanup(func() {
		if err := server.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Error("chattest: ", err)
		}
	})
	return server.url(name)
}

// SQLite returns the URL of a SQLite database in a folder that goes when the test ends.
// The file does not exist yet.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite://" + filepath.Join(tb.TempDir(), "parley.db")
}

var databases atomic.Int64

// shared is the process's server, durable the one that is measured.
var (
	shared  = lazyServer{settings: hasty}
	durable = lazyServer{settings: map[string]string{"shared_buffers": "128MB"}}
)

// hasty does without fsync: the machine does not lose power within a test. A commit still waits for its record to
// be written (synchronous_commit), so killing our own server loses nothing.
var hasty = map[string]string{
	"fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB", "max_wal_size": "256MB",
}

// lazyServer starts on demand. Its lock is held meanwhile, so that others wait for the
// start; a failure is kept, for it would only repeat.
type lazyServer struct {
	settings map[string]string

	mu     sync.Mutex
	server *server
	err    error
}

func (l *lazyServer) start() (*server, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil && l.err == nil {
		l.server, l.err = startServer(l.settings)
	}
	return l.server, l.err
}

func (l *lazyServer) stop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		return nil
	}
	err := l.server.stop()
	l.server, l.err = nil, errors.New("PostgreSQL has been stopped")
	return err
}

// server is a running PostgreSQL.
type server struct {
	// settings are what sets this server apart.
	settings map[string]string

	dir     string
	port    int
	command *exec.Cmd
	log     *os.File
}

const (
	superuser   = "parley"
	startWithin = 60 * time.Second
	stopWithin  = 20 * time.Second
)

func startServer(settings map[string]string) (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	sweep()
	s := &server{settings: settings}
	if s.dir, err = os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+"-"); err != nil {
		return nil, err
	}
	if err := s.init(bin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	// Between finding a free port and listening on it somebody else may take it.
	for range 3 {
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.run(bin); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(err, os.RemoveAll(s.dir))
}

// binaries finds the folder that holds both programs, of the newest version installed.
func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian keeps them out of PATH
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range append(dirs, filepath.SplitList(os.Getenv("PATH"))...) {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", errors.New("the programs initdb and postgres are missing; install PostgreSQL (Debian: apt-get install postgresql)")
}

func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

func executable(name string) bool {
	info, err := os.Stat(name) // #nosec G703 -- where the tests' PostgreSQL is
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// init makes the data folder. It belongs to the user that the server will run as:
// PostgreSQL refuses to run as root.
func (s *server) init(bin string) error {
	if uid, gid, other := runAs(); other {
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	// #nosec G204 -- PostgreSQL's own program
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--no-sync", "-A", "trust", "-U", superuser,
		"-E", "UTF8", "--locale=C", "-D", s.data())
	initdb.Dir = s.dir
	own(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// run starts the server on its port and waits until it answers.
func (s *server) run(bin string) (err error) {
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		return err
	}
	args := []string{
		"-D", s.data(), "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.port), "-c", "unix_socket_directories=",
		"-c", "synchronous_commit=on", "-c", "max_connections=200", "-c", "timezone=UTC", "-c", "lc_messages=C",
	}
	for name, value := range s.settings {
		args = append(args, "-c", name+"="+value)
	}
	s.command = exec.Command(filepath.Join(bin, "postgres"), args...) // #nosec G204 -- PostgreSQL's own program
	s.command.Dir = s.dir
	s.command.Stdout, s.command.Stderr = s.log, s.log // a file: no goroutine copies, which leak checks would see
	own(s.command)
	if err := s.command.Start(); err != nil {
		return err
	}
	if err := s.awaitReady(); err != nil {
		_ = s.command.Process.Kill() // it may be gone
		_ = s.command.Wait()
		text, _ := os.ReadFile(s.log.Name())
		_ = s.log.Close() // it was read
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, text)
	}
	return nil
}

// awaitReady asks until the server answers, its process is gone, or patience ends.
func (s *server) awaitReady() error {
	for deadline := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		err := s.exec("SELECT 1")
		if err == nil {
			return nil
		}
		if s.exited() || time.Now().After(deadline) {
			return err
		}
	}
}

// exited tells whether the process has ended, and reaps it then.
func (s *server) exited() bool {
	pid, _ := syscall.Wait4(s.command.Process.Pid, nil, syscall.WNOHANG, nil)
	return pid == s.command.Process.Pid
}

// stop ends the server, clients or not, and removes its folder.
func (s *server) stop() error { return errors.Join(s.halt(), os.RemoveAll(s.dir)) }

// halt ends the server, clients or not.
func (s *server) halt() error {
	defer s.log.Close()
	_ = s.command.Process.Signal(syscall.SIGINT) // "fast shutdown"
	killer := time.AfterFunc(stopWithin, func() { _ = s.command.Process.Kill() })
	defer killer.Stop()
	var exit *exec.ExitError
	if err := s.command.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, s.port, database)
}

// exec runs one statement outside the tests' databases, on a connection of its own.
func (s *server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

const prefix = "parley-postgres-"

// sweep removes folders whose test binaries were killed before they could.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		pid, err := strconv.Atoi(owner)
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir) // the next run tries again
		}
	}
}
