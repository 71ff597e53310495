package giosg

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// chatJSON is what both sides see of a chat. Of what was renamed in the course of time both names are there.
type chatJSON struct {
	ID                 string       `json:"id"`
	Token              string       `json:"token"`
	ChatType           string       `json:"chat_type"`
	CreatedAt          models.Time  `json:"created_at"`
	UpdatedAt          models.Time  `json:"updated_at"`
	EndedAt            *models.Time `json:"ended_at"`
	IsEnded            bool         `json:"is_ended"`
	RoomID             string       `json:"room_id"`
	RoomOrganizationID string       `json:"room_organization_id"`
	RoomName           string       `json:"room_name"`
	IsAutosuggested    bool         `json:"is_autosuggested"`
	IsWaiting          bool         `json:"is_waiting"`
	WaitingStartedAt   *models.Time `json:"waiting_started_at"`
	IsPending          bool         `json:"is_pending"`

	MessageCount        int  `json:"message_count"`
	UserMessageCount    int  `json:"user_message_count"`
	VisitorMessageCount int  `json:"visitor_message_count"`
	HasMessages         bool `json:"has_messages"`
	HasUserMessages     bool `json:"has_user_messages"`
	HasVisitorMessages  bool `json:"has_visitor_messages"`

	MemberCount                    int `json:"member_count"`
	UserMemberCount                int `json:"user_member_count"`
	VisitorMemberCount             int `json:"visitor_member_count"`
	PresentMemberCount             int `json:"present_member_count"`
	PresentUserMemberCount         int `json:"present_user_member_count"`
	PresentVisitorMemberCount      int `json:"present_visitor_member_count"`
	PresentParticipantCount        int `json:"present_participant_count"`
	PresentUserParticipantCount    int `json:"present_user_participant_count"`
	PresentVisitorParticipantCount int `json:"present_visitor_participant_count"`

	IsEncrypted           bool    `json:"is_encrypted"`
	EncryptedSymmetricKey *string `json:"encrypted_symmetric_key"`
}

// teamChatJSON is what users see beside that. What the server does not know is null.
type teamChatJSON struct {
	chatJSON
	IsPrivate                   bool     `json:"is_private"`
	IsRealConversation          bool     `json:"is_real_conversation"`
	FirstVisitorMessageURL      *string  `json:"first_visitor_message_url"`
	FirstVisitorMessageURLTitle *string  `json:"first_visitor_message_url_title"`
	AutosuggestURL              *string  `json:"autosuggest_url"`
	AutosuggestURLTitle         *string  `json:"autosuggest_url_title"`
	TagCount                    int      `json:"tag_count"`
	VisitorWaitTime             *float64 `json:"visitor_wait_time"`
	Duration                    *float64 `json:"duration"`
	ActiveDuration              *float64 `json:"active_duration"`
	LegacyID                    *string  `json:"legacy_id"`
	LegacyRoomID                string   `json:"legacy_room_id"`
	LegacyConversationState     string   `json:"legacy_conversation_state"`
}

// PublicChatJSON is a chat as its visitor sees it.
func PublicChatJSON(f chat.ChatFacts) any { return commonChat(f) }

// ChatJSON is a chat as users see it.
func ChatJSON(f chat.ChatFacts) any {
	view := teamChatJSON{
		chatJSON: commonChat(f), IsRealConversation: isReal(f.Messages), TagCount: f.Tags,
		LegacyRoomID: f.Room.Token, LegacyConversationState: "open",
	}
	if since := f.WaitingSince(); since != nil && f.JoinedAt != nil {
		view.VisitorWaitTime = seconds(*since, *f.JoinedAt)
	}
	if f.ClosedAt != nil {
		view.Duration = seconds(f.CreatedAt, *f.ClosedAt)
		if f.JoinedAt != nil {
			view.ActiveDuration = seconds(*f.JoinedAt, *f.ClosedAt)
		}
	}
	switch {
	case f.ClosedAt != nil:
		view.LegacyConversationState = "closed"
	case f.Waiting():
		view.LegacyConversationState = "waiting"
	}
	return view
}

// isReal: both have written, and not just a word each.
func isReal(m chat.ChatMessages) bool {
	return m.Managers > 0 && m.Visitor > 0 && m.Managers+m.Visitor >= 3
}

func seconds(from, to models.Time) *float64 {
	length := max(to.Time().Sub(from.Time()), 0)
	value := float64(length/time.Millisecond) / 1000
	return &value
}

// one is 1 if so.
func one(so bool) int {
	if so {
		return 1
	}
	return 0
}

func commonChat(f chat.ChatFacts) chatJSON {
	written, visitors := f.Messages.Visitor+f.Messages.Managers, one(f.VisitorPresent)
	present := f.PresentManagers + visitors
	return chatJSON{
		ID: f.UUID, Token: chatToken(f.UUID), ChatType: f.ChatType.Name(), CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
		EndedAt: f.ClosedAt, IsEnded: f.Status == models.StatusClosed,
		RoomID: f.Room.UUID, RoomOrganizationID: f.Organization.UUID, RoomName: f.Room.Name,
		IsWaiting: f.Waiting(), WaitingStartedAt: f.WaitingSince(),
		MessageCount: written, UserMessageCount: f.Messages.Managers, VisitorMessageCount: f.Messages.Visitor,
		HasMessages: written > 0, HasUserMessages: f.Messages.Managers > 0, HasVisitorMessages: f.Messages.Visitor > 0,
		MemberCount: f.Managers + 1, UserMemberCount: f.Managers, VisitorMemberCount: 1,
		PresentMemberCount: present, PresentUserMemberCount: f.PresentManagers, PresentVisitorMemberCount: visitors,
		PresentParticipantCount: present, PresentUserParticipantCount: f.PresentManagers, PresentVisitorParticipantCount: visitors,
	}
}

// chatToken is the second name that giosg's chats have, 48 characters of lower-case base32. It opens nothing.
func chatToken(uuid string) string {
	sum := sha256.Sum256([]byte(uuid))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:30]))
}
