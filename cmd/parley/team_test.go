package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestTeamCommands runs the commands about teams against a database.
func TestTeamCommands(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	run := func(want string, into any, args ...string) {
		t.Helper()
		var out strings.Builder
		a := app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, openAdmin: openAdmin, lookAdmin: lookAdmin}
		a.environ = []string{"PARLEY_DATABASE_URL=sqlite://" + filepath.Join(folder, "parley.db")}
		err := a.run(t.Context(), append(args, "--json"))
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(out.String()), into); err != nil {
				t.Errorf("%v: %s: %v", args, out.String(), err)
			}
		}
	}
	var team teamView
	var all []teamView
	run("", nil, "org", "create", "--name", "Acme")
	run("", nil, "manager", "create", "--name", "Botty", "--email", "bot@example.com", "--bot")
	run("--name is missing", nil, "team", "create")
	run("", &team, "team", "create", "--name", "Cooks")
	if team.ID == "" || team.Name != "Cooks" || team.ManagerIDs == nil {
		t.Errorf("%+v", team)
	}
	run("--manager is missing", nil, "team", "add", team.ID)
	run("manager_not_found", nil, "team", "add", team.ID, "--manager", "9")
	run("team_not_found", nil, "team", "add", "nothing", "--manager", "1")
	run("", &team, "team", "add", team.ID, "--manager", "1")
	run("", &all, "team", "list")
	if len(all) != 1 || fmt.Sprint(all[0].ManagerIDs) != "[1]" || fmt.Sprint(team.ManagerIDs) != "[1]" {
		t.Errorf("%+v, %+v", team, all)
	}
	run("", &team, "team", "remove", team.ID, "--manager", "1")
	if len(team.ManagerIDs) != 0 {
		t.Errorf("%+v", team)
	}
	run("", nil, "team", "delete", team.ID)
	run("", &all, "team", "list")
	if len(all) != 0 {
		t.Errorf("%+v", all)
	}
}
