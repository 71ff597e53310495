package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// events answers {"events": […], "next": position, "more": bool}: what happened after a position. With wait it holds
// the request until something does, for so many seconds at most.
func (a *conversationAPI) events(c call) {
	request, err := c.eventsRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	if request.Wait > 0 {
		// Not every writer has deadlines: a test's recorder. That nothing is read is no reason to think that the client left.
		connection, end := http.NewResponseController(c.Writer), time.Now().Add(request.Wait+a.answerTime)
		_ = connection.SetReadDeadline(end)
		_ = connection.SetWriteDeadline(end)
	}
	page, err := a.service.Events(c.Request.Context(), c.principal, request)
	if err != nil {
		fail(c.Context, err)
		return
	}
	private(c.Context)
	c.JSON(http.StatusOK, page)
}

func (c call) eventsRequest() (r chat.EventsRequest, err error) {
	r.Sender, r.Until, r.From = c.sender, c.until, address(c.Context)
	if r.VisitorID, err = c.params.text("visitor_id", "visitor_id_invalid"); err != nil {
		return r, err
	}
	after, given, err := c.params.integer("after", "after_invalid")
	if err != nil || given && after < 0 {
		return r, chat.E(chat.Invalid, "after_invalid", "after is the next of another page, or 0")
	}
	if given {
		r.After = &after
	}
	limit, given, err := c.params.integer("limit", "limit_invalid")
	if err != nil || given && limit < 1 {
		return r, chat.E(chat.Invalid, "limit_invalid", "limit is a whole number above 0")
	}
	r.Limit = int(min(limit, 1<<30))
	wait, _, err := c.params.integer("wait", "wait_invalid")
	if err != nil || wait < 0 {
		return r, chat.E(chat.Invalid, "wait_invalid", "wait is a number of seconds")
	}
	r.Wait = min(time.Duration(min(wait, 1<<30))*time.Second, chat.MaxEventsWait)
	r.Kinds, err = c.eventKinds()
	return r, err
}

// eventKinds reads include: names with commas between them, or a list.
func (c call) eventKinds() (kinds []models.EventKind, err error) {
	names, err := c.params.texts("include", len(chat.EventKinds), "include_invalid")
	if err != nil {
		return nil, err
	}
	for _, name := range strings.FieldsFunc(strings.Join(names, ","), func(r rune) bool { return r == ',' || r == ' ' }) {
		kind := models.EventKind(name)
		if !slices.Contains(chat.EventKinds, kind) {
			return nil, chat.E(chat.Invalid, "include_invalid", "include has names of events: %v", chat.EventKinds)
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}
