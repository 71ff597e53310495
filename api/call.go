package api

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// Calls by sound and picture: see package chat.

func (a *conversationAPI) callRoutes(g *gin.RouterGroup) {
	answered := func(c *gin.Context) { c.Status(http.StatusNoContent) } // cors has
	g.GET("/calls", a.with(a.limited(a.limits.reads, a.calls)))
	g.GET("/calls/ice", a.with(a.limited(a.limits.reads, a.iceServers)))
	g.POST("/calls/:visitor_id", a.with(a.limited(a.limits.opens, a.requestCall)))
	g.GET("/conversation/:conversation_id/call", a.about(a.limits.reads, a.latestCall))
	g.POST("/conversation/:conversation_id/call", a.about(a.limits.typing, a.signal))
	for _, path := range []string{"/calls", "/calls/ice", "/calls/:visitor_id", "/conversation/:conversation_id/call"} {
		g.OPTIONS(path, answered)
	}
}

func (a *conversationAPI) requestCall(c call) {
	request, err := c.callRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.RequestCall(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, true, err)
}

func (c call) callRequest() (r chat.CallRequest, err error) {
	r.VisitorID, r.Sender = c.Param("visitor_id"), c.sender
	if r.SiteKey, err = c.siteKey(); err != nil {
		return r, err
	}
	if r.Room, err = c.params.text("room", "room_invalid"); err != nil {
		return r, err
	}
	if r.OperatorName, err = c.params.text("operator_name", "operator_name_invalid"); err != nil {
		return r, err
	}
	if r.OperatorAvatar, err = c.params.text("operator_avatar", "operator_avatar_invalid"); err != nil {
		return r, err
	}
	kind, err := c.params.text("kind", "call_kind_invalid")
	r.Kind = models.CallKind(kind)
	return r, err
}

func (a *conversationAPI) calls(c call) {
	calls, err := a.service.Calls(c.Request.Context(), c.principal)
	give(c.Context, gin.H{"calls": calls}, err)
}

func (a *conversationAPI) latestCall(c call, id int64) {
	latest, err := a.service.Call(c.Request.Context(), c.principal, c.sender, id)
	give(c.Context, gin.H{"call": latest}, err)
}

func (a *conversationAPI) iceServers(c call) {
	id, _, err := c.params.integer("conversation_id", "conversation_id_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	servers, err := a.service.ICEServers(c.Request.Context(), c.principal, c.sender, id)
	give(c.Context, gin.H{"ice_servers": servers}, err)
}

func (a *conversationAPI) signal(c call, id int64) {
	signal, err := c.callSignal()
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Signal(c.Request.Context(), c.principal, c.sender, id, signal)
	if err != nil || ev.Call == nil {
		give(c.Context, gin.H{}, err)
		return
	}
	answer(c.Context, ev, false, nil)
}

// callSignal reads a signal: of the parameters those that signals have.
func (c call) callSignal() (s chat.CallSignal, err error) {
	given := map[string]any{}
	for _, name := range []string{"call_id", "type", "sdp", "candidate", "audio", "video"} {
		if c.params[name] != nil {
			given[name] = c.params[name]
		}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return s, err
	}
	if json.Unmarshal(raw, &s) != nil {
		return s, chat.E(chat.Invalid, "call_signal_invalid", "A signal has a call_id, a type, and what goes with it")
	}
	return s, nil
}
