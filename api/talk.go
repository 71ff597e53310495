package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// give sends what was asked for under a name, and keeps it out of caches.
func give(c *gin.Context, body gin.H, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, body)
}

func (c call) changeRequest(conversationID int64) (chat.ChangeRequest, error) {
	messageID, err := pathID(c.Context, "message_id", "message_not_found")
	return chat.ChangeRequest{ConversationID: conversationID, MessageID: messageID, Sender: c.sender}, err
}

func (a *conversationAPI) edit(c call, id int64) {
	request, err := c.changeRequest(id)
	if err == nil {
		request.Content, err = c.params.text("content", "content_invalid")
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Edit(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) delete(c call, id int64) {
	request, err := c.changeRequest(id)
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Delete(c.Request.Context(), c.principal, request)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) versions(c call, id int64) {
	messageID, err := pathID(c.Context, "message_id", "message_not_found")
	if err != nil {
		fail(c.Context, err)
		return
	}
	versions, err := a.service.Versions(c.Request.Context(), c.principal, c.sender, id, messageID)
	give(c.Context, gin.H{"versions": versions}, err)
}

func (a *conversationAPI) readUpTo(c call, id int64) {
	upTo, given, err := c.params.integer("up_to", "up_to_invalid")
	if err != nil || !given {
		fail(c.Context, chat.E(chat.Invalid, "up_to_invalid", "up_to is a message's id"))
		return
	}
	ev, err := a.service.ReadUpTo(c.Request.Context(), c.principal, c.sender, id, upTo)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) unread(c call) {
	totals, err := a.service.Unread(c.Request.Context(), c.principal, c.sender)
	give(c.Context, gin.H{"total": totals.Total, "conversations": totals.Conversations}, err)
}

func (a *conversationAPI) typing(c call, id int64) {
	request := chat.TypingRequest{ConversationID: id, Sender: c.sender}
	var err error
	if request.Typing, err = c.params.boolean("typing", true, "typing_invalid"); err == nil {
		request.Preview, err = c.params.text("preview", "preview_invalid")
	}
	if err == nil {
		err = a.service.Typing(c.Request.Context(), c.principal, request)
	}
	give(c.Context, gin.H{}, err)
}

func (a *conversationAPI) addNote(c call, id int64) {
	content, err := c.params.text("content", "content_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.AddNote(c.Request.Context(), c.principal, c.sender, id, content)
	answer(c.Context, ev, true, err)
}

func (a *conversationAPI) notes(c call, id int64) {
	before, given, err := c.params.integer("before", "before_invalid")
	if err != nil || given && before < 1 {
		fail(c.Context, chat.E(chat.Invalid, "before_invalid", "before is a note's id"))
		return
	}
	notes, more, err := a.service.Notes(c.Request.Context(), c.principal, c.sender, id, before)
	give(c.Context, gin.H{"notes": notes, "more": more}, err)
}

func (a *conversationAPI) deleteNote(c call, id int64) {
	noteID, err := pathID(c.Context, "note_id", "note_not_found")
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.DeleteNote(c.Request.Context(), c.principal, c.sender, id, noteID)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) tag(c call, id int64) {
	add, err := c.params.texts("add", models.MaxTags, "tag_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	remove, err := c.params.texts("remove", models.MaxTags, "tag_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	ev, err := a.service.Tag(c.Request.Context(), c.principal, c.sender, id, add, remove)
	answer(c.Context, ev, false, err)
}

func (a *conversationAPI) tagsOf(c call, id int64) {
	tags, err := a.service.TagsOf(c.Request.Context(), c.principal, c.sender, id)
	give(c.Context, gin.H{"tags": tags}, err)
}

func (a *conversationAPI) tags(c call) {
	prefix, err := c.params.text("prefix", "prefix_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	after, err := c.params.text("after", "after_invalid")
	if err != nil {
		fail(c.Context, err)
		return
	}
	tags, more, err := a.service.Tags(c.Request.Context(), c.principal, c.sender, prefix, after)
	give(c.Context, gin.H{"tags": tags, "more": more}, err)
}

func (a *conversationAPI) canned(c call) {
	replies, err := a.service.CannedReplies(c.Request.Context(), c.principal, c.sender)
	give(c.Context, gin.H{"canned": replies}, err)
}

func (c call) cannedRequest() (r chat.CannedRequest, err error) {
	for name, field := range map[string]**string{"shortcut": &r.Shortcut, "content": &r.Content} {
		if c.params[name] == nil {
			continue
		}
		text, err := c.params.text(name, name+"_invalid")
		if err != nil {
			return r, err
		}
		*field = &text
	}
	r.Shared, err = c.params.boolean("shared", false, "shared_invalid")
	return r, err
}

func (a *conversationAPI) createCanned(c call) {
	request, err := c.cannedRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	reply, err := a.service.CreateCannedReply(c.Request.Context(), c.principal, c.sender, request)
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.JSON(http.StatusCreated, gin.H{"canned": reply})
}

func (a *conversationAPI) changeCanned(c call) {
	id, err := pathID(c.Context, "canned_id", "canned_reply_not_found")
	if err != nil {
		fail(c.Context, err)
		return
	}
	request, err := c.cannedRequest()
	if err != nil {
		fail(c.Context, err)
		return
	}
	reply, err := a.service.ChangeCannedReply(c.Request.Context(), c.principal, c.sender, id, request)
	give(c.Context, gin.H{"canned": reply}, err)
}

func (a *conversationAPI) deleteCanned(c call) {
	id, err := pathID(c.Context, "canned_id", "canned_reply_not_found")
	if err == nil {
		err = a.service.DeleteCannedReply(c.Request.Context(), c.principal, c.sender, id)
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	c.Status(http.StatusNoContent)
}
