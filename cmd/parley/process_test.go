package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/chat/chattest"
)

func TestMain(m *testing.M) {
	chattest.Secret(demoPassword)
	chattest.Main(m)
}

var buildFlags []string

// buildBinary makes the binary for a test and its subtests.
func buildBinary(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "parley")
	if out, err := exec.Command("go", slices.Concat([]string{"build"}, buildFlags, []string{"-o", binary, "."})...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// process is a parley binary on a port and data of its own. It can be started, killed
// and started again on the same data.
type process struct {
	t       *testing.T
	binary  string
	environ []string
	origin  string
	log     *os.File
	running *exec.Cmd
}

func newProcess(t *testing.T, binary, databaseURL string, settings ...string) *process {
	t.Helper()
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	listen := "127.0.0.1:" + freePort(t)
	p := &process{t: t, binary: binary, origin: "http://" + listen, log: log}
	p.environ = append(os.Environ(), "PARLEY_LOG_LEVEL=debug", "PARLEY_HTTP_LISTEN="+listen, "PARLEY_DATABASE_URL="+databaseURL, "PARLEY_DATA_DIR="+folder)
	p.environ = append(p.environ, settings...)
	t.Cleanup(func() {
		p.kill()
		log.Close()
		text, err := os.ReadFile(log.Name())
		if err != nil {
			t.Error(err)
		}
		for _, secret := range chattest.FindSecrets(string(text)) {
			t.Errorf("the log has %s", secret)
		}
		if t.Failed() {
			t.Logf("the server's log ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// command runs one command line with --json and decodes what it prints into result.
func (p *process) command(result any, args ...string) {
	p.t.Helper()
	c := exec.Command(p.binary, append(args, "--json")...)
	c.Env, c.Dir = p.environ, filepath.Dir(p.log.Name())
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		p.t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	chattest.SecretsIn(out)
	if err := json.Unmarshal(out, result); err != nil {
		p.t.Fatalf("parley %s printed %q: %v", strings.Join(args, " "), out, err)
	}
}

const patience = 30 * time.Second

// start runs the server and waits until it is ready.
func (p *process) start(args ...string) {
	p.t.Helper()
	p.running = exec.Command(p.binary, append([]string{"serve"}, args...)...)
	p.running.Env, p.running.Dir = p.environ, filepath.Dir(p.log.Name())
	p.running.Stdout, p.running.Stderr = p.log, p.log
	tie(p.running)
	if err := p.running.Start(); err != nil {
		p.t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(p.origin + "/readyz")
		if err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the server is not ready after %s: %v", patience, err)
		}
	}
}

// readiness asks whether the server is ready.
func (p *process) readiness() (status int, body string) {
	p.t.Helper()
	response, err := http.Get(p.origin + "/readyz")
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// kill ends the server as a power cut would: it gets no chance to tidy up.
func (p *process) kill() {
	if p.running != nil {
		p.running.Process.Kill()
		p.running.Wait()
		p.running = nil
	}
}

// stop ends the server as an operator would and returns how it went.
func (p *process) stop() error {
	p.running.Process.Signal(syscall.SIGTERM)
	err := p.running.Wait()
	p.running = nil
	return err
}
