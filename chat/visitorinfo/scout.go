package visitorinfo

import (
	"strings"

	"github.com/mileusna/useragent"

	"parley/chat"
)

// Scout makes out what browsers say.
type Scout struct{ sources sources }

// NewScout makes one. referrers is the list that the web build copies, a JSON object of hosts; without it every page that
// is not the organisation's own is just a website's.
func NewScout(referrers []byte) (*Scout, error) {
	known, err := readSources(referrers)
	return &Scout{known}, err
}

// longestName is what a browser may be called, in bytes: it is whatever it says.
const longestName = 40

// Device reads a user agent.
func (s *Scout) Device(userAgent string) chat.Device {
	ua := useragent.Parse(userAgent)
	d := chat.Device{
		Type: deviceType(ua), Browser: ua.Name, BrowserVersion: version(ua.Version), OS: ua.OS, OSVersion: version(ua.OSVersion),
	}
	if ua.OS == useragent.ChromeOS {
		d.OSVersion = chromeVersion(userAgent)
	}
	if d.Browser == userAgent || len(d.Browser) > longestName { // it is not a name then
		d.Browser, d.BrowserVersion = "", ""
	}
	return d
}

// deviceType: tablets with Android say so by not saying that they are mobile.
func deviceType(ua useragent.UserAgent) string {
	switch {
	case ua.OS == "" && !ua.Mobile && !ua.Tablet:
		return ""
	case ua.Tablet, ua.OS == useragent.Android && !strings.Contains(ua.String, "Mobile") && !ua.Bot:
		return "tablet"
	case ua.Mobile:
		return "mobile"
	}
	return "desktop"
}

// version lets numbers pass: some have the processor in their place.
func version(text string) string {
	if text == "" || text[0] < '0' || text[0] > '9' || len(text) > longestName {
		return ""
	}
	return text
}

// chromeVersion is the number behind the processor, as in "CrOS x86_64 14541.0.0".
func chromeVersion(userAgent string) string {
	_, rest, _ := strings.Cut(userAgent, "CrOS ")
	rest, _, _ = strings.Cut(rest, ")")
	words := strings.Fields(rest)
	if len(words) < 2 {
		return ""
	}
	return version(words[1])
}
