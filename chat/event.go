package chat

import (
	"encoding/json"

	"parley/models"
)

// Actions of an event. An announcement repeats a state that has not changed; its JSON says "updated".
const (
	created   = "created"
	updated   = "updated"
	announced = "announced"
)

// Event is what happened, in the one JSON shape that channels and answers share: the entity's name, what was
// done, and the entity under its name.
type Event struct {
	Entity       models.EventKind  `json:"entity"`
	Event        string            `json:"event"`
	Conversation *ConversationView `json:"conversation,omitempty"`
	Message      *MessageView      `json:"message,omitempty"`
	Notification *NotificationView `json:"notification,omitempty"`
	Transition   *TransitionView   `json:"transition,omitempty"`
	Queue        *QueueView        `json:"queue,omitempty"`
	Availability *AvailabilityView `json:"availability,omitempty"`
	Read         *ReadView         `json:"read,omitempty"`
	Seen         *SeenView         `json:"seen,omitempty"`
	Note         *NoteView         `json:"note,omitempty"`
	Tags         *TagsView         `json:"tags,omitempty"`
	Typing       *TypingView       `json:"typing,omitempty"`
	VisitorCard  *VisitorCard      `json:"visitor,omitempty"`
	Webhook      *WebhookNotice    `json:"webhook,omitempty"`
	Call         *CallView         `json:"call,omitempty"`
	Signal       *CallSignal       `json:"signal,omitempty"`
	Erasure      *ErasureNotice    `json:"erasure,omitempty"`
}

// ConversationView is a conversation as clients see it.
type ConversationView struct {
	ID             int64        `json:"id"`
	UUID           string       `json:"uuid"`
	VisitorID      string       `json:"visitor_id"`
	Visitor        VisitorView  `json:"visitor"`
	ManagerID      *int64       `json:"manager_id"`
	Manager        *ManagerView `json:"manager"`
	OrganizationID int64        `json:"organization_id"`
	// Room is the room's uuid; null: the main room.
	Room     *string       `json:"room"`
	ChatType string        `json:"chat_type"`
	Status   models.Status `json:"status"`
	State    models.State  `json:"state"`
	// Queue is set while the conversation waits for a manager.
	Queue         *QueueView      `json:"queue"`
	LastMessageID *int64          `json:"last_message_id"`
	LastMessage   *MessageSummary `json:"last_message,omitempty"`
	// UnreadCount is the visitor's, so that a widget can open itself; UnreadManagerCount the manager's.
	UnreadCount        int          `json:"unread_count"`
	UnreadManagerCount int          `json:"unread_manager_count"`
	CreatedAt          models.Time  `json:"created_at"`
	UpdatedAt          models.Time  `json:"updated_at"`
	ClosedAt           *models.Time `json:"closed_at"`
	AnsweredAt         *models.Time `json:"answered_at"`
	Rating             *int         `json:"rating"`
	// Staff is for managers' lists and answers alone; no publication that a visitor hears has it.
	Staff *StaffView `json:"staff,omitempty"`
}

// StaffView is what only managers see of a conversation.
type StaffView struct {
	// AnswerBy is until when the manager who has it should accept it or write.
	AnswerBy     *models.Time `json:"answer_by"`
	WaitingSince *models.Time `json:"waiting_since"`
	RatingText   *string      `json:"rating_text"`
	ContactName  *string      `json:"contact_name"`
	ContactEmail *string      `json:"contact_email"`
	ContactPhone *string      `json:"contact_phone"`
	// Tags are in lists; null where they are not told.
	Tags []string `json:"tags"`
}

func viewStaff(c models.Conversation) *StaffView {
	return &StaffView{
		AnswerBy: c.AnswerBy, WaitingSince: c.WaitingSince, RatingText: c.RatingText,
		ContactName: c.ContactName, ContactEmail: c.ContactEmail, ContactPhone: c.ContactPhone,
	}
}

// VisitorView is a visitor as clients see it. The address is for managers' lists alone: who knows no more than
// the visitor's id may be anybody.
type VisitorView struct {
	ID    string  `json:"id"`
	Name  *string `json:"name"`
	Email *string `json:"email,omitempty"`
	// Face is in managers' lists: what the conversation's room calls her. Its name is nil where a backend has verified
	// one.
	Face *Face `json:"face,omitempty"`
}

// ManagerView is a manager as visitors see her.
type ManagerView struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	AvatarURL *string `json:"avatar_url"`
}

// MessageSummary is what a list of conversations shows of the latest message.
type MessageSummary struct {
	ID         int64             `json:"id"`
	Content    string            `json:"content"`
	SenderType models.SenderType `json:"sender_type"`
	CreatedAt  models.Time       `json:"created_at"`
	Deleted    bool              `json:"deleted,omitempty"`
	// AttachmentCount tells of files that the content does not mention; a message of files alone has none.
	AttachmentCount int `json:"attachment_count"`
}

