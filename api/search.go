package api

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// defaultResults is how long a page of search results is unasked.
const defaultResults = 20

// search answers {"results": […], "next": cursor or null}. A page may be short, and even empty, and have a next one
// all the same: a request looks only through so much. null alone is the end.
func (a *conversationAPI) search(c call) {
	request, err := c.searchRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	results, next, err := a.service.Search(c.Request.Context(), c.principal, request)
	if err != nil {
		fail(c.Context, err)
		return
	}
	var cursor *string
	if next != 0 {
		text := base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, next, 10))
		cursor = &text
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"results": results, "next": cursor})
}

func (c call) searchRequest() (r chat.SearchRequest, err error) {
	r.Sender = c.sender
	if r.Text, err = c.params.text("q", "q_invalid"); err != nil {
		return r, err
	}
	if err = c.searchFilters(&r); err != nil {
		return r, err
	}
	limit, given, err := c.params.integer("limit", "limit_invalid")
	if err != nil || given && limit < 1 {
		return r, chat.E(chat.Invalid, "limit_invalid", "limit is a whole number above 0")
	}
	r.Limit = defaultResults
	if given {
		r.Limit = int(min(limit, chat.MaxResults))
	}
	cursor, err := c.params.text("cursor", "cursor_invalid")
	if err != nil || cursor == "" {
		return r, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	after, err2 := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || err2 != nil || after < 1 {
		return r, chat.E(chat.Invalid, "cursor_invalid", "cursor is the next of another page")
	}
	r.After = after
	return r, nil
}

func (c call) searchFilters(r *chat.SearchRequest) (err error) {
	manager, given, err := c.params.integer("manager_id", "manager_id_invalid")
	if err != nil || given && manager < 1 {
		return chat.E(chat.Invalid, "manager_id_invalid", "manager_id is a manager's id")
	}
	r.ManagerID = manager
	status, err := c.params.text("status", "status_invalid")
	if r.Status = models.Status(status); err != nil || status != "" && r.Status != models.StatusOpen && r.Status != models.StatusClosed {
		return chat.E(chat.Invalid, "status_invalid", "status is open or closed")
	}
	state, err := c.params.text("state", "state_invalid")
	switch r.State = models.State(state); {
	case err == nil && (state == "" || r.State == models.StateWaiting || r.State == models.StateAssigned || r.State == models.StateClosed):
	default:
		return chat.E(chat.Invalid, "state_invalid", "state is waiting, assigned or closed")
	}
	if r.Tag, err = c.params.text("tag", "tag_invalid"); err != nil {
		return err
	}
	if r.From, err = c.moment("from"); err != nil {
		return err
	}
	r.To, err = c.moment("to")
	return err
}

// moment reads a time, or a date as the beginning of its day in UTC.
func (c call) moment(name string) (models.Time, error) {
	text, err := c.params.text(name, name+"_invalid")
	if err != nil || text == "" {
		return 0, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil || at.Year() < 1970 || at.Year() > 9000 {
		return 0, chat.E(chat.Invalid, name+"_invalid", "%s is a time as in 2006-01-02T15:04:05Z, or a date", name)
	}
	return models.At(at), nil
}
