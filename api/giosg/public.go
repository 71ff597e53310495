package giosg

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// settingsPath is where a page's script learns what to do; the account follows.
const settingsPath = "/api/v2/visitor/settings"

func (a *API) publicRoutes() {
	a.onPublic(http.MethodPost, chat.ResourceAuth, a.admit)
	a.onPublic(http.MethodGet, chat.ResourceRoom, a.publicRoom)
	a.onPublic(http.MethodGet, chat.ResourceRoomBrand, a.brand)
	a.onPublic(http.MethodGet, chat.ResourceOnlineUsers, a.onlineUsers)
	a.onPath(http.MethodGet, settingsPath, a.settings)
}

// barVersion is of giosg's own window, which is not used here; some pages ask for one.
const barVersion = 3

type admissionJSON struct {
	VisitorID         string      `json:"visitor_id"`
	VisitorSecretID   string      `json:"visitor_secret_id"`
	VisitorGlobalID   string      `json:"visitor_global_id"`
	OrganizationID    string      `json:"organization_id"`
	SocketURL         string      `json:"socket_url"`
	AccessToken       string      `json:"access_token"`
	ExpiresAt         models.Time `json:"expires_at"`
	ExpiresIn         int         `json:"expires_in"`
	MinimalBarVersion int         `json:"minimal_bar_version"`
}

// admit makes a visitor of a stranger, or the one again whose secret is shown.
func (a *API) admit(c *call) error {
	var secret *string
	if _, err := c.read(fields{"visitor_secret_id": &secret}); err != nil {
		return err
	}
	v, err := c.service().AdmitVisitor(c.Context(), c.found.Organization, said(secret))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if v.New {
		status = http.StatusCreated
	}
	c.Header().Set("Cache-Control", "no-store")
	return c.reply(status, admissionJSON{
		VisitorID: v.VisitorID, VisitorSecretID: v.Secret, VisitorGlobalID: v.VisitorID, OrganizationID: c.found.Organization.UUID,
		SocketURL: c.socketURL(), AccessToken: v.Token, ExpiresAt: v.ExpiresAt,
		ExpiresIn: int(math.Ceil(time.Until(v.ExpiresAt.Time()).Seconds())), MinimalBarVersion: barVersion,
	})
}

// socketURL is where sockets are opened that speak as giosg's do.
func (c *call) socketURL() string {
	return "ws" + strings.TrimPrefix(c.api.cfg.BaseURL(c.Request), "http") + c.api.cfg.SocketPath
}

func (a *API) publicRoom(c *call) error {
	facts, err := c.service().RoomFacts(c.Context(), c.found.Organization, c.found.Room)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, PublicRoomJSON(facts[0]))
}

// brand: rooms have none.
func (a *API) brand(*call) error { return notFound() }

// onlineUsers lists the managers whom a visitor may meet.
func (a *API) onlineUsers(c *call) error {
	all, err := c.service().Users(c.Context(), c.found.Organization, false)
	if err != nil {
		return err
	}
	results := []any{}
	for _, u := range all {
		if u.Online {
			results = append(results, PublicUserJSON(u))
		}
	}
	return c.reply(http.StatusOK, list{Results: results})
}

type settingsJSON struct {
	OrganizationID string             `json:"organization_id"`
	SiteKey        string             `json:"site_key"`
	DomainRoom     settingsRoomJSON   `json:"domain_room"`
	Rooms          []settingsRoomJSON `json:"rooms"`
	Calls          bool               `json:"calls"`
	ICEServers     []chat.ICEServer   `json:"ice_servers,omitempty"`
	SocketURL      string             `json:"socket_url"`
}

type settingsRoomJSON struct {
	ID    string `json:"id"`
	Token string `json:"token"`
	Name  string `json:"name"`
}

func settingsRoom(r models.Room) settingsRoomJSON {
	return settingsRoomJSON{ID: r.UUID, Token: r.Token, Name: r.Name}
}

// settings tells a page whose it is, and in which rooms it may be.
func (a *API) settings(c *call) error {
	account, err := url.PathUnescape(strings.Trim(strings.TrimPrefix(c.URL.EscapedPath(), settingsPath), "/"))
	if err != nil || account == "" || len(account) > 200 {
		return notFound()
	}
	p, err := c.service().PageSettings(c.Context(), account, c.query.Get("url"))
	if err != nil {
		return err
	}
	answer := settingsJSON{
		OrganizationID: p.Organization.UUID, SiteKey: p.Organization.SiteKey, DomainRoom: settingsRoom(p.DomainRoom),
		Rooms: make([]settingsRoomJSON, len(p.Rooms)), Calls: p.Organization.Calls, ICEServers: p.ICEServers, SocketURL: c.socketURL(),
	}
	for i, room := range p.Rooms {
		answer.Rooms[i] = settingsRoom(room)
	}
	return c.reply(http.StatusOK, answer)
}
