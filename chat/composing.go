package chat

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"parley/models"
)

// Composing is whether a member writes.
type Composing string

// States. Who wrote and paused has typed.
const (
	ComposingIdle   Composing = "idle"
	ComposingTyping Composing = "typing"
	ComposingTyped  Composing = "typed"
)

// ComposingOf reads a state's name, of whichever age.
func ComposingOf(name string) (Composing, bool) {
	switch name {
	case "idle":
		return ComposingIdle, true
	case "typing", "composing":
		return ComposingTyping, true
	case "typed", "has_composed":
		return ComposingTyped, true
	}
	return "", false
}

const (
	// composingLasts is how long somebody counts as typing after she said so.
	composingLasts = 10 * time.Second
	// typedLasts is how long it is remembered that somebody has typed, and maxComposers of how many.
	typedLasts   = 10 * time.Minute
	maxComposers = 10_000
)

// composer is a member of a conversation; manager 0 is the visitor.
type composer struct{ conversationID, managerID int64 }

// composers remembers who writes where. Nothing keeps it, and another node does not know.
type composers struct {
	mu   sync.Mutex
	said map[composer]composed
}

type composed struct {
	status Composing
	until  time.Time
	// about is the conversation, as far as events name it.
	about models.Conversation
}

// note remembers a state and tells whether it is another one.
func (all *composers) note(c models.Conversation, managerID int64, status Composing) bool {
	who := composer{c.ID, managerID}
	all.mu.Lock()
	defer all.mu.Unlock()
	before, known := all.said[who]
	if status == ComposingIdle {
		delete(all.said, who)
		return known
	}
	if !known && len(all.said) >= maxComposers {
		return false
	}
	if all.said == nil {
		all.said = map[composer]composed{}
	}
	lasts := composingLasts
	if status == ComposingTyped {
		lasts = typedLasts
	}
	about := models.Conversation{ID: c.ID, OrganizationID: c.OrganizationID, VisitorID: c.VisitorID}
	all.said[who] = composed{status, time.Now().Add(lasts), about}
	return before.status != status
}

// of is a member's state now.
func (all *composers) of(conversationID, managerID int64) Composing {
	all.mu.Lock()
	defer all.mu.Unlock()
	switch said := all.said[composer{conversationID, managerID}]; {
	case said.status == "":
		return ComposingIdle
	case said.status == ComposingTyping && !time.Now().Before(said.until):
		return ComposingTyped
	default:
		return said.status
	}
}

// fall lets those who were not heard of for a while fall back, and names who did: from typing to typed, and after a
// long time to nothing, of which nobody is told.
func (all *composers) fall() map[composer]models.Conversation {
	all.mu.Lock()
	defer all.mu.Unlock()
	fallen := map[composer]models.Conversation{}
	for who, said := range all.said {
		switch {
		case time.Now().Before(said.until):
		case said.status == ComposingTyping:
			fallen[who] = said.about
			all.said[who] = composed{ComposingTyped, time.Now().Add(typedLasts), said.about}
		default:
			delete(all.said, who)
		}
	}
	return fallen
}

func (all *composers) forget() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.said = nil
}

// ComposingOf tells whether a member writes, as far as this node knows; manager 0 is the visitor.
func (s *Service) ComposingOf(conversationID, managerID int64) Composing {
	return s.composing.of(conversationID, managerID)
}

// Compose tells that a manager, or with 0 the calling visitor, writes in an open conversation where she takes part.
// Who listens on its channels hears whether she types.
func (s *Service) Compose(ctx context.Context, p Principal, conversationID, managerID int64, status Composing) error {
	r := TypingRequest{ConversationID: conversationID, Typing: status == ComposingTyping}
	if managerID != 0 {
		var err error
		if p, err = s.gate.Member(ctx, p, managerID); err != nil {
			return err
		}
	}
	return s.typed(ctx, p, r, status)
}

// tellComposing tells of a member's state when it is news.
func (s *Service) tellComposing(ctx context.Context, c models.Conversation, managerID int64, status Composing) {
	if s.composing.note(c, managerID, status) {
		s.fleeting(ctx, c, managerID)
	}
}

// fallBack tells of those who type no more without having said so.
func (s *Service) fallBack(ctx context.Context) {
	for who, c := range s.composing.fall() {
		s.fleeting(ctx, c, who.managerID)
	}
}

func (s *Service) fleeting(ctx context.Context, c models.Conversation, managerID int64) {
	if s.cfg.Fleeting == nil {
		return
	}
	payload, err := json.Marshal(Changed{ManagerID: managerID, Attributes: []string{"composing_status"}})
	if err != nil {
		panic(err) // texts and numbers can be written
	}
	e := eventOf(c, models.EventMembership)
	e.Action, e.Payload, e.CreatedAt = ResourceChanged, string(payload), now()
	s.cfg.Fleeting(ctx, e)
}
