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

// conversationAPI is the original's /chat/... with the additions that its clients need.
type conversationAPI struct {
	service *chat.Service
	gate    *chat.Gate
	maxBody int64
	limits  addressLimits
	// answerTime is how long a client may pause while a file is on its way.
	answerTime time.Duration
}

// call is one request after the parts that all calls share: parameters read, caller known.
type call struct {
	*gin.Context
	params    params
	principal chat.Principal
	sender    chat.Sender
	// credential is what the principal was told by; empty for a stranger, and where nobody asks for it.
	credential string
	// until is when the principal's credentials end; zero: never.
	until time.Time
}

// with settles what all calls share before the handler: the parameters, who calls, for whom. A token comes as
// "Authorization: Bearer", or as the parameter token.
func (a *conversationAPI) with(handle func(call)) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer hurried(c)()
		call, err := a.begin(c)
		if err != nil {
			fail(c, err)
			return
		}
		handle(call)
	}
}

// about is with for calls about a conversation, counted by their address.
func (a *conversationAPI) about(by *chat.Limiter, handle func(call, int64)) gin.HandlerFunc {
	return a.with(a.limited(by, func(c call) {
		id, err := pathID(c.Context, "conversation_id", "conversation_not_found")
		if err != nil {
			fail(c.Context, err)
			return
		}
		handle(c, id)
	}))
}

func (a *conversationAPI) begin(c *gin.Context) (call, error) {
	p, err := readParams(c, a.maxBody)
	if err != nil {
		return call{}, err
	}
	credential, err := p.text("token", "token_invalid")
	if err != nil {
		return call{}, err
	}
	if header, given := bearer(c); given {
		credential = header
	} else if credential != "" && credential == c.Query("token") {
		c.Request = c.Request.WithContext(chat.InAddress(c.Request.Context()))
	}
	principal, until, err := a.authenticateUntil(c, credential)
	if err != nil {
		return call{}, err
	}
	sender, err := p.sender()
	return call{Context: c, params: p, principal: principal, sender: sender, credential: credential, until: until}, err
}

// bearer takes the credential out of the header. Other schemes are somebody else's: a page behind a proxy's
// password sends Basic with every call.
func bearer(c *gin.Context) (credential string, given bool) {
	scheme, credential, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	return strings.TrimSpace(credential), strings.EqualFold(scheme, "Bearer")
}

// pathID reads an id in the path, in its one spelling. What is no id names nothing.
func pathID(c *gin.Context, name, code string) (int64, error) {
	text := c.Param(name)
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, chat.E(chat.NotFound, code, "There is nothing with this id")
	}
	return id, nil
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

func (a *conversationAPI) open(c call) {
	request, err := c.openRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, isNew, err := a.service.Open(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, isNew, err)
}

func (c call) openRequest() (r chat.OpenRequest, err error) {
	r.VisitorID, r.Sender = c.Param("visitor_id"), c.sender
	if r.SiteKey, err = c.siteKey(); err != nil {
		return r, err
	}
	if r.Room, err = c.params.text("room", "room_invalid"); err != nil {
		return r, err
	}
	described, _ := c.params["visitor"].(map[string]any)
	if r.Name, err = params(described).text("name", "name_invalid"); err != nil {
		return r, err
	}
	r.Email, err = params(described).text("email", "email_invalid")
	return r, err
}

func (a *conversationAPI) post(c call, id int64) {
	request := chat.PostRequest{ConversationID: id, Sender: c.sender}
	var err error
	if request.Content, err = c.params.text("content", "content_invalid"); err == nil {
		request.ClientMessageID, err = c.params.text("client_message_id", "client_message_id_invalid")
	}
	if err == nil {
		request.Cards, err = c.params.cards()
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, isNew, err := a.service.Post(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, isNew, err)
}

func (a *conversationAPI) history(c call, id int64) {
	request, err := c.historyRequest(id)
	if err != nil {
		fail(c.Context, err)
		return
	}
	page, err := a.service.History(c.Request.Context(), c.principal, request)
	if err != nil {
		fail(c.Context, err)
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

func (a *conversationAPI) markRead(c call, id int64) {
	messageID, err := pathID(c.Context, "message_id", "message_not_found")
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.MarkRead(c.Request.Context(), c.principal, c.sender, id, messageID)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) close(c call, id int64) {
	ev, err := a.service.Close(c.Request.Context(), c.principal, c.sender, id)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) duty(c call) {
	duty, err := a.service.Duty(c.Request.Context(), c.principal, c.sender)
	answerDuty(c.Context, duty, err)
}

func (a *conversationAPI) setDuty(c call) {
	state, err := c.params.text("state", "state_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	duty, err := a.service.SetDuty(c.Request.Context(), c.principal, c.sender, models.DutyState(state))
	answerDuty(c.Context, duty, err)
}

func answerDuty(c *gin.Context, duty chat.Duty, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"duty": duty})
}
