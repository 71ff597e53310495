package visitorinfo

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"parley/chat"
)

// cities is a database in which 203.0.113.0/24 is a city's.
func cities(t *testing.T, city string) []byte {
	names := func(text string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(text), "fi": mmdbtype.String("muuta")}}
	}
	country := names("Finland")
	country["iso_code"] = mmdbtype.String("FI")
	return database4(t, "City", mmdbtype.Map{"city": names(city), "country": country})
}

func database4(t *testing.T, kind string, what mmdbtype.DataType) []byte {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"203.0.113.0/24", "2001:db8::/32"} {
		_, network, err := net.ParseCIDR(text)
		if err == nil {
			err = w.Insert(network, what)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAtlas(t *testing.T) {
	city, organization := filepath.Join(t.TempDir(), "city"), filepath.Join(t.TempDir(), "asn")
	write(t, city, cities(t, "Jyväskylä"))
	write(t, organization, database4(t, "ASN", mmdbtype.Map{"autonomous_system_organization": mmdbtype.String("Metsä Oy")}))
	a, err := NewAtlas(city, organization, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	there := chat.Locality{City: "Jyväskylä", CountryCode: "FI", Country: "Finland", Organization: "Metsä Oy"}
	for address, want := range map[string]chat.Locality{
		"203.0.113.7": there, "::ffff:203.0.113.7": there, "2001:db8::1": there,
		"198.51.100.1": {}, "10.0.0.1": {}, "127.0.0.1": {}, "fe80::1": {}, "fd00::1": {},
	} {
		if got := a.Locate(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
	if a, err := NewAtlas("", organization, nil); err != nil || a.Locate(netip.MustParseAddr("203.0.113.7")) != (chat.Locality{Organization: "Metsä Oy"}) {
		t.Errorf("one database alone: %v", err)
	}
	// One of another kind tells nothing.
	if a, err := NewAtlas(organization, city, slog.New(slog.DiscardHandler)); err != nil || a.Locate(netip.MustParseAddr("203.0.113.7")) != (chat.Locality{}) {
		t.Errorf("mixed up: %v", err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "missing"), os.DevNull} {
		if _, err := NewAtlas(path, "", nil); err == nil {
			t.Errorf("%s is a database", path)
		}
	}
}

func TestAtlasIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city")
	write(t, path, cities(t, "Turku"))
	synctest.Test(t, func(t *testing.T) {
		a, err := NewAtlas(path, "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		want := func(city string) {
			t.Helper()
			time.Sleep(lookAgain)
			if got := a.Locate(netip.MustParseAddr("203.0.113.7")).City; got != city {
				t.Errorf("it is %s, want %s", got, city)
			}
		}
		want("Turku")
		write(t, path, cities(t, "Rovaniemi"))
		want("Rovaniemi")
		write(t, path, []byte("half a file"))
		want("Rovaniemi") // what was known stays
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		want("Rovaniemi")
		write(t, path, cities(t, "Oulu"))
		want("Oulu")
	})
}
