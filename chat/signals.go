package chat

import (
	"hash/maphash"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"parley/models"
)

// Signals are what a page says of its visitor, and the request with which it does. Nothing is said by what is empty.
type Signals struct {
	// From the request.
	UserAgent, AcceptLanguage string
	Address                   netip.Addr
	// From the page. SessionID is the visit's, as the page counts visits.
	SessionID                        string
	ReferrerURL, OriginalReferrerURL string
	PageURL, CanonicalURL, PageTitle string
	ScreenWidth, ScreenHeight        int
}

// Bounds of what is said, in bytes: what is longer is cut, since a page should not fail for its address. A session's
// name is not cut, because it would be another's.
const (
	maxSessionID = 64
	maxURL       = 2048
	maxHeader    = 512
	maxTitle     = 300
	maxScreen    = 100_000
)

// clean cuts what is too long and leaves out what makes no sense.
func (g *Signals) clean() error {
	if len(g.SessionID) > maxSessionID || !plain(g.SessionID) {
		return E(Invalid, "session_id_invalid", "session_id is a text of at most %d bytes", maxSessionID)
	}
	g.UserAgent, g.AcceptLanguage = clip(g.UserAgent, maxHeader), clip(g.AcceptLanguage, maxHeader)
	g.PageTitle = clip(g.PageTitle, maxTitle)
	for _, address := range []*string{&g.ReferrerURL, &g.OriginalReferrerURL, &g.PageURL, &g.CanonicalURL} {
		*address = webAddress(*address)
	}
	if g.ScreenWidth < 1 || g.ScreenHeight < 1 || g.ScreenWidth > maxScreen || g.ScreenHeight > maxScreen {
		g.ScreenWidth, g.ScreenHeight = 0, 0
	}
	g.Address = g.Address.Unmap().WithZone("")
	return nil
}

// clip takes what is not text out, and what goes beyond the bound.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if text = strings.TrimSpace(text); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") // not half a character
	}
	return text
}

// webAddress lets addresses of pages pass, without a password that may be in them.
func webAddress(text string) string {
	text = clip(text, maxURL)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "android-app" || u.Host == "" {
		return ""
	}
	if u.User != nil {
		u.User = nil
		return u.String()
	}
	return text
}

// prints are fingerprints of signals, by which it is known that nothing new is said: that of the request, and that of
// what the page says, 0 when it says nothing.
type prints struct{ request, page uint64 }

func (g Signals) prints(seed maphash.Seed) prints {
	sum := func(parts ...string) uint64 { return maphash.String(seed, strings.Join(parts, "\x00")) }
	p := prints{request: sum(g.UserAgent, g.AcceptLanguage, g.Address.String())}
	if g.SessionID != "" || g.ReferrerURL != "" || g.OriginalReferrerURL != "" || g.PageURL != "" || g.CanonicalURL != "" ||
		g.PageTitle != "" || g.ScreenWidth > 0 {
		p.page = sum(g.SessionID, g.ReferrerURL, g.OriginalReferrerURL, g.PageURL, g.CanonicalURL, g.PageTitle,
			strconv.Itoa(g.ScreenWidth), strconv.Itoa(g.ScreenHeight)) | 1
	}
	return p
}

// sessionPause is after how long an absence a page that does not count visits begins another.
const sessionPause = 30 * time.Minute

// visit begins another session of the visitor's when it is one, and tells whether it did.
func (g Signals) visit(v *models.RoomVisitor, at models.Time) bool {
	switch {
	case g.SessionID != "":
		if v.SessionID != nil && *v.SessionID == g.SessionID {
			return false
		}
		v.SessionID = &g.SessionID
	case v.SessionID != nil && (v.Online || at < v.SeenAt.Add(sessionPause)):
		return false
	default:
		id := newUUID()
		v.SessionID = &id
	}
	v.VisitCount++
	return true
}

// into puts what is said into what is known. begins: with it a session begins. own are the hosts of the organisation.
func (g Signals) into(a *About, scout Scout, begins bool, own func() []string) {
	if g.UserAgent != "" && g.UserAgent != a.UserAgent {
		d := scout.Device(g.UserAgent)
		a.UserAgent, a.DeviceType = g.UserAgent, d.Type
		a.BrowserName, a.BrowserVersion, a.OSName, a.OSVersion = d.Browser, d.BrowserVersion, d.OS, d.OSVersion
	}
	if g.AcceptLanguage != "" {
		a.BrowserLanguage = g.AcceptLanguage
	}
	if address := g.Address.String(); g.Address.IsValid() && address != a.IPAddress {
		a.IPAddress = address
		a.place(Locality{}) // not known yet
	}
	if g.ScreenWidth > 0 {
		a.DeviceScreenWidth, a.DeviceScreenHeight = g.ScreenWidth, g.ScreenHeight
	}
	if g.PageURL != "" {
		a.LatestPageURL, a.LatestPageCanonicalURL, a.LatestPageTitle = g.PageURL, g.CanonicalURL, g.PageTitle
	}
	g.cameFrom(a, scout, begins, own)
}

func (g Signals) cameFrom(a *About, scout Scout, begins bool, own func() []string) {
	if begins || a.ReferrerURL == "" && g.ReferrerURL != "" {
		var r Referrer
		if g.ReferrerURL != "" {
			r = scout.Referrer(g.ReferrerURL, own())
		}
		a.ReferrerURL, a.ReferrerHostname, a.ReferrerMedium, a.ReferrerSource = g.ReferrerURL, r.Hostname, r.Medium, r.Source
	}
	first := g.OriginalReferrerURL
	if first == "" {
		first = g.ReferrerURL
	}
	if a.OriginalReferrerURL != "" || first == "" {
		return
	}
	r := scout.Referrer(first, own())
	a.OriginalReferrerURL, a.OriginalReferrerHostname = first, r.Hostname
	a.OriginalReferrerMedium, a.OriginalReferrerSource = r.Medium, r.Source
}

func (a *About) place(l Locality) {
	a.GeoCity, a.GeoCountryCode, a.GeoCountry, a.IPOrganization = l.City, l.CountryCode, l.Country, l.Organization
}