// MessageView is a message as clients see it. SenderID and Sender.ID are a string for visitors and a number
// for managers.
type MessageView struct {
	ID              int64             `json:"id"`
	UUID            string            `json:"uuid"`
	ConversationID  int64             `json:"conversation_id"`
	VisitorID       string            `json:"visitor_id"`
	SenderType      models.SenderType `json:"sender_type"`
	SenderID        any               `json:"sender_id"`
	Sender          SenderView        `json:"sender"`
	Content         string            `json:"content"`
	Read            bool              `json:"read"`
	ReadAt          *models.Time      `json:"read_at"`
	ClientMessageID *string           `json:"client_message_id"`
	CreatedAt       models.Time       `json:"created_at"`
	EditedAt        *models.Time      `json:"edited_at"`
	// Deleted: it was taken back, and has no content any more.
	Deleted     bool             `json:"deleted"`
	Attachments []AttachmentView `json:"attachments"`
	// Type is empty for what people write.
	Type  models.MessageType `json:"type,omitempty"`
	Cards []models.Card      `json:"cards,omitempty"`
	// Fallback: the content only says what the cards say, for clients that show none.
	Fallback bool `json:"fallback,omitempty"`
	// Response is which button was pressed, where Type is "action".
	Response *models.CardResponse `json:"response,omitempty"`
}

// SenderView is who wrote a message.
type SenderView struct {
	Type models.SenderType `json:"type"`
	ID   any               `json:"id"`
	Name *string           `json:"name"`
}

// NotificationView is a notification as clients see it.
type NotificationView struct {
	ID                   int64           `json:"id"`
	VisitorID            string          `json:"visitor_id"`
	Data                 json.RawMessage `json:"data"`
	ClientNotificationID *string         `json:"client_notification_id"`
	Read                 bool            `json:"read"`
	ReadAt               *models.Time    `json:"read_at"`
	CreatedAt            models.Time     `json:"created_at"`
}

func viewConversation(c models.Conversation, v models.Visitor, m *models.Manager) *ConversationView {
	view := &ConversationView{
		ID: c.ID, UUID: c.UUID, VisitorID: c.VisitorID,
		Visitor:   VisitorView{ID: v.ID, Name: v.Name},
		ManagerID: c.ManagerID, OrganizationID: c.OrganizationID, ChatType: c.ChatType.Name(), Status: c.Status, State: c.State(),
		LastMessageID: c.LastMessageID, UnreadCount: c.UnreadVisitor, UnreadManagerCount: c.UnreadManager,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, ClosedAt: c.ClosedAt,
		AnsweredAt: c.AnsweredAt, Rating: c.Rating,
	}
	if c.State() == models.StateWaiting && c.WaitingSince != nil {
		view.Queue = &QueueView{ConversationID: c.ID, Since: *c.WaitingSince, Unattended: c.Unattended}
	}
	if m != nil {
		view.Manager = &ManagerView{ID: m.ID, Name: m.Name, AvatarURL: m.AvatarURL}
	}
	return view
}

func viewMessage(m models.Message) *MessageView {
	var id any = m.VisitorID
	if m.SenderType == models.SenderManager && m.ManagerID != nil {
		id = *m.ManagerID
	}
	view := &MessageView{
		ID: m.ID, UUID: m.UUID, ConversationID: m.ConversationID, VisitorID: m.VisitorID,
		SenderType: m.SenderType, SenderID: id,
		Sender:  SenderView{Type: m.SenderType, ID: id, Name: m.SenderName},
		Content: m.Content, Read: m.ReadAt != nil, ReadAt: m.ReadAt,
		ClientMessageID: m.ClientMessageID, CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, Deleted: m.DeletedAt != nil,
		Attachments: viewAttachments(m.Attachments), Type: m.Type,
	}
	if m.Extra != nil {
		e := m.Extras()
		view.Cards, view.Fallback, view.Response = e.Cards, e.Fallback, e.Response
	}
	return view
}

// Views turns messages into what clients see; never nil.
func Views(messages []models.Message) []*MessageView {
	views := make([]*MessageView, len(messages))
	for i, m := range messages {
		views[i] = viewMessage(m)
	}
	return views
}

func conversationEvent(action string, view *ConversationView) Event {
	return Event{Entity: models.EventConversation, Event: action, Conversation: view}
}

func messageEvent(action string, m models.Message) Event {
	return Event{Entity: models.EventMessage, Event: action, Message: viewMessage(m)}
}

// record puts ev into the outbox as a change of c, whose event sequence moves on; the caller saves c.
func record(tx Tx, c *models.Conversation, action string, ev Event, now models.Time) error {
	c.EventSeq++
	return appendEvent(tx, changeOf(c, action, ev, now), ev)
}

// changeOf is the outbox's row for c's latest event, without its payload.
func changeOf(c *models.Conversation, action string, ev Event, now models.Time) models.Event {
	seq := c.EventSeq
	return models.Event{
		OrganizationID: c.OrganizationID, VisitorID: c.VisitorID, ConversationID: &c.ID, ConversationSeq: &seq,
		Kind: ev.Entity, Action: action, CreatedAt: now,
	}
}

func appendEvent(tx Tx, row models.Event, ev Event) error {
	payload, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	row.Payload = string(payload)
	return tx.AppendEvent(&row)
}
