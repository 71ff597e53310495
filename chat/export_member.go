package chat

import (
	"errors"

	"parley/models"
)

// exportedMember is what is kept of whether a visitor has her conversation before her.
type exportedMember struct {
	Participating bool        `json:"participating"`
	CreatedAt     models.Time `json:"created_at"`
	UpdatedAt     models.Time `json:"updated_at"`
}

// exportMember finds it; nil: she has never left, and nothing is kept.
func exportMember(r MemberReader, c models.Conversation) (*exportedMember, error) {
	m, err := r.Membership(c.ID, 0)
	if errors.Is(err, ErrNoRecord) {
		return nil, nil
	}
	return &exportedMember{m.Participating, m.CreatedAt, m.UpdatedAt}, err
}
