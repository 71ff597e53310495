package giosg

import (
	"parley/chat"
	"parley/models"
)

// roomJSON is a room.
type roomJSON struct {
	ID                    string            `json:"id"`
	Token                 string            `json:"token"`
	OrganizationID        string            `json:"organization_id"`
	Organization          organizationShort `json:"organization"`
	Domain                *string           `json:"domain"`
	Name                  string            `json:"name"`
	DisplayName           string            `json:"display_name"`
	IsShared              bool              `json:"is_shared"`
	AllowedDomains        []any             `json:"allowed_domains"`
	LanguageCode          string            `json:"language_code"`
	CreatedAt             models.Time       `json:"created_at"`
	UpdatedAt             models.Time       `json:"updated_at"`
	UpdatedByUserID       *string           `json:"updated_by_user_id"`
	UpdatedByUser         *userShort        `json:"updated_by_user"`
	IsDeleted             bool              `json:"is_deleted"`
	IsOnline              bool              `json:"is_online"`
	IsHumansOnline        bool              `json:"is_humans_online"`
	IsOpen                bool              `json:"is_open"`
	IsServiceHoursEnabled bool              `json:"is_service_hours_enabled"`
	// The settings are ours: whether what pages say needs signatures, and whether checksums are some.
	IsVisitorDataSignatureRequired bool `json:"is_visitor_data_signature_required"`
	IsChecksumAccepted             bool `json:"is_checksum_accepted"`
}

// organizationShort and userShort are what others show of them.
type organizationShort struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userShort struct {
	ID       string `json:"id"`
	FullName string `json:"full_name"`
}

// RoomJSON shows a room.
func RoomJSON(f chat.RoomFacts) any {
	r := f.Room
	view := roomJSON{
		ID: r.UUID, Token: r.Token, OrganizationID: f.Organization.UUID, Organization: organizationShort{f.Organization.UUID, f.Organization.Name},
		Domain: r.Domain, Name: r.Name, DisplayName: r.Name, AllowedDomains: []any{}, LanguageCode: r.LanguageCode,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, IsDeleted: r.DeletedAt != nil, IsOpen: r.DeletedAt == nil,
		IsVisitorDataSignatureRequired: r.SignaturesRequired, IsChecksumAccepted: r.Checksums,
	}
	view.IsOnline, view.IsHumansOnline = f.Online && view.IsOpen, f.HumansOnline && view.IsOpen
	if m := f.UpdatedBy; m != nil {
		view.UpdatedByUserID, view.UpdatedByUser = &m.UUID, &userShort{m.UUID, m.Name}
	}
	return view
}

type publicRoomJSON struct {
	ID           string `json:"id"`
	DisplayName  string `json:"display_name"`
	LanguageCode string `json:"language_code"`
	IsOnline     bool   `json:"is_online"`
	Brand        any    `json:"brand"`
}

// PublicRoomJSON shows a room to visitors.
func PublicRoomJSON(f chat.RoomFacts) any {
	r := f.Room
	return publicRoomJSON{ID: r.UUID, DisplayName: r.Name, LanguageCode: r.LanguageCode, IsOnline: f.Online && r.DeletedAt == nil}
}
