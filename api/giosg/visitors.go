package giosg

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

func (a *API) visitorRoutes() {
	a.on(http.MethodGet, chat.ResourceOnlineVisitors, a.onlineVisitors)
	a.on(http.MethodGet, chat.ResourceOnlineVisitor, a.onlineVisitor)
	a.on(http.MethodGet, chat.ResourceRoomVisitor, a.roomVisitor)
	a.onPublic(http.MethodPost, chat.ResourceRoomVisitors, a.enterRoom)
	a.onPublic(http.MethodGet, chat.ResourceRoomVisitor, a.ownStay)
	a.onPublic(http.MethodPut, chat.ResourceRoomVisitor, a.refreshStay)
	a.onPublic(http.MethodPatch, chat.ResourceRoomVisitor, a.refreshStay)
	a.onPublic(http.MethodDelete, chat.ResourceRoomVisitor, a.leaveRoom)
}

// onlineVisitors lists who is in a room, in the order in which they came.
func (a *API) onlineVisitors(c *call) error {
	size, err := c.pageSize()
	if err != nil {
		return err
	}
	q := chat.OnlineQuery{Limit: size}
	if text := c.query.Get("cursor"); text != "" {
		from, back, ok := parseOnlineCursor(text)
		if !ok {
			return notACursor()
		}
		q.From, q.Back = &from, back
	}
	visitors, page, err := c.service().OnlineVisitors(c.Context(), c.found.Room, q)
	if err != nil {
		return err
	}
	results := make([]any, len(visitors))
	for i, v := range visitors {
		results[i] = RoomVisitorJSON(v)
	}
	answer := list{Results: results}
	if n := len(visitors); n > 0 {
		if page.After {
			answer.Next = c.link(onlineCursor(visitors[n-1], false))
		}
		if page.Before {
			answer.Previous = c.link(onlineCursor(visitors[0], true))
		}
	}
	return c.reply(http.StatusOK, answer)
}

// onlineCursor is a place among those who are online; back: the page lies before it.
func onlineCursor(v chat.RoomVisitorFacts, back bool) string {
	sign := "n"
	if back {
		sign = "p"
	}
	place := chat.PlaceOf(v.RoomVisitor)
	return base64.RawURLEncoding.EncodeToString([]byte(sign + strconv.FormatInt(int64(place.At), 36) + "." + place.VisitorID))
}

func parseOnlineCursor(text string) (place chat.OnlinePlace, back, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || len(raw) > 128 {
		return place, false, false
	}
	at, id, ok := strings.Cut(string(raw[1:]), ".")
	moment, err := strconv.ParseInt(at, 36, 64)
	ok = ok && err == nil && models.ValidVisitorID(id) && (raw[0] == 'p' || raw[0] == 'n')
	return chat.OnlinePlace{At: models.Time(moment), VisitorID: id}, raw[0] == 'p', ok
}

func (a *API) roomVisitor(c *call) error {
	v, err := c.service().RoomVisitor(c.Context(), c.found.Room, c.found.VisitorID)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, RoomVisitorJSON(v))
}

// onlineVisitor is roomVisitor as long as she is there.
func (a *API) onlineVisitor(c *call) error {
	v, err := c.service().RoomVisitor(c.Context(), c.found.Room, c.found.VisitorID)
	if err == nil && !v.Online {
		err = notFound()
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, RoomVisitorJSON(v))
}

// enterRoom lets a visitor into a room. The body names her by id, and may tell what her page knows.
func (a *API) enterRoom(c *call) error {
	var id *string
	r, err := c.signs(fields{"id": &id})
	if err != nil {
		return err
	}
	if id == nil {
		return required("id")
	}
	r.VisitorID = *id
	stay, isNew, err := c.service().EnterRoom(c.Context(), c.principal, r)
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	return c.done(status, StayJSON(stay), err)
}

func (a *API) refreshStay(c *call) error {
	r, err := c.signs(fields{})
	if err != nil {
		return err
	}
	stay, err := c.service().Heard(c.Context(), c.principal, r)
	return c.done(http.StatusOK, StayJSON(stay), err)
}

func (a *API) ownStay(c *call) error {
	stay, err := c.service().Stay(c.principal, c.found.Room, c.found.VisitorID)
	return c.done(http.StatusOK, StayJSON(stay), err)
}

func (a *API) leaveRoom(c *call) error {
	err := c.service().LeaveRoom(c.Context(), c.principal, c.found.Room, c.found.VisitorID)
	return c.done(http.StatusNoContent, nil, err)
}

// signs reads what a visitor's page and its request tell of her. The body's attributes are called as users read them.
func (c *call) signs(more fields) (r chat.EnterRequest, err error) {
	var lasts, width, height *int
	var session, referrer, first, page, canonical, title, language *string
	for name, place := range (fields{
		"presence_expires_in": &lasts, "session_id": &session, "referrer_url": &referrer, "original_referrer_url": &first,
		"latest_page_url": &page, "latest_page_canonical_url": &canonical, "latest_page_title": &title,
		"device_screen_width": &width, "device_screen_height": &height, "browser_language": &language,
	}) {
		more[name] = place
	}
	if _, err := c.read(more); err != nil {
		return r, err
	}
	r.Room, r.VisitorID = c.found.Room, c.found.VisitorID
	if lasts != nil {
		if *lasts < 1 || *lasts > int(time.Hour/time.Second) {
			return r, invalid("presence_expires_in", "A number of seconds from 1 to 3600 is required.")
		}
		r.Lasts = time.Duration(*lasts) * time.Second
	}
	r.Signals = chat.Signals{
		UserAgent: c.Request.UserAgent(), AcceptLanguage: c.Request.Header.Get("Accept-Language"), Address: chat.IPOf(c.Context()),
		SessionID: said(session), ReferrerURL: said(referrer), OriginalReferrerURL: said(first),
		PageURL: said(page), CanonicalURL: said(canonical), PageTitle: said(title), ScreenWidth: said(width), ScreenHeight: said(height),
	}
	if r.AcceptLanguage == "" {
		r.AcceptLanguage = said(language)
	}
	return r, nil
}

// said is a value, or none where there was none or null.
func said[T any](value *T) (none T) {
	if value == nil {
		return none
	}
	return *value
}
