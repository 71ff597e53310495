package giosg

import (
	"strings"

	"parley/chat"
	"parley/models"
)

// userJSON is a user.
type userJSON struct {
	ID               string            `json:"id"`
	Email            *string           `json:"email"`
	OrganizationID   string            `json:"organization_id"`
	Organization     organizationShort `json:"organization"`
	FirstName        string            `json:"first_name"`
	LastName         string            `json:"last_name"`
	FullName         string            `json:"full_name"`
	Alias            *string           `json:"alias"`
	Gender           *string           `json:"gender"`
	Birthday         *string           `json:"birthday"`
	Phone            *string           `json:"phone"`
	Title            *string           `json:"title"`
	AvatarID         *string           `json:"avatar_id"`
	Avatar           *avatarJSON       `json:"avatar"`
	IsManager        bool              `json:"is_manager"`
	IsStaff          bool              `json:"is_staff"`
	IsBot            bool              `json:"is_bot"`
	IsOnlineEnabled  bool              `json:"is_online_enabled"`
	IsOnline         bool              `json:"is_online"`
	IsPresent        bool              `json:"is_present"`
	CurrentChatCount int               `json:"current_chat_count"`
	IsDeleted        bool              `json:"is_deleted"`
	CreatedAt        models.Time       `json:"created_at"`
	UpdatedAt        models.Time       `json:"updated_at"`
	DeletedAt        *models.Time      `json:"deleted_at"`
	// Of which shape these are giosg's documents do not say: this one is ours.
	TeamMemberships []teamMembershipJSON `json:"team_memberships"`
}

// teamMembershipJSON is a team that a user is in.
type teamMembershipJSON struct {
	TeamID string    `json:"team_id"`
	Team   teamShort `json:"team"`
}

// teamShort is a team inside of something else.
type teamShort struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func teamMemberships(teams []models.Team) []teamMembershipJSON {
	list := make([]teamMembershipJSON, len(teams))
	for i, t := range teams {
		list[i] = teamMembershipJSON{t.UUID, teamShort{t.UUID, t.Name}}
	}
	return list
}

// avatarJSON is a picture, which has the id of whom it shows.
type avatarJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// avatarOf is a user's picture; nil: she has none.
func avatarOf(m models.Manager) *avatarJSON {
	if m.AvatarURL == nil {
		return nil
	}
	return &avatarJSON{ID: m.UUID, URL: *m.AvatarURL}
}

// UserJSON shows a user. Her address, which is her login, is for whom private is true.
func UserJSON(u chat.UserFacts, private bool) any {
	m := u.User
	first, last := splitName(m.Name)
	view := userJSON{
		ID: m.UUID, OrganizationID: u.Organization.UUID, Organization: organizationShort{u.Organization.UUID, u.Organization.Name},
		FirstName: first, LastName: last, FullName: m.Name, Avatar: avatarOf(m),
		IsManager: m.Role.Supervises(), IsBot: m.Bot, IsOnlineEnabled: u.Enabled, IsOnline: u.Online, IsPresent: u.Present,
		CurrentChatCount: u.Chats, IsDeleted: m.DeletedAt != nil, CreatedAt: m.CreatedAt, UpdatedAt: m.CreatedAt, DeletedAt: m.DeletedAt,
		TeamMemberships: teamMemberships(u.Teams),
	}
	if view.Avatar != nil {
		view.AvatarID = &view.Avatar.ID
	}
	if private && m.DeletedAt == nil {
		view.Email = &m.Email
	}
	return view
}

// splitName takes the last word for the family's.
func splitName(name string) (first, last string) {
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}

// publicUserJSON is what visitors see of one.
type publicUserJSON struct {
	ID         string      `json:"id"`
	PublicName string      `json:"public_name"`
	Avatar     *avatarJSON `json:"avatar"`
}

// PublicUserJSON shows a user to visitors.
func PublicUserJSON(u chat.UserFacts) any {
	return publicUserJSON{ID: u.User.UUID, PublicName: u.User.Name, Avatar: avatarOf(u.User)}
}
