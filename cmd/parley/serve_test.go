package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"parley/config"
)

// serving runs a command line in an empty folder and returns what the server was started with.
func serving(t *testing.T, environ []string, args ...string) (cfg config.Config, o serveOptions, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	started := false
	a := app{environ: environ, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	a.serve = func(_ context.Context, c config.Config, given serveOptions, _, _ io.Writer) error {
		cfg, o, started = c, given, true
		return nil
	}
	err = a.run(t.Context(), args)
	if started == (err != nil) {
		t.Errorf("%q: started %v, error %v", args, started, err)
	}
	return cfg, o, err
}

func TestWhereItListens(t *testing.T) {
	for _, row := range []struct {
		args, env string
		want      string
	}{
		{"serve", "", ":8080"},
		{"serve --demo", "", "127.0.0.1:8080"},
		{"serve --demo", "PARLEY_HTTP_LISTEN=:8081", ":8081"},
		{"serve --demo --http.listen :8082", "PARLEY_HTTP_LISTEN=:8081", ":8082"},
	} {
		cfg, o, err := serving(t, []string{row.env}, strings.Fields(row.args)...)
		if err != nil || cfg.HTTP.Listen != row.want || o.Demo != strings.Contains(row.args, "--demo") {
			t.Errorf("%s: %s, %+v, %v", row.args, cfg.HTTP.Listen, o, err)
		}
	}
}

func TestTrustedManagersStayPrivate(t *testing.T) {
	for _, row := range []struct {
		args    string
		refused bool
	}{
		{"serve --auth.managers trusted", true},
		{"serve --auth.managers trusted --http.listen 0.0.0.0:80", true},
		{"serve --auth.managers trusted --http.listen [::]:80", true},
		{"serve --auth.managers trusted --http.listen parley.example:80", true},
		{"serve --auth.managers trusted --http.listen 192.168.0.1:80", true},
		{"serve --auth.managers trusted --insecure", false},
		{"serve --auth.managers trusted --demo", false},
		{"serve --auth.managers trusted --http.listen 127.0.0.1:80", false},
		{"serve --auth.managers trusted --http.listen [::1]:80", false},
		{"serve --auth.managers trusted --http.listen [::ffff:127.0.0.1]:80", false},
		{"serve --auth.managers trusted --http.listen localhost:80", false},
		{"serve", false},
	} {
		_, _, err := serving(t, nil, strings.Fields(row.args)...)
		if refused := err != nil && strings.Contains(err.Error(), "--insecure"); refused != row.refused {
			t.Errorf("%s: %v", row.args, err)
		}
	}
}

func TestConfigPrintsWhatIsInForce(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("parley.yaml", []byte("database: {url: 'postgres://u:hunter2@h/d'}"), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := func(args ...string) string {
		var out strings.Builder
		a := app{environ: []string{"PARLEY_LOG_LEVEL=warn"}, stdout: &out, stderr: io.Discard}
		if err := a.run(t.Context(), args); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	text := printed("config", "--http.listen", ":1")
	for _, want := range []string{`url: "postgres://u:***@h/d"`, `level: "warn"`, `listen: ":1"`, `timeout: 25s`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if text := printed("config", "--defaults"); strings.Contains(text, "@h/d") || !strings.Contains(text, "# ") {
		t.Errorf("not the commented defaults:\n%s", text)
	}
}

func TestCheck(t *testing.T) {
	current, behind := newFakeAdmin(), newFakeAdmin()
	if err := current.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		door admin
		args []string
		want []string
		fail bool
	}{
		{"all is well", current, nil, []string{"settings    ok      no file", "database    ok      sqlite://", "migrations  ok      2 of 2"}, false},
		{"behind", behind, nil, []string{"settings    ok", "database    ok", "migrations  failed  1 of 2 are not applied"}, true},
		{"no database", nil, nil, []string{"settings    ok", "database    failed  connection refused"}, true},
		{"settings", current, []string{"--log.level", "loud"}, []string{"settings    failed  log.level"}, true},
		{"exposed", current, []string{"--auth.managers", "trusted"}, []string{"settings    failed  auth.managers"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var out strings.Builder
			a := app{stdout: &out, stderr: io.Discard}
			a.openAdmin = func(context.Context, config.Config) (admin, func() error, error) {
				if row.door == nil {
					return nil, nil, errors.New("connection\nrefused")
				}
				return row.door, func() error { return nil }, nil
			}
			a.lookAdmin = a.openAdmin
			err := a.run(t.Context(), append([]string{"check"}, row.args...))
			if (err != nil) != row.fail || row.fail && exitCode(err) != 1 {
				t.Errorf("error %v", err)
			}
			for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
				if i >= len(row.want) || !strings.HasPrefix(line, row.want[i]) {
					t.Errorf("line %d is %q, want one of %q", i, line, row.want)
				}
			}
		})
	}
	if behind.migrations[1].Applied {
		t.Error("check changed the database")
	}
}

func TestVersionIsOneLine(t *testing.T) {
	b := build{Version: "1.2.3", Revision: "0123456789abcdef", Modified: true, Go: "go1.26"}
	if got, want := b.String(), "parley 1.2.3 0123456789ab modified go1.26"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := readBuild().String(); !strings.HasPrefix(text, "parley ") || strings.Contains(text, "\n") {
		t.Errorf("got %q", text)
	}
}
