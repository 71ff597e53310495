package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows names, for each package, the packages of ours that its production code may import.
// A package that is not here has no place in the house yet: give it one.
var arrows = map[string][]string{
	"parley/models":                  {},
	"parley/bayeux":                  {},
	"parley/bayeux/transport":        {"parley/bayeux"},
	"parley/bayeux/admin":            {"parley/bayeux"},
	"parley/bayeux/bayeuxtest":       {"parley/bayeux", "parley/bayeux/transport"},
	"parley/bayeux/check":            {},
	"parley/bayeux/load":             {},
	"parley/chat/files":              {"parley/chat", "parley/models"},
	"parley/chat/webhook":            {"parley/chat", "parley/models"},
	"parley/chat/visitorinfo":        {"parley/chat", "parley/models"},
	"parley/chat":                    {"parley/chat/words", "parley/models"},
	"parley/chat/words":              {},
	"parley/chat/store":              {"parley/chat", "parley/models"},
	"parley/chat/token":              {"parley/chat", "parley/models"},
	"parley/chat/chattest":           {"parley/chat", "parley/models"},
	"parley/api":                     {"parley/api/openapi", "parley/chat", "parley/models"},
	"parley/api/giosg":               {"parley/chat", "parley/models"},
	"parley/api/openapi":             {},
	"parley/api/openapi/openapitest": {"parley/api/openapi"},
	"parley/config":                  {},
	"parley/web":                     {},
	"parley/cmd/parley": {
		"parley/api", "parley/api/giosg", "parley/bayeux", "parley/bayeux/admin", "parley/bayeux/bayeuxtest", "parley/bayeux/check", "parley/bayeux/load",
		"parley/bayeux/transport", "parley/chat", "parley/chat/files", "parley/chat/store",
		"parley/chat/token", "parley/chat/visitorinfo", "parley/chat/webhook", "parley/config", "parley/models", "parley/web",
	},
}

// standardOnly may import nothing of third parties.
var standardOnly = []string{"parley/models", "parley/bayeux", "parley/bayeux/admin", "parley/web"}

// homes names the packages that a library may be imported by: each is one package's affair.
var homes = map[string][]string{
	"github.com/gin-gonic/":        {"parley/api"},
	"gorm.io/":                     {"parley/chat/store"},
	"modernc.org/sqlite":           {"parley/chat/store", "parley/chat/chattest"},
	"github.com/pressly/goose":     {"parley/chat/store"},
	"github.com/jackc/pgx":         {"parley/chat/store", "parley/chat/chattest"},
	"github.com/golang-jwt/":       {"parley/chat/token"},
	"github.com/gorilla/websocket": {"parley/bayeux/transport", "parley/bayeux/bayeuxtest", "parley/bayeux/check", "parley/bayeux/load"},
	"github.com/spf13/viper":       {"parley/config"},
	"github.com/spf13/cobra":       {"parley/cmd/parley"},
	"github.com/spf13/pflag":       {"parley/cmd/parley"},
	"github.com/prometheus/":       {"parley/api", "parley/cmd/parley"},
	"database/sql":                 {"parley/chat/store", "parley/chat/chattest"},
	"golang.org/x/time/":           {"parley/chat"},
	"gocloud.dev/":                 {"parley/chat/files"},
	"github.com/aws/":              {"parley/chat/files"},
	"golang.org/x/image/":          {"parley/chat/files"},
	"github.com/gabriel-vasile/":   {"parley/chat/files"},
	"github.com/mileusna/":         {"parley/chat/visitorinfo"},
	"github.com/oschwald/":         {"parley/chat/visitorinfo"},
	"golang.org/x/text/":           {"parley/chat/words"},
	"github.com/blevesearch/":      {"parley/chat/words"},
	"go.yaml.in/":                  {"parley/api/openapi"},
	"github.com/getkin/":           {"parley/api/openapi/openapitest"},
}

// reach names the packages that may contain a library by way of others: theirs is the
// process, not the library itself.
var reach = map[string][]string{
	"github.com/gin-gonic/gin": {"parley/api", "parley/cmd/parley"},
	"gorm.io/gorm":             {"parley/chat/store", "parley/cmd/parley"},
	"github.com/spf13/viper":   {"parley/config", "parley/cmd/parley"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestArrows(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 5 {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	for _, p := range packages {
		allowed, known := arrows[p.ImportPath]
		if !known {
			t.Errorf("%s has no arrows: say in this test what it may import", p.ImportPath)
		}
		for _, imported := range p.Imports {
			ours := imported == "parley" || strings.HasPrefix(imported, "parley/")
			if ours && known && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s, which is none of %q", p.ImportPath, imported, allowed)
			}
			if isThirdParty(imported) && slices.Contains(standardOnly, p.ImportPath) {
				t.Errorf("%s imports %s, but may use the standard library only", p.ImportPath, imported)
			}
			for library, at := range homes {
				if strings.HasPrefix(imported, library) && !slices.Contains(at, p.ImportPath) {
					t.Errorf("%s imports %s, which belongs to %q", p.ImportPath, imported, at)
				}
			}
		}
		for library, by := range reach {
			if slices.Contains(p.Deps, library) && !slices.Contains(by, p.ImportPath) {
				t.Errorf("%s reaches %s, which only %q may", p.ImportPath, library, by)
			}
		}
	}
}

func isThirdParty(imported string) bool {
	host, _, _ := strings.Cut(imported, "/")
	return strings.Contains(host, ".")
}

// listPackages asks go for the production code of every package: tests may import what they like.
func listPackages(t *testing.T) []listed {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	c.Dir = root
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// root is the project's folder, as seen from this one.
const root = "../.."

// notOurs are folders of what is built, installed or kept by others.
var notOurs = []string{".git", "node_modules", "dist", "bin", "data", "out"}

// Nothing in the project knows the machine that it was written on.
func TestNoFileNamesAMachine(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	// Put together here, so that this file does not hold them.
	strange := []string{"/wo" + "rk/", "/ro" + "ot/", "/Us" + "ers/", here + "/"}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(notOurs, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || slices.Contains(notOurs, entry.Name()) { // .git may be a file
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, path := range strange {
			if strings.Contains(string(text), path) {
				t.Errorf("%s names %s", name, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is fetched comes from where everybody's does: no mirror's address is written down.
func TestLocksNameNoMirror(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "web/package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Resolved string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		if p.Resolved != "" && !strings.HasPrefix(p.Resolved, "https://registry.npmjs.org/") {
			t.Errorf("%s is resolved to %s", name, p.Resolved)
		}
	}
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(goMod), "\nreplace ") {
		t.Error("go.mod replaces a module")
	}
}
