package webhook

import (
	"context"
	"encoding/json"
	"errors"

	"parley/chat"
	"parley/models"
)

// seen tells whether a message has found its recipient after all: it was read or taken back, or somebody is there.
func (s *Sender) seen(ctx context.Context, d models.Delivery) bool {
	var told chat.Event
	if json.Unmarshal([]byte(d.Payload), &told) != nil || told.Message == nil {
		return true
	}
	m, err := s.store.View(ctx).Message(told.Message.ID)
	if errors.Is(err, chat.ErrNoRecord) || err == nil && (m.ReadAt != nil || m.DeletedAt != nil) {
		return true
	}
	if err == nil {
		var there bool
		if there, err = s.cfg.Reached(ctx, m); there {
			return true
		}
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.Error("who is there was not known for a webhook", "delivery", d.ID, "error", err)
	}
	return false // rather a letter too many
}
