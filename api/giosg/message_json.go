package giosg

import (
	"parley/chat"
	"parley/models"
)

// publicMessageJSON is a message as visitors see it.
type publicMessageJSON struct {
	ID                        string           `json:"id"`
	Type                      string           `json:"type"`
	ChatID                    string           `json:"chat_id"`
	RoomID                    string           `json:"room_id"`
	RoomOrganizationID        string           `json:"room_organization_id"`
	CreatedAt                 models.Time      `json:"created_at"`
	SenderType                string           `json:"sender_type"`
	SenderID                  string           `json:"sender_id"`
	SenderPublicName          *string          `json:"sender_public_name"`
	SenderAvatar              *avatarJSON      `json:"sender_avatar"`
	Message                   *string          `json:"message"`
	IsEncrypted               bool             `json:"is_encrypted"`
	EncryptedMessage          *string          `json:"encrypted_message"`
	SensitiveDataPurgedAt     *models.Time     `json:"sensitive_data_purged_at"`
	SelectedReplySuggestionID *string          `json:"selected_reply_suggestion_id"`
	SelectedReplySuggestion   *struct{}        `json:"selected_reply_suggestion"`
	Attachments               []attachmentJSON `json:"attachments"`
	AttachmentTemplate        *struct{}        `json:"attachment_template"`
	ResponseToMessageID       *string          `json:"response_to_message_id"`
	ResponseToAttachmentID    *string          `json:"response_to_attachment_id"`
	ResponseToAttachment      *cardJSON        `json:"response_to_attachment"`
	ResponseToActionID        *string          `json:"response_to_action_id"`
	ResponseToAction          *actionJSON      `json:"response_to_action"`
	ResponseText              *string          `json:"response_text"`
	ResponseValue             *string          `json:"response_value"`
	// The last two are ours.
	EditedAt  *models.Time `json:"edited_at"`
	IsDeleted bool         `json:"is_deleted"`
}

// messageJSON is one as users see it.
type messageJSON struct {
	publicMessageJSON
	SenderName *string `json:"sender_name"`
}

// cardJSON is a card without its buttons, attachmentJSON with them.
type cardJSON struct {
	ID           string  `json:"id"`
	Title        *string `json:"title"`
	TitleLinkURL *string `json:"title_link_url"`
	Text         *string `json:"text"`
	ImageURL     *string `json:"image_url"`
	ImageLinkURL *string `json:"image_link_url"`
	LinkTarget   string  `json:"link_target"`
}

type attachmentJSON struct {
	cardJSON
	Actions []actionJSON `json:"actions"`
}

type actionJSON struct {
	ID                         string                `json:"id"`
	Text                       string                `json:"text"`
	Type                       models.CardActionType `json:"type"`
	LinkTarget                 string                `json:"link_target"`
	Value                      *string               `json:"value"`
	Style                      *string               `json:"style"`
	IsDisabledOnSelection      bool                  `json:"is_disabled_on_selection"`
	IsDisabledOnVisitorMessage bool                  `json:"is_disabled_on_visitor_message"`
}

// MessageJSON shows an entry of a chat; public: to its visitor.
func MessageJSON(f chat.MessageFacts, public bool) any {
	view := publicMessageJSON{
		ID: f.UUID(), ChatID: f.Chat.UUID, RoomID: f.Room.UUID, RoomOrganizationID: f.Organization.UUID, Attachments: []attachmentJSON{},
	}
	if f.Attendance != nil {
		view.Type, view.CreatedAt = attendanceType(*f.Attendance), f.Attendance.CreatedAt
	} else {
		view.say(f)
	}
	name := view.sign(f)
	if public {
		return view
	}
	return messageJSON{view, name}
}

func attendanceType(a models.Attendance) string {
	if a.Joined {
		return "join"
	}
	return "leave"
}

// sign says who it is from, and returns what managers call her.
func (v *publicMessageJSON) sign(f chat.MessageFacts) (name *string) {
	if f.Sender != nil {
		v.SenderType, v.SenderID, v.SenderAvatar = "user", f.Sender.UUID, avatarOf(*f.Sender)
		v.SenderPublicName = &f.Sender.Name
		return &f.Sender.Name
	}
	v.SenderType, v.SenderID, v.SenderPublicName = "visitor", f.Visitor.ID, f.Face.NameOf(f.Visitor)
	if f.Face.Avatar != nil {
		v.SenderAvatar = &avatarJSON{ID: f.Visitor.ID, URL: *f.Face.Avatar}
	}
	return v.SenderPublicName
}

// say fills in what a message says. What was taken back was purged; a message of cards alone has no text.
func (v *publicMessageJSON) say(f chat.MessageFacts) {
	m, extra := f.Message, f.Message.Extras()
	v.Type, v.CreatedAt, v.EditedAt, v.SensitiveDataPurgedAt, v.IsDeleted = "msg", m.CreatedAt, m.EditedAt, m.DeletedAt, m.DeletedAt != nil
	if m.Type != "" {
		v.Type = string(m.Type)
	}
	if m.Content != "" && !extra.Fallback {
		v.Message = &m.Content
	}
	for _, c := range extra.Cards {
		v.Attachments = append(v.Attachments, viewCard(c))
	}
	for _, file := range chat.Views([]models.Message{*m})[0].Attachments {
		v.Attachments = append(v.Attachments, viewFile(file))
	}
	if extra.Response != nil {
		v.respond(*extra.Response, f.Answered)
	}
}

func (v *publicMessageJSON) respond(r models.CardResponse, to *models.Message) {
	v.ResponseToMessageID, v.ResponseToAttachmentID, v.ResponseToActionID = &r.MessageUUID, &r.CardID, &r.ActionID
	v.ResponseText, v.ResponseValue = &r.Text, orNull(r.Value)
	if to == nil {
		return
	}
	for _, c := range to.Extras().Cards {
		if c.ID != r.CardID {
			continue
		}
		card := viewCard(c)
		v.ResponseToAttachment = &card.cardJSON
		for _, a := range card.Actions {
			if a.ID == r.ActionID {
				v.ResponseToAction = &a
			}
		}
	}
}

func viewCard(c models.Card) attachmentJSON {
	view := attachmentJSON{Actions: []actionJSON{}, cardJSON: cardJSON{
		ID: c.ID, Title: orNull(c.Title), TitleLinkURL: orNull(c.TitleLinkURL), Text: orNull(c.Text),
		ImageURL: orNull(c.ImageURL), ImageLinkURL: orNull(c.ImageLinkURL), LinkTarget: target(c.LinkTarget),
	}}
	for _, a := range c.Actions {
		view.Actions = append(view.Actions, actionJSON{
			ID: a.ID, Text: a.Text, Type: a.Type, LinkTarget: target(a.LinkTarget), Value: orNull(a.Value), Style: orNull(a.Style),
			IsDisabledOnSelection: a.DisabledOnSelection, IsDisabledOnVisitorMessage: a.DisabledOnVisitorMessage,
		})
	}
	return view
}

// viewFile shows a file that was sent as a card that leads to it, by its path on this server.
func viewFile(a chat.AttachmentView) attachmentJSON {
	return attachmentJSON{Actions: []actionJSON{}, cardJSON: cardJSON{
		ID: a.ID, Title: &a.Name, TitleLinkURL: &a.URL, ImageURL: a.ThumbnailURL, LinkTarget: target(""),
	}}
}

func target(given string) string {
	if given == "" {
		return "_blank"
	}
	return given
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
