package api

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// maxNotifications bounds the body of a call with many of them.
const maxNotifications = 1 << 20

// idempotencyKey is the header in which a backend names its notification, whose body is all its own.
const idempotencyKey = "Idempotency-Key"

func (a *conversationAPI) notificationRoutes(g *gin.RouterGroup) {
	answered := func(c *gin.Context) { c.Status(http.StatusNoContent) } // cors has answered
	for path, handle := range map[string]gin.HandlerFunc{"/notification/:visitor_id": a.notify, "/notifications": a.as(a.notifyMany)} {
		g.POST(path, handle)
		g.OPTIONS(path, answered)
	}
	const of = "/notifications/:visitor_id"
	for path, handle := range map[string]func(call){of: a.notifications, of + "/unread": a.unreadNotifications} {
		g.GET(path, a.with(a.limited(a.limits.reads, handle)))
		g.OPTIONS(path, answered)
	}
	g.POST(of+"/read", a.with(a.limited(a.limits.reads, a.readNotifications)))
	g.OPTIONS(of+"/read", answered)
}

// notify takes the body, any JSON object or form, as the notification. The key comes in the header; a form or
// query that has none may carry it as token, which is then no part of the notification.
func (a *conversationAPI) notify(c *gin.Context) {
	data, err := readData(c, a.maxBody)
	if err != nil {
		fail(c, err)
		return
	}
	credential, given := bearer(c)
	if token, is := data["token"].(string); is && !given {
		credential = token
		delete(data, "token")
	}
	principal, err := a.authenticate(c, credential)
	if err == nil {
		err = a.take(call{Context: c, principal: principal}, a.limits.reads)
	}
	if err != nil {
		fail(c, err)
		return
	}
	raw, err := json.Marshal(data)
	if err != nil {
		fail(c, err)
		return
	}
	ev, isNew, err := a.service.NotifyOnce(c.Request.Context(), principal, chat.Notice{
		VisitorID: c.Param("visitor_id"), ClientID: c.GetHeader(idempotencyKey), Data: raw,
	})
	answer(c, ev, isNew, err)
}

// notices is the body of a call with many notifications: each by itself, or one for many visitors.
type notices struct {
	each []struct {
		VisitorID string          `json:"visitor_id"`
		Data      json.RawMessage `json:"data"`
		ClientID  string          `json:"client_notification_id"`
	}
	visitorIDs []string
	data       json.RawMessage
	clientID   string
}

func (n *notices) list() ([]chat.Notice, error) {
	if (len(n.each) == 0) == (len(n.visitorIDs) == 0) {
		return nil, chat.E(chat.Invalid, "notifications_invalid", "Either notifications is a list, or visitor_ids is, with their data")
	}
	list := make([]chat.Notice, 0, len(n.each)+len(n.visitorIDs))
	for _, one := range n.each {
		list = append(list, chat.Notice{VisitorID: one.VisitorID, ClientID: one.ClientID, Data: one.Data})
	}
	for _, id := range n.visitorIDs {
		list = append(list, chat.Notice{VisitorID: id, ClientID: n.clientID, Data: n.data})
	}
	return list, nil
}

func (a *conversationAPI) notifyMany(c call) {
	var n notices
	err := c.read(maxNotifications, fields{
		"notifications": &n.each, "visitor_ids": &n.visitorIDs, "data": &n.data, "client_notification_id": &n.clientID,
	})
	var list []chat.Notice
	if err == nil {
		list, err = n.list()
	}
	var results []chat.NoticeResult
	if err == nil {
		results, err = a.service.NotifyMany(c.Request.Context(), c.principal, list)
	}
	c.reply(http.StatusOK, "results", results, err)
}

func (a *conversationAPI) notifications(c call) {
	like, err := c.historyRequest(0)
	if err != nil {
		fail(c.Context, err)
		return
	}
	page, err := a.service.Notifications(c.Request.Context(), c.principal, chat.NotificationsRequest{
		VisitorID: c.Param("visitor_id"), Sender: c.sender, Count: like.Count, Since: like.Since, After: like.After,
	})
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, page)
}

func (a *conversationAPI) unreadNotifications(c call) {
	n, err := a.service.UnreadNotifications(c.Request.Context(), c.principal, c.sender, c.Param("visitor_id"))
	give(c.Context, gin.H{"unread_count": n}, err)
}

func (a *conversationAPI) readNotifications(c call) {
	upTo, given, err := c.params.integer("up_to", "up_to_invalid")
	var last *int64
	if given {
		last = &upTo
	}
	var ids []int64
	if err == nil {
		ids, err = c.params.integers("ids", "ids_invalid")
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.ReadNotifications(c.Request.Context(), c.principal, c.sender, c.Param("visitor_id"), last, ids)
	answer(c.Context, ev, false, err)
}
