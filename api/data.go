package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// refusalKey is where fail leaves the code of a refusal.
const refusalKey = "refusal"

// called notes where a call comes from, and, if somebody who showed credentials was refused, that she was.
func called(gate *chat.Gate) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(chat.WithCaller(c.Request.Context(), &chat.Caller{Address: address(c), IP: clientOf(c)}))
		c.Next()
		if c.Writer.Status() == http.StatusForbidden {
			gate.Denied(c.Request.Context(), method(c)+" "+routeOf(c), c.GetString(refusalKey))
		}
	}
}

// dataRoutes are for those who answer for an organisation's data. Callers show a token or a key.
func (a *conversationAPI) dataRoutes(g *gin.RouterGroup) {
	on := func(method, path string, handle func(call)) {
		g.Handle(method, path, private, a.as(handle))
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) }) // cors has answered
	}
	on(http.MethodGet, "/audit", a.audit)
	g.GET("/conversation/:conversation_id/transcript", a.about(a.limits.reads, a.transcript))
	g.OPTIONS("/conversation/:conversation_id/transcript", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	on(http.MethodGet, "/visitor/:visitor_id/export", a.exportVisitor)
	on(http.MethodDelete, "/visitor/:visitor_id", a.eraseVisitor)
}

func (a *conversationAPI) audit(c call) {
	q, err := auditQuery(c.Context)
	var views []chat.AuditView
	var next *chat.AuditCursor
	if err == nil {
		views, next, err = a.service.AuditLog(c.Request.Context(), c.principal, q)
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	var cursor *string
	if next != nil {
		text := writeCursor(chat.InboxCursor{UpdatedAt: next.At, ID: next.ID})
		cursor = &text
	}
	c.JSON(http.StatusOK, gin.H{"audit": views, "next": cursor})
}

// eraseVisitor answers as soon as nobody is let in with her rights any more; what there is goes in the background.
func (a *conversationAPI) eraseVisitor(c call) {
	erasure, err := a.service.EraseVisitor(c.Request.Context(), c.principal, c.Param("visitor_id"))
	c.reply(http.StatusAccepted, "erasure", erasure, err)
}

func auditQuery(c *gin.Context) (q chat.AuditQuery, err error) {
	q.Action = models.AuditAction(c.Query("action"))
	q.ActorKind, q.ActorID, _ = strings.Cut(c.Query("actor"), ":")
	for _, text := range []string{c.Query("action"), c.Query("actor")} {
		if len(text) > 100 || strings.ContainsRune(text, 0) {
			return q, chat.E(chat.Invalid, "filter_invalid", "action is a word, actor is a kind or a kind and an id like manager:5")
		}
	}
	for name, moment := range map[string]*models.Time{"from": &q.From, "to": &q.To} {
		if text := c.Query(name); text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return q, chat.E(chat.Invalid, name+"_invalid", "%s is a moment like 2026-12-24T18:00:00Z", name)
			}
			*moment = models.At(at)
		}
	}
	if q.Limit, err = strconv.Atoi(c.DefaultQuery("limit", "50")); err != nil || q.Limit < 1 {
		return q, chat.E(chat.Invalid, "limit_invalid", "limit is a whole number above 0")
	}
	if text := c.Query("cursor"); text != "" {
		cursor, ok := readCursor(text)
		if !ok {
			return q, chat.E(chat.Invalid, "cursor_invalid", "cursor is the next of another page")
		}
		q.Before = &chat.AuditCursor{At: cursor.UpdatedAt, ID: cursor.ID}
	}
	return q, nil
}
