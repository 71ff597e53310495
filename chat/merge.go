package chat

import (
	"fmt"

	"parley/models"
)

// merge gives everything that is an anonymous visitor's to the one whom she turned out to be. Both are locked; the caller
// saves v. The anonymous visitor's record stays, so that nobody else can take her id.
//
// When both have an open conversation in a room, one goes on: that which a manager has, else that in which something happened
// last. The other is closed, and its note says which goes on; what was said in it stays in the visitor's history, and
// what of it nobody has read is sent once more where the visitor goes on.
func (s *Service) merge(tx Tx, v *models.Visitor, former models.Visitor, at models.Time) error {
	all, err := tx.LockToMove(former.ID, v.ID)
	if err != nil {
		return err
	}
	twins := openTwins(all)
	for _, t := range twins {
		st := step{action: models.ActionClosed, note: fmt.Sprintf("The visitor goes on in conversation %d", t.goes.ID)}
		if _, err := s.end(tx, *t.ends, st, func(models.Conversation) bool { return true }); err != nil {
			return err
		}
	}
	gone, err := endAll(tx, former.ID)
	if err != nil {
		return err
	}
	if err := tx.MoveVisitor(former.ID, v.ID); err != nil {
		return err
	}
	if err := tellGone(tx, gone); err != nil { // after the events that moved: it is the former who goes
		return err
	}
	if v.Name == nil {
		v.Name = former.Name
	}
	if v.Email == nil {
		v.Email = former.Email
	}
	former.Name, former.Email, former.MergedInto = nil, nil, &v.ID
	if err := tx.SaveVisitor(former); err != nil {
		return err
	}
	moved := make([]int64, len(all))
	for i, c := range all {
		moved[i] = c.ID
	}
	// Whoever listens without being the one that she is now hears no more, before anything else is said.
	if err := revokeVisitor(tx, former, moved); err != nil {
		return err
	}
	for _, t := range twins {
		if err := s.carryOver(tx, *t.goes, *t.ends, at); err != nil {
			return err
		}
	}
	return nil
}

// twins are two open conversations of the type visitor in one room: one goes on.
type twins struct{ goes, ends *models.Conversation }

// openTwins finds them; conversations of other types go on side by side. all is in the order of ids.
func openTwins(all []models.Conversation) (found []twins) {
	open := map[int64]*models.Conversation{} // by room
	for i := range all {
		c := &all[i]
		if c.Status != models.StatusOpen || c.ChatType != models.ChatVisitor {
			continue
		}
		other := open[c.RoomID]
		switch {
		case other == nil:
			open[c.RoomID] = c
		case prefers(*c, *other):
			found = append(found, twins{goes: c, ends: other})
		default:
			found = append(found, twins{goes: other, ends: c})
		}
	}
	return found
}

func prefers(a, b models.Conversation) bool {
	if (a.ManagerID == nil) != (b.ManagerID == nil) {
		return a.ManagerID != nil
	}
	return a.UpdatedAt > b.UpdatedAt
}

// maxCarried bounds how many messages are sent again.
const maxCarried = 50

// carryOver sends the messages that no manager has read of the conversation that ended where the visitor goes on.
func (s *Service) carryOver(tx Tx, goes, ends models.Conversation, at models.Time) error {
	unread, err := tx.UnreadMessages(ends.ID, models.SenderVisitor, maxCarried)
	if err != nil || len(unread) == 0 {
		return err
	}
	c, err := tx.LockConversation(goes.ID)
	if err != nil {
		return err
	}
	for _, m := range unread {
		if err := record(tx, &c, updated, messageEvent(updated, m), at); err != nil {
			return err
		}
	}
	return tx.SaveConversation(c)
}
