package visitorinfo

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"parley/chat"
)

// lookAgain is how often it is looked whether a database's file has changed.
const lookAgain = 10 * time.Second

// Atlas knows where addresses are. It is safe for concurrent use.
type Atlas struct{ city, organization *database }

// NewAtlas opens databases in MaxMind's format: one of cities and countries, and one of providers or autonomous systems.
// An empty path is none of that kind. They are read again when their files change, into memory, so that it makes no
// difference how a file is replaced.
func NewAtlas(city, organization string, logger *slog.Logger) (*Atlas, error) {
	a := new(Atlas)
	for _, one := range []struct {
		path string
		to   **database
	}{{city, &a.city}, {organization, &a.organization}} {
		if one.path == "" {
			continue
		}
		d := &database{path: one.path, logger: logger}
		if err := d.read(); err != nil {
			return nil, err
		}
		*one.to = d
	}
	return a, nil
}

// Locate looks an address up.
func (a *Atlas) Locate(addr netip.Addr) (l chat.Locality) {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return l
	}
	var place struct {
		City    named `maxminddb:"city"`
		Country struct {
			Code string `maxminddb:"iso_code"`
			named
		} `maxminddb:"country"`
	}
	if a.city.look(addr, &place) {
		l.City, l.Country, l.CountryCode = place.City.name(), place.Country.name(), strings.ToUpper(place.Country.Code)
	}
	var whose struct {
		Organization string `maxminddb:"organization"`
		Provider     string `maxminddb:"isp"`
		System       string `maxminddb:"autonomous_system_organization"`
	}
	if a.organization.look(addr, &whose) {
		for _, name := range []string{whose.Organization, whose.Provider, whose.System} {
			if name != "" {
				l.Organization = name
				break
			}
		}
	}
	return l
}

// named has names in several languages.
type named struct {
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

func (n named) name() string { return n.Names.English }

// database is a file and what was read of it.
type database struct {
	path   string
	logger *slog.Logger

	mu     sync.Mutex
	reader *maxminddb.Reader
	seen   fs.FileInfo
	looked time.Time
}

// look is false for what is not known. A nil database knows nothing.
func (d *database) look(addr netip.Addr, into any) bool {
	if d == nil {
		return false
	}
	found := d.current().Lookup(addr)
	if !found.Found() {
		return false
	}
	if err := found.Decode(into); err != nil {
		d.logger.Warn("a database of addresses has something else than expected", "file", d.path, "error", err)
		return false
	}
	return true
}

// current is what the file says now. A file that cannot be read leaves what was known.
func (d *database) current() *maxminddb.Reader {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.looked) < lookAgain {
		return d.reader
	}
	d.looked = time.Now()
	now, err := os.Stat(d.path)
	if err == nil && now.ModTime().Equal(d.seen.ModTime()) && now.Size() == d.seen.Size() {
		return d.reader
	}
	if err == nil {
		err = d.load()
	}
	if err != nil {
		d.logger.Warn("a database of addresses cannot be read again", "file", d.path, "error", err)
	} else {
		d.logger.Info("a database of addresses was read again", "file", d.path)
	}
	return d.reader
}

func (d *database) read() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked = time.Now()
	return d.load()
}

func (d *database) load() error {
	seen, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("database of addresses: %w", err)
	}
	content, err := os.ReadFile(d.path)
	if err != nil {
		return fmt.Errorf("database of addresses: %w", err)
	}
	reader, err := maxminddb.OpenBytes(content)
	if err != nil {
		return fmt.Errorf("database of addresses: %s: %w", d.path, err)
	}
	d.reader, d.seen = reader, seen
	return nil
}
