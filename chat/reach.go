package chat

import (
	"context"
	"strings"

	"parley/models"
)

// Reach tells whether the recipient of a message is there to see it.
type Reach struct {
	store     Store
	listeners func(channel string) []string
}

// NewReach makes it. listeners names who listens to a channel now, as Gate.Display does.
func NewReach(store Store, listeners func(channel string) []string) Reach {
	return Reach{store, listeners}
}

// Reached: a visitor is there when she listens to the conversation or to her own channel; a manager when she listens for
// new conversations. What waits for a manager has reached somebody when any of them is there.
func (r Reach) Reached(ctx context.Context, m models.Message) (bool, error) {
	if m.SenderType == models.SenderManager {
		return r.visitor(conversationChannel(m.ConversationID)) || r.visitor(serviceFamily+m.VisitorID), nil
	}
	view := r.store.View(ctx)
	c, err := view.Conversation(m.ConversationID)
	if err != nil {
		return false, err
	}
	candidates, err := view.Candidates(c.OrganizationID)
	for _, candidate := range candidates {
		if candidate.Live && (c.ManagerID == nil || *c.ManagerID == candidate.Manager.ID) {
			return true, err
		}
	}
	return false, err
}

// visitor tells whether one listens, with a token or, by what she knows, without.
func (r Reach) visitor(channel string) bool {
	for _, name := range r.listeners(channel) {
		if strings.HasPrefix(name, Principal{Party: Visitor}.String()) || name == (Principal{}).String() {
			return true
		}
	}
	return false
}
