package giosg

import (
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// roomVisitorJSON is a visitor in a room. Names of all ages are there; null is what is not known, or what giosg has and
// Parley has not.
type roomVisitorJSON struct {
	ID             string       `json:"id"`
	RoomID         string       `json:"room_id"`
	IsOnline       bool         `json:"is_online"`
	IsPresent      bool         `json:"is_present"`
	BecomeOnlineAt *models.Time `json:"become_online_at"`
	SessionID      *string      `json:"session_id"`
	VisitCount     int          `json:"visit_count"`

	DeviceType            *string `json:"device_type"`
	BrowserName           *string `json:"browser_name"`
	BrowserVersion        *string `json:"browser_version"`
	OSName                *string `json:"os_name"`
	OSVersion             *string `json:"os_version"`
	UserAgent             *string `json:"user_agent"`
	BrowserLanguage       *string `json:"browser_language"`
	PreferredLanguageCode *string `json:"preferred_language_code"`
	IPAddress             *string `json:"ip_address"`
	IPOrganization        *string `json:"ip_organization"`
	GeoCity               *string `json:"geo_city"`
	GeoCountryCode        *string `json:"geo_country_code"`
	GeoCountry            *string `json:"geo_country"`

	ReferrerURL              *string `json:"referrer_url"`
	ReferrerHostname         *string `json:"referrer_hostname"`
	ReferrerURLHostname      *string `json:"referrer_url_hostname"`
	ReferrerMedium           *string `json:"referrer_medium"`
	ReferrerSource           *string `json:"referrer_source"`
	OriginalReferrerURL      *string `json:"original_referrer_url"`
	OriginalReferrerHostname *string `json:"original_referrer_url_hostname"`
	OriginalReferrerMedium   *string `json:"original_referrer_medium"`
	OriginalReferrerSource   *string `json:"original_referrer_source"`

	LatestPageURL          *string `json:"latest_page_url"`
	LatestPageCanonicalURL *string `json:"latest_page_canonical_url"`
	LatestPageTitle        *string `json:"latest_page_title"`
	DeviceScreenWidth      *int    `json:"device_screen_width"`
	DeviceScreenHeight     *int    `json:"device_screen_height"`

	ShoppingCartCurrency               *string      `json:"shopping_cart_currency"`
	ShoppingCartTotalValue             *string      `json:"shopping_cart_total_value"`
	ShoppingCartTotalSubscriptionValue *string      `json:"shopping_cart_total_subscription_value"`
	ShoppingCartLockedAt               *models.Time `json:"shopping_cart_locked_at"`
	ExplicitPriority                   *float64     `json:"explicit_priority"`
	ImplicitPriority                   *float64     `json:"implicit_priority"`
	PipelineStepIndex                  *int         `json:"pipeline_step_index"`
	PipelineStepTitle                  *string      `json:"pipeline_step_title"`
	PipelineStepCount                  *int         `json:"pipeline_step_count"`
}

// RoomVisitorJSON shows a visitor in a room to users.
func RoomVisitorJSON(f chat.RoomVisitorFacts) any {
	a := f.About
	v := roomVisitorJSON{
		ID: f.VisitorID, RoomID: f.Room.UUID, IsOnline: f.Online, IsPresent: f.Online, BecomeOnlineAt: f.OnlineAt,
		SessionID: f.SessionID, VisitCount: f.VisitCount,
		DeviceType: orNull(a.DeviceType), BrowserName: orNull(a.BrowserName), BrowserVersion: orNull(a.BrowserVersion),
		OSName: orNull(a.OSName), OSVersion: orNull(a.OSVersion), UserAgent: orNull(a.UserAgent),
		BrowserLanguage: orNull(a.BrowserLanguage), PreferredLanguageCode: orNull(preferred(a.BrowserLanguage)),
		IPAddress: orNull(a.IPAddress), IPOrganization: orNull(a.IPOrganization),
		GeoCity: orNull(a.GeoCity), GeoCountryCode: orNull(a.GeoCountryCode), GeoCountry: orNull(a.GeoCountry),
		ReferrerURL: orNull(a.ReferrerURL), ReferrerHostname: orNull(a.ReferrerHostname), ReferrerURLHostname: orNull(a.ReferrerHostname),
		ReferrerMedium: orNull(a.ReferrerMedium), ReferrerSource: orNull(a.ReferrerSource),
		OriginalReferrerURL: orNull(a.OriginalReferrerURL), OriginalReferrerHostname: orNull(a.OriginalReferrerHostname),
		OriginalReferrerMedium: orNull(a.OriginalReferrerMedium), OriginalReferrerSource: orNull(a.OriginalReferrerSource),
		LatestPageURL: orNull(a.LatestPageURL), LatestPageCanonicalURL: orNull(a.LatestPageCanonicalURL),
		LatestPageTitle: orNull(a.LatestPageTitle), DeviceScreenWidth: numberOrNull(a.DeviceScreenWidth),
		DeviceScreenHeight: numberOrNull(a.DeviceScreenHeight),
	}
	if v.LatestPageCanonicalURL == nil {
		v.LatestPageCanonicalURL = v.LatestPageURL
	}
	return v
}

func numberOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// preferred is the first language of an Accept-Language header.
func preferred(header string) string {
	first, _, _ := strings.Cut(header, ",")
	first, _, _ = strings.Cut(first, ";")
	if first = strings.TrimSpace(first); first == "*" {
		return ""
	}
	return first
}

// stayJSON is what a visitor learns of herself in a room.
type stayJSON struct {
	ID                string `json:"id"`
	RoomID            string `json:"room_id"`
	PresenceExpiresIn *int   `json:"presence_expires_in"`
}

// StayJSON shows a visitor her own presence; for how long is told where it was settled.
func StayJSON(s chat.Stay) any {
	return stayJSON{ID: s.VisitorID, RoomID: s.Room.UUID, PresenceExpiresIn: numberOrNull(int(s.Lasts / time.Second))}
}
