package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// attackers is how many connections do not finish what they begin: fewer in the suite; make stress has all.
var attackers = flag.Int("attackers", 2000, "connections that do not finish what they begin")

// moreFiles lets this process, and those that it starts, have as many connections as the system allows, and tells how
// many attackers that makes.
func moreFiles(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const others = 500
	return int(min(uint64(*attackers), limit.Cur-others))
}

// plainBinary makes the binary without the race detector, whose memory says nothing.
func plainBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "parley")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// slowly are beginnings of requests. Of what follows a byte comes every second.
var slowly = []string{
	"", // half open: nothing is ever said
	"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
	"POST /chat/service/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{\"",
	"POST /chat/conversation/1/attachments HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 60000\r\n\r\n--b\r\nX: ",
	"POST /faye HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n[",
	"POST /dashboard/api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{",
	"GET /faye HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

// attack holds connections, and sends a byte on each every second.
type attack struct {
	mu    sync.Mutex
	conns []net.Conn
	cut   int
	stop  chan struct{}
	done  sync.WaitGroup
}

func startAttack(t *testing.T, address string, n int) *attack {
	t.Helper()
	a := &attack{stop: make(chan struct{})}
	for i := range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		if _, err := io.WriteString(conn, slowly[i%len(slowly)]); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		a.conns = append(a.conns, conn)
	}
	a.done.Go(a.drip)
	return a
}

func (a *attack) drip() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-a.stop:
			return
		case <-tick.C:
		}
		a.mu.Lock()
		for i, conn := range a.conns {
			if conn == nil || slowly[i%len(slowly)] == "" {
				continue
			}
			if _, err := conn.Write([]byte("x")); err != nil {
				conn.Close()
				a.conns[i] = nil
				a.cut++
			}
		}
		a.mu.Unlock()
	}
}

func (a *attack) end() {
	close(a.stop)
	a.done.Wait()
	for _, conn := range a.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// figure reads one of the server's metrics.
func (p *process) figure(name string) float64 {
	p.t.Helper()
	response, err := http.Get(p.origin + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return n
		}
	}
	p.t.Fatalf("no %s in %s", name, text)
	return 0
}

// TestUnderSlowAttack: thousands of connections that say nothing, or a byte a second, in the middle of a header, a body,
// a form, a sign-in, on a socket; meanwhile everybody else is served, on every transport, memory is bounded, and when
// they are gone so is what they took.
func TestUnderSlowAttack(t *testing.T) {
	chattest.Slow(t)
	n := moreFiles(t)
	p := newProcess(t, plainBinary(t), chattest.SQLite(t), "PARLEY_CHAT_MESSAGES_PER_SECOND=0", "PARLEY_CHAT_OPENS_PER_MINUTE=0")
	var org, manager struct{ ID int64 }
	var pass struct{ Token string }
	p.command(&org, "org", "create", "--name", "Acme")
	p.command(&manager, "manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "long enough words")
	p.command(&pass, "token", "manager", "--id", strconv.FormatInt(manager.ID, 10))
	p.start()
	desk := listen(t, p, bayeuxtest.WebSocket, pass.Token, "/service/*")
	p.serves("before")
	memory, goroutines, files := p.figure("process_resident_memory_bytes"), p.figure("go_goroutines"), p.figure("process_open_fds")

	a := startAttack(t, strings.TrimPrefix(p.origin, "http://"), n)
	for p.figure("process_open_fds") < files+float64(n)*0.9 { // they all are let in
		time.Sleep(20 * time.Millisecond)
	}
	for i := range 5 {
		p.serves(fmt.Sprint("during", i))
	}
	const each = 64 << 10 // bytes; net/http's own goroutine and buffers are half of that
	if now := p.figure("process_resident_memory_bytes"); now > memory+64<<20+float64(n)*each {
		t.Errorf("%.0f MB before, %.0f with %d slow connections", memory/1e6, now/1e6, n)
	} else {
		t.Logf("%d slow connections: %.0f MB before, %.0f now, %.0f goroutines", n, memory/1e6, now/1e6, p.figure("go_goroutines"))
	}
	if *attackers > 5000 { // make stress waits until the server has shown all of the slow ones out
		for deadline := time.Now().Add(2 * time.Minute); p.figure("process_open_fds") > files+float64(n)/2; time.Sleep(time.Second) {
			if time.Now().After(deadline) {
				t.Fatalf("%.0f connections are still open", p.figure("process_open_fds"))
			}
		}
		p.serves("late")
	}
	a.end()
	for deadline := time.Now().Add(patience); p.figure("go_goroutines") > goroutines+50 || p.figure("process_open_fds") > files+50; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("of the attack %.0f goroutines and %.0f files are left, there were %.0f and %.0f",
				p.figure("go_goroutines"), p.figure("process_open_fds"), goroutines, files)
		}
	}
	p.serves("after")
	desk.end()
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if text, err := os.ReadFile(p.log.Name()); err != nil || strings.Contains(string(text), "panic") {
		t.Errorf("%v; the log: %.2000s", err, text)
	}
}

// serves tells that a visitor is served over HTTP and Bayeux.
func (p *process) serves(visitor string) {
	p.t.Helper()
	c := openChat(p.t, p, visitor)
	for _, transport := range []string{bayeuxtest.WebSocket, bayeuxtest.LongPolling} {
		l := listen(p.t, p, transport, "", fmt.Sprint("/conversations/", c.ID))
		client := &http.Client{Timeout: patience}
		status, body, err := postForm(client, fmt.Sprintf("%s/chat/conversation/%d", p.origin, c.ID), map[string][]string{"content": {"hello"}})
		if err != nil || status != http.StatusCreated {
			p.t.Fatalf("%s: %v %d %s", visitor, err, status, body)
		}
		id, _, _ := strings.Cut(strings.SplitN(string(body), `"message":{"id":`, 2)[1], ",")
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		l.await(n)
		l.end()
		client.CloseIdleConnections()
	}
}
