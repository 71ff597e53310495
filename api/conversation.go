package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// conversationAPI is the original's /chat/... with the additions that its clients need.
type conversationAPI struct {
	service *chat.Service
	gate    *chat.Gate
	maxBody int64
	limits  limiters
}

// call is one request after the parts that all calls share: parameters read, caller known.
type call struct {
	*gin.Context
	params    params
	principal chat.Principal
	sender    chat.Sender
}

// begin reads parameters and credentials; when it reports false the request is answered. A token comes as
// "Authorization: Bearer", or as the parameter token.
func (a *conversationAPI) begin(c *gin.Context) (call, bool) {
	p, err := readParams(c, a.maxBody)
	if err != nil {
		fail(c, err)
		return call{}, false
	}
	credential, err := p.text("token", "token_invalid")
	if err == nil {
		if header := c.GetHeader("Authorization"); header != "" {
			credential = bearer(header)
		}
	}
	var principal chat.Principal
	var sender chat.Sender
	if err == nil {
		principal, _, err = a.gate.Authenticate(c.Request.Context(), credential)
	}
	if err == nil {
		sender, err = p.sender()
	}
	if err != nil {
		fail(c, err)
		return call{}, false
	}
	return call{Context: c, params: p, principal: principal, sender: sender}, true
}

// bearer takes the credential out of the header. Another scheme yields what no verifier takes.
func bearer(header string) string {
	scheme, credential, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return "unknown scheme"
	}
	return strings.TrimSpace(credential)
}

// pathID reads an id in the path. What is no id names nothing.
func pathID(c *gin.Context, name, code string) (int64, bool) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || id < 1 {
		fail(c, chat.E(chat.NotFound, code, "There is nothing with this id"))
		return 0, false
	}
	return id, true
}

func conversationID(c *gin.Context) (int64, bool) {
	return pathID(c, "conversation_id", "conversation_not_found")
}

// answer sends an event, as 201 when it made something new.
func answer(c *gin.Context, ev chat.Event, isNew bool, err error) {
	switch {
	case err != nil:
		fail(c, err)
	case isNew:
		c.JSON(http.StatusCreated, ev)
	default:
		c.JSON(http.StatusOK, ev)
	}
}

func (a *conversationAPI) open(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	request, err := call.openRequest()
	if err == nil {
		err = a.limits.open(call.principal, c.Param("visitor_id"), c.ClientIP())
	}
	if err != nil {
		fail(c, err)
		return
	}
	ev, isNew, err := a.service.Open(c.Request.Context(), call.principal, request)
	answer(c, ev, isNew, err)
}

func (c call) openRequest() (r chat.OpenRequest, err error) {
	r.VisitorID, r.Sender = c.Param("visitor_id"), c.sender
	if r.SiteKey = c.GetHeader("X-App-Key"); r.SiteKey == "" {
		if r.SiteKey, err = c.params.text("app_key", "app_key_invalid"); err != nil {
			return r, err
		}
	}
	described, _ := c.params["visitor"].(map[string]any)
	if r.Name, err = params(described).text("name", "name_invalid"); err != nil {
		return r, err
	}
	r.Email, err = params(described).text("email", "email_invalid")
	return r, err
}

func (a *conversationAPI) post(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	id, ok := conversationID(c)
	if !ok {
		return
	}
	content, err := call.params.text("content", "content_invalid")
	var clientID string
	if err == nil {
		clientID, err = call.params.text("client_message_id", "client_message_id_invalid")
	}
	if err == nil {
		err = a.limits.post(call.principal, c.Param("conversation_id"), c.ClientIP())
	}
	if err != nil {
		fail(c, err)
		return
	}
	ev, isNew, err := a.service.Post(c.Request.Context(), call.principal, chat.PostRequest{
		ConversationID: id, Sender: call.sender, Content: content, ClientMessageID: clientID,
	})
	answer(c, ev, isNew, err)
}

func (a *conversationAPI) history(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	id, ok := conversationID(c)
	if !ok {
		return
	}
	request, err := call.historyRequest(id)
	if err != nil {
		fail(c, err)
		return
	}
	page, err := a.service.History(c.Request.Context(), call.principal, request)
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("X-Total-Count", strconv.FormatInt(page.Total, 10))
	c.Header("X-Has-More", strconv.FormatBool(page.More))
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, chat.Views(page.Messages))
}

func (c call) historyRequest(id int64) (chat.HistoryRequest, error) {
	r := chat.HistoryRequest{ConversationID: id, Sender: c.sender}
	count, given, err := c.params.integer("count", "count_invalid")
	if err != nil || given && count < 1 {
		return r, chat.E(chat.Invalid, "count_invalid", "count is a whole number above 0")
	}
	r.Count = int(min(count, 1<<30))
	since, given, err := c.params.integer("since_id", "since_id_invalid")
	if err != nil {
		return r, err
	}
	if given {
		r.Since = &since
	}
	direction, err := c.params.text("direction", "direction_invalid")
	if err != nil || direction != "" && direction != "after" && direction != "before" {
		return r, chat.E(chat.Invalid, "direction_invalid", "direction is before or after")
	}
	r.After = direction == "after"
	return r, nil
}

func (a *conversationAPI) markRead(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	id, ok := conversationID(c)
	if !ok {
		return
	}
	messageID, ok := pathID(c, "message_id", "message_not_found")
	if !ok {
		return
	}
	ev, err := a.service.MarkRead(c.Request.Context(), call.principal, call.sender, id, messageID)
	answer(c, ev, false, err)
}

func (a *conversationAPI) close(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	id, ok := conversationID(c)
	if !ok {
		return
	}
	ev, err := a.service.Close(c.Request.Context(), call.principal, call.sender, id)
	answer(c, ev, false, err)
}

// notify takes any JSON object, or form, as the notification; a token parameter is not part of it.
func (a *conversationAPI) notify(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	delete(call.params, "token")
	data, err := json.Marshal(call.params)
	if err != nil {
		fail(c, err)
		return
	}
	ev, err := a.service.Notify(c.Request.Context(), call.principal, c.Param("visitor_id"), data)
	answer(c, ev, true, err)
}

func (a *conversationAPI) duty(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	duty, err := a.service.Duty(c.Request.Context(), call.principal)
	answerDuty(c, duty, err)
}

func (a *conversationAPI) setDuty(c *gin.Context) {
	call, ok := a.begin(c)
	if !ok {
		return
	}
	state, err := call.params.text("state", "state_invalid")
	if err != nil {
		fail(c, err)
		return
	}
	duty, err := a.service.SetDuty(c.Request.Context(), call.principal, models.DutyState(state))
	answerDuty(c, duty, err)
}

func answerDuty(c *gin.Context, duty chat.Duty, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"duty": duty})
}
