package api

import (
	"net/http"
	"strconv"

	"parley/chat"
)

// What may be done with a conversation beside talking: who has it, how it ends, how it was.

func (a *conversationAPI) claim(c call, id int64) {
	ev, err := a.service.Claim(c.Request.Context(), c.principal, c.sender, id)
	answer(c.Context, ev, false, err)
}

// transfer takes manager_id, or queue, and a note.
func (a *conversationAPI) transfer(c call, id int64) {
	request, err := c.transferRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Transfer(c.Request.Context(), c.principal, c.sender, id, request)
	answer(c.Context, ev, false, err)
}

func (c call) transferRequest() (r chat.TransferRequest, err error) {
	manager, given, err := c.params.integer("manager_id", "manager_id_invalid")
	if err != nil {
		return r, err
	}
	queue, err := c.params.flag("queue", "queue_invalid")
	if err != nil {
		return r, err
	}
	if given == queue || given && manager < 1 {
		return r, chat.E(chat.Invalid, "manager_id_invalid", "Name a manager_id, or queue: true")
	}
	r.ManagerID = manager
	if r.Force, err = c.params.flag("force", "force_invalid"); err != nil {
		return r, err
	}
	r.Note, err = c.params.text("note", "note_invalid")
	return r, err
}

func (a *conversationAPI) takeOver(c call, id int64) {
	ev, err := a.service.TakeOver(c.Request.Context(), c.principal, c.sender, id)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) reopen(c call, id int64) {
	ev, err := a.service.Reopen(c.Request.Context(), c.principal, c.sender, id)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) rate(c call, id int64) {
	rating, given, err := c.params.integer("rating", "rating_invalid")
	if err == nil && (!given || rating < 1 || rating > 5) {
		err = chat.E(chat.Invalid, "rating_invalid", "A rating is 1 to 5")
	}
	text := ""
	if err == nil {
		text, err = c.params.text("text", "rating_text_invalid")
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Rate(c.Request.Context(), c.principal, c.sender, id, int(rating), text)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) transitions(c call, id int64) {
	list, err := a.service.Transitions(c.Request.Context(), c.principal, c.sender, id)
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, list)
}

func (a *conversationAPI) queue(c call) {
	views, err := a.service.Queue(c.Request.Context(), c.principal)
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, views)
}

// leave takes the offline form: content, and name, email and phone, by themselves or under visitor.
func (a *conversationAPI) leave(c call) {
	request, err := c.leaveRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, isNew, err := a.service.Leave(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, isNew, err)
}

func (c call) leaveRequest() (r chat.LeaveRequest, err error) {
	r.VisitorID, r.Sender = c.Param("visitor_id"), c.sender
	if r.SiteKey, err = c.siteKey(); err != nil {
		return r, err
	}
	given := c.params
	if nested, is := c.params["visitor"].(map[string]any); is {
		given = params(nested)
	}
	for _, field := range []struct {
		from params
		name string
		to   *string
	}{
		{given, "name", &r.Name}, {given, "email", &r.Email}, {given, "phone", &r.Phone},
		{c.params, "content", &r.Content}, {c.params, "client_message_id", &r.ClientMessageID},
		{c.params, "room", &r.Room},
	} {
		if *field.to, err = field.from.text(field.name, field.name+"_invalid"); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (a *conversationAPI) availability(c call) {
	key, err := c.siteKey()
	if err != nil {
		fail(c.Context, err)
		return
	}
	view, err := a.service.Availability(c.Request.Context(), key)
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, view)
}

// siteKey names the organisation.
func (c call) siteKey() (string, error) {
	if key := c.GetHeader("X-App-Key"); key != "" {
		return key, nil
	}
	return c.params.text("app_key", "app_key_invalid")
}

// flag reads a yes or no, as JSON or as a form has it.
func (p params) flag(name, code string) (bool, error) {
	switch v := p[name].(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case string:
		if v == "" {
			return false, nil
		}
		if is, err := strconv.ParseBool(v); err == nil {
			return is, nil
		}
	}
	return false, chat.E(chat.Invalid, code, "%s is true or false", name)
}
