package chat

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/models"
)

const (
	// typingPerSecond and typingBurst are what is passed on of one caller's typing; the rest is dropped.
	typingPerSecond, typingBurst = 3, 3
	// typingExpires is for how many seconds somebody counts as typing after she was heard.
	typingExpires = 6
	// typistLife is how long it is remembered who types where, and maxTypists of how many.
	typistLife = 5 * time.Second
	maxTypists = 10_000
)

// TypingRequest tells that somebody types, or has stopped.
type TypingRequest struct {
	ConversationID int64
	Sender         Sender
	Typing         bool
	// Preview is what a visitor has written so far, for managers alone.
	Preview string
}

// TypingView is who types, as clients see it. Nothing keeps it.
type TypingView struct {
	ConversationID int64             `json:"conversation_id"`
	SenderType     models.SenderType `json:"sender_type"`
	SenderID       any               `json:"sender_id"`
	Name           *string           `json:"name"`
	Typing         bool              `json:"typing"`
	// Preview is on the staff channel alone.
	Preview *string `json:"preview,omitempty"`
	// ExpiresIn is in how many seconds it no longer holds, unless it is said again.
	ExpiresIn int `json:"expires_in"`
}

// typist is somebody who may type in a conversation, as was looked up a moment ago.
type typist struct {
	conversation models.Conversation
	managerID    int64 // 0: the visitor
	view         TypingView
	until        time.Time
}

// typists remembers them, so that a burst of keys is not a burst of queries.
type typists struct {
	mu   sync.Mutex
	seen map[string]typist
}

func (t *typists) get(key string) (typist, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.seen[key]
	return known, ok && time.Now().Before(known.until)
}

func (t *typists) put(key string, known typist) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil || len(t.seen) >= maxTypists {
		t.seen = map[string]typist{}
	}
	t.seen[key] = known
}

func (t *typists) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = nil
}

// Typing tells the conversation's listeners that the caller types. Managers who listen on the staff channel get a
// visitor's preview. Nothing is stored, and what comes too fast is dropped.
func (s *Service) Typing(ctx context.Context, p Principal, r TypingRequest) error {
	if utf8.RuneCountInString(r.Preview) > models.MaxContent || !utf8.ValidString(r.Preview) {
		return E(Invalid, "preview_invalid", "A preview has up to %d characters of text", models.MaxContent)
	}
	status := ComposingIdle
	if r.Typing {
		status = ComposingTyping
	}
	return s.typed(ctx, p, r, status)
}

// typed tells that somebody types, has typed, or does nothing of the kind.
func (s *Service) typed(ctx context.Context, p Principal, r TypingRequest, status Composing) error {
	key := fmt.Sprint(r.ConversationID, " ", p, " ", r.Sender.Type, ":", r.Sender.ID)
	if s.typing.Take(key) != nil {
		return nil
	}
	who, ok := s.typists.get(key)
	if !ok {
		var err error
		if who, err = s.typist(ctx, p, r); err != nil {
			return err
		}
		s.typists.put(key, who)
	}
	s.broadcastTyping(ctx, who, r)
	s.tellComposing(ctx, who.conversation, who.managerID, status)
	return nil
}

func (s *Service) typist(ctx context.Context, p Principal, r TypingRequest) (typist, error) {
	if p.Party == Backend && r.Sender == (Sender{}) {
		return typist{}, E(Invalid, "sender_missing", "A backend names who types")
	}
	c, actor, err := s.conversation(ctx, p, r.Sender, r.ConversationID)
	if err != nil {
		return typist{}, err
	}
	if c.Status != models.StatusOpen {
		return typist{}, notPossible(models.StateClosed)
	}
	m := models.Message{VisitorID: c.VisitorID}
	if err := sign(s.store.View(ctx), &m, actor); err != nil {
		return typist{}, err
	}
	signed, managerID := viewMessage(m), int64(0)
	if m.ManagerID != nil {
		managerID = *m.ManagerID
	}
	return typist{conversation: c, managerID: managerID, until: time.Now().Add(typistLife), view: TypingView{
		ConversationID: c.ID, SenderType: m.SenderType, SenderID: signed.SenderID, Name: m.SenderName, ExpiresIn: typingExpires,
	}}, nil
}

func (s *Service) broadcastTyping(ctx context.Context, who typist, r TypingRequest) {
	view := who.view
	view.Typing = r.Typing
	s.broadcast(ctx, conversationChannel(view.ConversationID), who.conversation.OrganizationID, typingEvent(view))
	if view.SenderType != models.SenderVisitor {
		return
	}
	preview := ""
	if r.Typing {
		preview = plainPreview(r.Preview)
	}
	view.Preview = &preview
	s.broadcast(ctx, staffChannel(view.ConversationID), who.conversation.OrganizationID, typingEvent(view))
}

func typingEvent(view TypingView) Event {
	return Event{Entity: "typing", Event: updated, Typing: &view}
}

// plainPreview takes control characters out; spaces at the end belong to what is being written.
func plainPreview(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
