package chat

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"parley/models"
)

// About is what is known of a visitor's browser, place and way to a room. Nothing is told of what is empty.
type About struct {
	DeviceType         string `json:"device_type,omitempty"` // desktop, mobile or tablet
	BrowserName        string `json:"browser_name,omitempty"`
	BrowserVersion     string `json:"browser_version,omitempty"`
	OSName             string `json:"os_name,omitempty"`
	OSVersion          string `json:"os_version,omitempty"`
	UserAgent          string `json:"user_agent,omitempty"`
	BrowserLanguage    string `json:"browser_language,omitempty"` // as in Accept-Language
	DeviceScreenWidth  int    `json:"device_screen_width,omitempty"`
	DeviceScreenHeight int    `json:"device_screen_height,omitempty"`

	IPAddress      string `json:"ip_address,omitempty"`
	IPOrganization string `json:"ip_organization,omitempty"`
	GeoCity        string `json:"geo_city,omitempty"`
	GeoCountryCode string `json:"geo_country_code,omitempty"`
	GeoCountry     string `json:"geo_country,omitempty"`

	// The referrer is where she came from in this session, the original one where she ever came from first.
	ReferrerURL              string `json:"referrer_url,omitempty"`
	ReferrerHostname         string `json:"referrer_hostname,omitempty"`
	ReferrerMedium           string `json:"referrer_medium,omitempty"` // internal, search, email, social or website
	ReferrerSource           string `json:"referrer_source,omitempty"`
	OriginalReferrerURL      string `json:"original_referrer_url,omitempty"`
	OriginalReferrerHostname string `json:"original_referrer_url_hostname,omitempty"`
	OriginalReferrerMedium   string `json:"original_referrer_medium,omitempty"`
	OriginalReferrerSource   string `json:"original_referrer_source,omitempty"`

	LatestPageURL          string `json:"latest_page_url,omitempty"`
	LatestPageCanonicalURL string `json:"latest_page_canonical_url,omitempty"`
	LatestPageTitle        string `json:"latest_page_title,omitempty"`
}

// AboutOf reads what is kept of a visitor in a room.
func AboutOf(v models.RoomVisitor) (a About, err error) {
	if v.About == "" {
		return a, nil
	}
	err = json.Unmarshal([]byte(v.About), &a)
	return a, err
}

func (a About) text() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// otherNames are attributes that change along with others, or have a second name.
var otherNames = map[string][]string{
	"referrer_hostname": {"referrer_url_hostname"},
	"browser_language":  {"preferred_language_code"},
	"latest_page_url":   {"latest_page_canonical_url"},
	"is_online":         {"is_present"},
}

// differences names the attributes in which two differ, as clients name them.
func (a About) differences(b About) (names []string) {
	was, is := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range was.NumField() {
		if was.Field(i).Equal(is.Field(i)) {
			continue
		}
		name, _, _ := strings.Cut(was.Type().Field(i).Tag.Get("json"), ",")
		for _, name := range append([]string{name}, otherNames[name]...) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Device is what a browser says it is.
type Device struct{ Type, Browser, BrowserVersion, OS, OSVersion string }

// Referrer is what kind of page somebody came from.
type Referrer struct{ Hostname, Medium, Source string }

// Locality is where an address is, and whose it is.
type Locality struct{ City, CountryCode, Country, Organization string }

// Scout makes out what browsers say. What it cannot tell is empty.
type Scout interface {
	Device(userAgent string) Device
	// Referrer tells of pages on one of the hosts, or below one, that they are internal.
	Referrer(url string, own []string) Referrer
}

// Atlas knows where addresses are. It may read files.
type Atlas interface {
	Locate(addr netip.Addr) Locality
}

// blindScout knows nothing.
type blindScout struct{}

func (blindScout) Device(string) Device               { return Device{} }
func (blindScout) Referrer(string, []string) Referrer { return Referrer{} }
