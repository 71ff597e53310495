package giosg

import (
	"encoding/json"
	"time"

	"parley/chat"
	"parley/models"
)

// clientJSON is a program that a user is there with.
type clientJSON struct {
	ID                string          `json:"id"`
	UserID            string          `json:"user_id"`
	PresenceExpiresIn int64           `json:"presence_expires_in"`
	PresenceExpiresAt models.Time     `json:"presence_expires_at"`
	ExpiresIn         int64           `json:"expires_in"`
	ExpiresAt         models.Time     `json:"expires_at"`
	IsPresent         bool            `json:"is_present"`
	IsAboutToExpire   bool            `json:"is_about_to_expire"`
	Properties        json.RawMessage `json:"properties"`
	GCMToken          *string         `json:"gcm_token"`
	Subscribed        []string        `json:"subscribed_channels"`
	CreatedAt         models.Time     `json:"created_at"`
	UpdatedAt         models.Time     `json:"updated_at"`
}

// ClientJSON shows a user's client as it is at a moment. It is about to expire in the last quarter of its time.
func ClientJSON(c models.UserClient, user models.Manager, at time.Time) any {
	left := c.ExpiresAt.Time().Sub(at)
	lasts := time.Duration(c.ExpiresInMS) * time.Millisecond
	there := c.Live && left > 0
	return clientJSON{
		ID: c.UUID, UserID: user.UUID, PresenceExpiresIn: c.ExpiresInMS / 1000, PresenceExpiresAt: c.ExpiresAt,
		ExpiresIn: c.ExpiresInMS / 1000, ExpiresAt: c.ExpiresAt, IsPresent: there, IsAboutToExpire: there && left < lasts/4,
		Properties: json.RawMessage(c.Properties), Subscribed: []string{}, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

// teamJSON is a team.
type teamJSON struct {
	ID                 string            `json:"id"`
	OrganizationID     string            `json:"organization_id"`
	Organization       organizationShort `json:"organization"`
	Name               string            `json:"name"`
	DisplayName        string            `json:"display_name"`
	MemberCount        int               `json:"member_count"`
	PresentMemberCount int               `json:"present_member_count"`
	IsOnline           bool              `json:"is_online"`
	IsPresent          bool              `json:"is_present"`
	CreatedAt          models.Time       `json:"created_at"`
	UpdatedAt          models.Time       `json:"updated_at"`
}

// TeamJSON shows a team.
func TeamJSON(t chat.TeamFacts) any {
	o := t.Organization
	return teamJSON{
		ID: t.UUID, OrganizationID: o.UUID, Organization: organizationShort{o.UUID, o.Name}, Name: t.Name, DisplayName: t.Name,
		MemberCount: len(t.Members), PresentMemberCount: t.PresentMembers(), IsOnline: t.Online(), IsPresent: t.PresentMembers() > 0,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// invitationJSON asks somebody into a chat.
type invitationJSON struct {
	ID               string      `json:"id"`
	ChatID           string      `json:"chat_id"`
	InvitingUserID   string      `json:"inviting_user_id"`
	InvitedTeamID    *string     `json:"invited_team_id"`
	InvitedUserID    *string     `json:"invited_user_id"`
	IsAccepted       bool        `json:"is_accepted"`
	AcceptedByUserID *string     `json:"accepted_by_user_id"`
	CreatedAt        models.Time `json:"created_at"`
	UpdatedAt        models.Time `json:"updated_at"`
}

// InvitationJSON shows an invitation.
func InvitationJSON(i chat.InvitationFacts) any {
	view := invitationJSON{
		ID: i.UUID, ChatID: i.Chat.UUID, InvitingUserID: i.Inviter.UUID, IsAccepted: i.AcceptedBy != nil,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
	if i.Team != nil {
		view.InvitedTeamID = &i.Team.UUID
	}
	if i.Invited != nil {
		view.InvitedUserID = &i.Invited.UUID
	}
	if i.AcceptedBy != nil {
		view.AcceptedByUserID = &i.AcceptedBy.UUID
	}
	return view
}
