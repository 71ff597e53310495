package giosg

import (
	"parley/chat"
	"parley/models"
)

type organizationJSON struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	IsActive  bool        `json:"is_active"`
	IsOnline  bool        `json:"is_online"`
	IsPresent bool        `json:"is_present"`
	CreatedAt models.Time `json:"created_at"`
	UpdatedAt models.Time `json:"updated_at"`
}

// OrganizationJSON shows an organisation.
func OrganizationJSON(f chat.OrganizationFacts) any {
	o := f.Organization
	return organizationJSON{
		ID: o.UUID, Name: o.Name, IsActive: !o.Suspended, IsOnline: f.Online, IsPresent: f.Present, CreatedAt: o.CreatedAt, UpdatedAt: o.CreatedAt,
	}
}
