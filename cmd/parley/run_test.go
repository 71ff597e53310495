package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// demo is the whole program, run in this process with serve --demo.
type demo struct {
	t           *testing.T
	origin      string
	out, errors *chattest.LogBuffer
	stop        func() error // ends it as SIGTERM does, and waits
}

var demoAddress = regexp.MustCompile(`(https?://127\.0\.0\.1:\d+)/demo/`)

func runDemo(t *testing.T, database, folder string, settings ...string) *demo {
	t.Helper()
	settings = append([]string{
		"PARLEY_DATABASE_URL=" + database, "PARLEY_DATA_DIR=" + folder, "PARLEY_HTTP_DRAIN=1s", "PARLEY_LOG_LEVEL=debug",
	}, settings...)
	d := &demo{t: t, out: new(chattest.LogBuffer), errors: chattest.Log(t)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--demo", "--http.listen", "127.0.0.1:0"}, settings, strings.NewReader(""), d.out, d.errors)
	}()
	var once sync.Once
	var result error
	d.stop = func() error {
		once.Do(func() { cancel(); result = <-ended })
		return result
	}
	t.Cleanup(func() { d.stop() }) //nolint:errcheck // the test looks at it
	for range 3000 {
		if found := demoAddress.FindStringSubmatch(d.out.String()); found != nil {
			d.origin = found[1]
			return d
		}
		select {
		case err := <-ended:
			t.Fatalf("serve ended: %v\n%s", err, d.errors)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("no address was printed: %s", d.out)
	return nil
}

// get reads a page of the demo.
func (d *demo) get(client *http.Client, path string) (int, string) {
	d.t.Helper()
	response, err := client.Get(d.origin + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// logIn signs Anna in with the login that was printed, and returns what the dashboard would know.
func (d *demo) logIn() (client *http.Client, me string) {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	client = &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	login := fmt.Sprintf(`{"email":"anna@example.com","password":%q}`, demoPassword)
	response, err := client.Post(d.origin+"/dashboard/api/login", "application/json", strings.NewReader(login))
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		d.t.Fatalf("login: %d %s", response.StatusCode, body)
	}
	return client, string(body)
}

// TestDemoTwice: the demo starts on an empty folder and again on what it left, with the same people.
func TestDemoTwice(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			url, folder := database(t), t.TempDir()
			var site string
			for round := range 2 {
				d := runDemo(t, url, folder)
				client, me := d.logIn()
				_, now := d.get(client, "/demo/site.json")
				if round > 0 && now != site {
					t.Errorf("the site was %s and is %s", site, now)
				}
				site = now
				if status, body := d.get(client, "/dashboard/api/conversations"); status != http.StatusOK || !strings.Contains(body, `"conversations":[]`) {
					t.Errorf("%d %s", status, body)
				}
				if status, figures := d.get(client, "/metrics"); status != http.StatusOK || !strings.Contains(figures, "parley_relay_lag_seconds") ||
					!strings.Contains(figures, `route="/dashboard/api/login"`) {
					t.Errorf("%d %s", status, figures)
				}
				if err := d.stop(); err != nil {
					t.Errorf("SIGTERM: %v", err)
				}
				token := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(me)
				if token == nil || strings.Contains(d.errors.String(), token[1]) || strings.Contains(d.errors.String(), demoPassword) {
					t.Errorf("a secret is in the log, or there is none: %v", token)
				}
			}
		})
	}
}

// TestStopTellsClients: on SIGTERM sockets and held polls are let go, and the program ends without an error.
func TestStopTellsClients(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var clients []*bayeuxtest.Client
	for _, transport := range []string{bayeuxtest.WebSocket, bayeuxtest.LongPolling} {
		c, err := bayeuxtest.Dial(ctx, d.origin+"/faye", bayeuxtest.Options{Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Drop()
		if err := c.Subscribe(ctx, "/service/v1"); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if err := d.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	for _, c := range clients {
		select {
		case <-c.Done():
		case <-ctx.Done():
			t.Error("a client was not told")
		}
	}
}

// TestTrustedOnPublicAddress: strangers who could say that they are managers are not let near.
func TestTrustedOnPublicAddress(t *testing.T) {
	err := run(t.Context(), []string{"serve"}, []string{"PARLEY_AUTH_MANAGERS=trusted", "PARLEY_HTTP_LISTEN=0.0.0.0:0"},
		strings.NewReader(""), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--insecure") {
		t.Errorf("got %v", err)
	}
}
