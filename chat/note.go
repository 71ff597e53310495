package chat

import (
	"context"

	"parley/models"
)

const (
	// deleted is the action of a note that is gone.
	deleted = "deleted"
	// maxNotes is how many notes a conversation may have, and a page of them.
	maxNotes, notesPage = 1000, 200
)

// NoteView is a note as managers see it. One that was deleted has its ids alone.
type NoteView struct {
	ID             int64        `json:"id"`
	ConversationID int64        `json:"conversation_id"`
	VisitorID      string       `json:"visitor_id"`
	ManagerID      *int64       `json:"manager_id"`
	ManagerName    string       `json:"manager_name"`
	Content        string       `json:"content"`
	CreatedAt      *models.Time `json:"created_at,omitempty"`
}

func viewNote(n models.Note) *NoteView {
	return &NoteView{
		ID: n.ID, ConversationID: n.ConversationID, VisitorID: n.VisitorID, ManagerID: n.ManagerID,
		ManagerName: n.ManagerName, Content: n.Content, CreatedAt: &n.CreatedAt,
	}
}

// AddNote keeps what a manager of the organisation, or a backend, writes about a conversation for managers alone.
func (s *Service) AddNote(ctx context.Context, p Principal, claimed Sender, conversationID int64, text string) (Event, error) {
	content, ok := models.CleanContent(text)
	if !ok {
		return Event{}, E(Invalid, "content_invalid", "A note has 1 to %d characters of text", models.MaxContent)
	}
	c, actor, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	n := models.Note{OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID, Content: content}
	if n.ManagerID, n.ManagerName, err = s.noteAuthor(ctx, actor); err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = addNote(tx, n)
		return err
	})
	return ev, err
}

// noteAuthor names the author: the manager, or the backend's key.
func (s *Service) noteAuthor(ctx context.Context, actor Principal) (*int64, string, error) {
	view := s.store.View(ctx)
	if actor.Party == Manager {
		m, err := view.FormerManager(actor.ManagerID)
		return &m.ID, m.Name, err
	}
	key, err := view.APIKey(actor.KeyID)
	return nil, key.Name, err
}

func addNote(tx Tx, n models.Note) (Event, error) {
	c, err := tx.LockConversation(n.ConversationID)
	if err != nil {
		return Event{}, err
	}
	count, err := tx.CountNotes(c.ID)
	if err != nil {
		return Event{}, err
	}
	if count >= maxNotes {
		return Event{}, E(Conflict, "too_many_notes", "A conversation has at most %d notes", maxNotes)
	}
	n.CreatedAt = now()
	if err := tx.CreateNote(&n); err != nil {
		return Event{}, err
	}
	ev := Event{Entity: models.EventNote, Event: created, Note: viewNote(n)}
	if err := record(tx, &c, created, ev, n.CreatedAt); err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(c)
}

// Notes lists the last notes of a conversation before one (0: the last there are), oldest first, and tells
// whether there are earlier ones.
func (s *Service) Notes(ctx context.Context, p Principal, claimed Sender, conversationID, before int64) (views []*NoteView, more bool, err error) {
	c, _, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return nil, false, err
	}
	notes, err := s.store.View(ctx).Notes(c.ID, before, notesPage+1)
	if more = len(notes) > notesPage; more {
		notes = notes[1:]
	}
	views = make([]*NoteView, len(notes))
	for i, n := range notes {
		views[i] = viewNote(n)
	}
	return views, more, err
}

// DeleteNote removes a note for good. Its author may, supervisors and backends.
func (s *Service) DeleteNote(ctx context.Context, p Principal, claimed Sender, conversationID, noteID int64) (Event, error) {
	c, actor, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = deleteNote(tx, actor, c.ID, noteID)
		return err
	})
	return ev, err
}

func deleteNote(tx Tx, actor Principal, conversationID, noteID int64) (Event, error) {
	c, err := tx.LockConversation(conversationID)
	if err != nil {
		return Event{}, err
	}
	n, err := tx.Note(noteID)
	if err == nil && n.ConversationID != c.ID {
		err = ErrNoRecord
	}
	if err != nil {
		return Event{}, orNotFound(err, "note_not_found", "There is no note %d in this conversation", noteID)
	}
	own := n.ManagerID != nil && actor.Party == Manager && *n.ManagerID == actor.ManagerID
	if !own && !actor.supervises() && actor.Party != Backend {
		return Event{}, forbidden("Somebody else wrote this note")
	}
	if err := tx.DeleteNote(n.ID); err != nil {
		return Event{}, err
	}
	ev := Event{Entity: models.EventNote, Event: deleted, Note: &NoteView{
		ID: n.ID, ConversationID: n.ConversationID, VisitorID: n.VisitorID, ManagerID: n.ManagerID,
	}}
	if err := record(tx, &c, deleted, ev, now()); err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(c)
}
