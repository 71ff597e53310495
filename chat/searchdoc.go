package chat

import (
	"net/url"
	"strconv"
	"strings"

	"parley/chat/words"
	"parley/models"
)

// documents makes of the work what search keeps, each record's once.
func (w SearchWork) documents() []SearchDocument {
	var list []SearchDocument
	seen := map[SearchSubject]bool{}
	add := func(d SearchDocument) {
		if !seen[d.Subject] {
			seen[d.Subject] = true
			list = append(list, d)
		}
	}
	for _, messages := range [][]models.Message{w.New, w.Again} {
		for _, m := range messages {
			if c, ok := w.Conversations[m.ConversationID]; ok {
				add(c.message(m))
			}
		}
	}
	for _, n := range w.Notes {
		if c, ok := w.Conversations[n.ConversationID]; ok {
			add(c.document(SearchNote, n.ID, n.CreatedAt, n.Content))
		}
	}
	for _, id := range w.Profiles {
		if c, ok := w.Conversations[id]; ok {
			add(c.document(SearchProfile, id, c.Conversation.CreatedAt, strings.Join(append(c.names(), c.Tags...), "\n")))
		}
	}
	return list
}

func (c SearchConversation) message(m models.Message) SearchDocument {
	if m.DeletedAt != nil {
		return c.document(SearchMessage, m.ID, m.CreatedAt, "")
	}
	return c.document(SearchMessage, m.ID, m.CreatedAt, m.Wording())
}

func (c SearchConversation) document(kind SearchKind, id int64, at models.Time, text string) SearchDocument {
	d := SearchDocument{
		Subject: subjectOf(kind, id), OrganizationID: c.Conversation.OrganizationID, ConversationID: c.Conversation.ID,
		At: at, Words: words.Of(text), Marks: []string{stateMark(c.Conversation.State())},
	}
	if id := c.Conversation.ManagerID; id != nil {
		d.Marks = append(d.Marks, managerMark(*id))
	}
	for _, tag := range c.Tags {
		d.Marks = append(d.Marks, tagMark(tag))
	}
	return d
}

// names are what the visitor is called, and how she may be reached.
func (c SearchConversation) names() []string {
	var list []string
	for _, name := range []*string{
		c.Visitor.Name, c.Visitor.Email, c.Conversation.ContactName, c.Conversation.ContactEmail, c.Conversation.ContactPhone,
	} {
		if name != nil && *name != "" {
			list = append(list, *name)
		}
	}
	return append(list, c.Visitor.ID)
}

// Marks are of letters, digits and "%+-._", in lower case.

func stateMark(s models.State) string { return "s" + string(s) }

func managerMark(id int64) string { return "m" + strconv.FormatInt(id, 10) }

func tagMark(tag string) string {
	escaped := strings.ReplaceAll(url.QueryEscape(strings.ToLower(tag)), "~", "%7e")
	return "t" + strings.ToLower(escaped)
}
