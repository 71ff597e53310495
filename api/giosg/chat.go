package giosg

import (
	"net/http"

	"parley/chat"
	"parley/models"
)

func (a *API) chatRoutes() {
	a.on(http.MethodGet, chat.ResourceChats, a.chats)
	a.on(http.MethodPost, chat.ResourceChats, a.startChat, chat.ViaRoomVisitor)
	a.on(http.MethodGet, chat.ResourceChat, a.chat)
	a.on(http.MethodPut, chat.ResourceChat, a.endChat)
	a.on(http.MethodPatch, chat.ResourceChat, a.endChat)
	a.onPublic(http.MethodGet, chat.ResourceChats, a.chats)
	a.onPublic(http.MethodPost, chat.ResourceChats, a.startChat, chat.ViaRoomVisitor)
	a.onPublic(http.MethodGet, chat.ResourceChat, a.chat)
	a.onPublic(http.MethodPut, chat.ResourceChat, a.endChat)
	a.onPublic(http.MethodPatch, chat.ResourceChat, a.endChat)
}

// viewChat is a chat as the caller's side sees it.
func (c *call) viewChat(f chat.ChatFacts) any {
	if c.resource.Public {
		return PublicChatJSON(f)
	}
	return ChatJSON(f)
}

// chats lists those that the path names, the newest first, but a visitor's own the oldest first.
func (a *API) chats(c *call) (err error) {
	var q chat.ChatQuery
	if q.PageQuery, err = c.page(!c.resource.Public); err != nil {
		return err
	}
	for name, to := range map[string]**bool{"is_ended": &q.Ended, "is_waiting": &q.Waiting, "is_participating": &q.Participating} {
		if *to, err = c.flag(name); err != nil {
			return err
		}
	}
	facts, page, err := c.service().Chats(c.Context(), c.resource.Via, c.found, q)
	if err != nil {
		return err
	}
	return listed(c, facts, page, func(f chat.ChatFacts) chat.Place { return f.Place }, c.viewChat)
}

func (a *API) chat(c *call) error {
	facts, err := c.service().Chat(c.Context(), c.found)
	return c.done(http.StatusOK, c.viewChat(facts), err)
}

// startChat begins a chat with 201, or finds the open one with 200.
func (a *API) startChat(c *call) error {
	start, err := c.chatStart()
	if err != nil {
		return err
	}
	facts, isNew, err := c.service().StartChat(c.Context(), c.principal, c.found, start)
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	return c.done(status, c.viewChat(facts), err)
}

// chatStart reads what kind of chat is wanted. For visitors auto_resume is true or false, for users who is to join.
func (c *call) chatStart() (start chat.ChatStart, err error) {
	kind := models.ChatVisitor.Name()
	if _, err := c.read(fields{"chat_type": &kind}); err != nil {
		return start, err
	}
	var known bool
	if start.ChatType, known = models.ChatTypeOf(kind); !known {
		return start, invalid("chat_type", "This is not a valid choice.")
	}
	joiner := c.query.Get("auto_resume")
	if c.resource.Public || joiner == "true" || joiner == "false" {
		resume, err := c.flag("auto_resume")
		start.Resume = resume != nil && *resume
		return start, err
	}
	if joiner != "" {
		start.Resume, start.Join = true, joiner
	}
	return start, nil
}

// endChat ends a chat for good, which is all that can be changed of it.
func (a *API) endChat(c *call) error {
	ended := c.found.Chat.Status == models.StatusClosed
	wanted := ended
	if _, err := c.read(fields{"is_ended": &wanted}); err != nil {
		return err
	}
	switch {
	case ended && !wanted:
		return invalid("is_ended", "An ended chat cannot be opened again.")
	case ended == wanted:
		return a.chat(c)
	}
	facts, err := c.service().EndChat(c.Context(), c.principal, c.found)
	return c.done(http.StatusOK, c.viewChat(facts), err)
}
