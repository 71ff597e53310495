package giosg

import (
	"strconv"

	"parley/chat"
	"parley/models"
)

// memberJSON is somebody's membership of a chat.
type memberJSON struct {
	MemberID             string         `json:"member_id"`
	MemberType           string         `json:"member_type"`
	MemberName           *string        `json:"member_name"`
	MemberPublicName     *string        `json:"member_public_name"`
	MemberAvatar         *avatarJSON    `json:"member_avatar"`
	MemberOrganizationID string         `json:"member_organization_id"`
	LegacyMemberID       string         `json:"legacy_member_id"`
	ChatID               string         `json:"chat_id"`
	RoomID               string         `json:"room_id"`
	RoomOrganizationID   string         `json:"room_organization_id"`
	CreatedAt            models.Time    `json:"created_at"`
	UpdatedAt            models.Time    `json:"updated_at"`
	MessageCount         int            `json:"message_count"`
	IsParticipating      bool           `json:"is_participating"`
	IsPresent            bool           `json:"is_present"`
	ComposingStatus      chat.Composing `json:"composing_status"`
	IsBot                bool           `json:"is_bot"`
	*formerMemberJSON
}

// formerMemberJSON is what memberships were called as long as they were "members".
type formerMemberJSON struct {
	ID         string      `json:"id"`
	Type       string      `json:"type"`
	Name       *string     `json:"name"`
	PublicName *string     `json:"public_name"`
	Avatar     *avatarJSON `json:"avatar"`
}

// MemberJSON shows a membership: to visitors, where public is true, without the names that are for users alone.
func MemberJSON(f chat.MemberFacts, public bool) any {
	return viewMember(f, public)
}

// MemberID names a member in giosg's form.
func MemberID(f chat.MemberFacts) string {
	if f.Manager != nil {
		return f.Manager.UUID
	}
	return f.Chat.VisitorID
}

func viewMember(f chat.MemberFacts, public bool) memberJSON {
	view := memberJSON{
		MemberID: MemberID(f), MemberType: "visitor", MemberOrganizationID: f.Organization.UUID, LegacyMemberID: f.Chat.VisitorID,
		ChatID: f.Chat.UUID, RoomID: f.Room.UUID, RoomOrganizationID: f.Organization.UUID,
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt, MessageCount: f.Messages,
		IsParticipating: f.Participating, IsPresent: f.Present, ComposingStatus: f.Composing,
	}
	if m := f.Manager; m != nil {
		view.MemberType, view.LegacyMemberID, view.IsBot = "user", strconv.FormatInt(m.ID, 10), m.Bot
		view.MemberPublicName, view.MemberAvatar = &m.Name, avatarOf(*m)
	} else {
		view.MemberPublicName = f.Face.NameOf(f.Visitor)
		if f.Face.Avatar != nil {
			view.MemberAvatar = &avatarJSON{ID: f.Chat.VisitorID, URL: *f.Face.Avatar}
		}
	}
	if !public {
		view.MemberName = view.MemberPublicName
	}
	return view
}

// formerMember shows a membership as a member.
func formerMember(f chat.MemberFacts, public bool) any {
	view := viewMember(f, public)
	view.formerMemberJSON = &formerMemberJSON{
		ID: view.MemberID, Type: view.MemberType, Name: view.MemberName, PublicName: view.MemberPublicName, Avatar: view.MemberAvatar,
	}
	return view
}
