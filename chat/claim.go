package chat

import (
	"context"

	"parley/models"
)

// Claim takes a conversation that waits, or accepts one that was given to the caller. Refusals: chat_already_open
// with who was faster, limit_reached.
func (s *Service) Claim(ctx context.Context, p Principal, claimed Sender, id int64) (Event, error) {
	return s.actAsStaff(ctx, p, claimed, id, Claim, s.claim)
}

func (s *Service) claim(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
	if actor.Party != Manager {
		return Event{}, forbidden("Only a manager can claim a conversation")
	}
	if c.Status != models.StatusOpen {
		return Event{}, notPossible(c.State())
	}
	if c.ManagerID != nil && *c.ManagerID != actor.ManagerID {
		return Event{}, s.alreadyOpen(tx, c)
	}
	if c.ManagerID != nil && c.AnswerBy == nil { // hers already
		return s.shown(tx, c)
	}
	at := now()
	if c.ManagerID == nil {
		if err := s.roomFor(tx, o, actor.ManagerID, at); err != nil {
			return Event{}, err
		}
	}
	return s.take(tx, o, &c, step{action: models.ActionClaimed, to: &actor.ManagerID, actor: actor, at: at})
}

// roomFor refuses a manager who has as much as she takes.
func (s *Service) roomFor(tx Tx, o models.Organization, managerID int64, at models.Time) error {
	candidates, err := s.candidates(tx, o, at)
	if err != nil {
		return err
	}
	for _, c := range candidates {
		if c.Manager.ID == managerID && c.Limit > 0 && c.Open >= c.Limit {
			return E(Conflict, "limit_reached", "%s has %d open conversations, which is the limit", c.Manager.Name, c.Open)
		}
	}
	return nil
}

// alreadyOpen is the refusal to a manager who is not the counterpart: it says who is.
func (s *Service) alreadyOpen(r Reader, c models.Conversation) error {
	refusal := E(Conflict, "chat_already_open", "Chat is already open with another manager")
	refusal.ManagerID = *c.ManagerID
	m, err := r.FormerManager(*c.ManagerID)
	refusal.ManagerName = m.Name
	if err != nil {
		return err
	}
	return refusal
}

// TransferRequest says who is to have a conversation next.
type TransferRequest struct {
	// ManagerID 0 is the queue.
	ManagerID int64
	// Note is for the next manager; no visitor sees it.
	Note string
	// Force gives it to a manager who is not on duty or has as much as she takes. Supervisors may.
	Force bool
}

// Transfer hands a conversation to another manager or back to the queue: its counterpart may, supervisors and
// backends too. Refusals: manager_not_found, manager_unavailable.
func (s *Service) Transfer(ctx context.Context, p Principal, claimed Sender, id int64, r TransferRequest) (Event, error) {
	if r.Note != "" {
		clean, ok := models.CleanContent(r.Note)
		if !ok {
			return Event{}, E(Invalid, "note_invalid", "A note has 1 to %d characters of text", models.MaxContent)
		}
		r.Note = clean
	}
	if _, err := s.staff(ctx, p, claimed); err != nil {
		return Event{}, err
	}
	if r.Force && !p.supervises() && p.Party != Backend {
		return Event{}, forbidden("Only supervisors give conversations to managers who are not available")
	}
	return s.act(ctx, p, claimed, id, Transfer, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		return s.transfer(tx, o, actor, c, r)
	})
}

func (s *Service) transfer(tx Tx, o models.Organization, actor Principal, c models.Conversation, r TransferRequest) (Event, error) {
	st := step{action: models.ActionQueued, actor: actor, note: r.Note, at: now()}
	if r.ManagerID == 0 {
		return s.take(tx, o, &c, st)
	}
	if c.ManagerID != nil && *c.ManagerID == r.ManagerID {
		return s.shown(tx, c) // she has it
	}
	if err := s.mayReceive(tx, o, r, st.at); err != nil {
		return Event{}, err
	}
	st.action, st.to = models.ActionTransferred, &r.ManagerID
	return s.take(tx, o, &c, st)
}

// mayReceive refuses to transfer to somebody who would not answer.
func (s *Service) mayReceive(tx Tx, o models.Organization, r TransferRequest, at models.Time) error {
	candidates, err := s.candidates(tx, o, at)
	if err != nil {
		return err
	}
	for _, c := range candidates {
		if c.Manager.ID != r.ManagerID {
			continue
		}
		if verdict := c.judge(at, s.cfg.DutyGrace); verdict != Eligible && !r.Force {
			return E(Conflict, "manager_unavailable", "%s cannot be given a conversation now (%s)", c.Manager.Name, verdict)
		}
		return nil
	}
	return E(NotFound, "manager_not_found", "There is no manager %d", r.ManagerID)
}

// TakeOver gives a conversation to the supervisor who asks, whoever has it.
func (s *Service) TakeOver(ctx context.Context, p Principal, claimed Sender, id int64) (Event, error) {
	return s.actAsStaff(ctx, p, claimed, id, TakeOver, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		if c.ManagerID != nil && *c.ManagerID == actor.ManagerID && c.Status == models.StatusOpen {
			return s.shown(tx, c)
		}
		return s.take(tx, o, &c, step{action: models.ActionTakenOver, to: &actor.ManagerID, actor: actor, at: now()})
	})
}

// action is what somebody does to a conversation that is locked, with its organisation.
type action func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error)

// actAsStaff is act for what managers alone do. Strangers and visitors are refused before anything is looked up.
func (s *Service) actAsStaff(ctx context.Context, p Principal, claimed Sender, id int64, right Right, do action) (Event, error) {
	if _, err := s.staff(ctx, p, claimed); err != nil {
		return Event{}, err
	}
	return s.act(ctx, p, claimed, id, right, do)
}

// act settles who acts on a conversation and whether they may, twice: before the transaction, and again under
// the conversation's lock, since it may have changed hands.
func (s *Service) act(ctx context.Context, p Principal, claimed Sender, id int64, right Right, do action) (Event, error) {
	c, actor, err := s.look(ctx, p, claimed, id)
	if err != nil {
		return Event{}, err
	}
	if p.Party == Backend && claimed == (Sender{}) && right == Transfer {
		actor = p // not in the visitor's name
	}
	if err := s.gate.MayConversation(memberLookup(ctx, s.store), actor, c, right); err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		if _, err := tx.LockVisitor(c.VisitorID); err != nil {
			return err
		}
		o, err := tx.LockOrganization(c.OrganizationID)
		if err != nil {
			return err
		}
		locked, err := lockTold(tx, c)
		if err != nil {
			return err
		}
		if err := s.gate.MayConversation(tx, actor, locked, right); err != nil {
			return err
		}
		ev, err = do(tx, o, actor, locked)
		return err
	})
	if err == nil {
		s.Stir()
	}
	return ev, err
}

// lockWhole locks a conversation that changes hands, with all that comes before it.
func lockWhole(tx Tx, seen models.Conversation) (o models.Organization, c models.Conversation, err error) {
	if _, err = tx.LockVisitor(seen.VisitorID); err != nil {
		return o, c, err
	}
	if o, err = tx.LockOrganization(seen.OrganizationID); err != nil {
		return o, c, err
	}
	c, err = lockTold(tx, seen)
	return o, c, err
}

// lockTold locks a conversation of a visitor who is locked. What changes a conversation is told on the visitor's
// service channel, with that of her other conversations: without her lock a lower id could be committed after a
// higher one there, and who replays the channel from the higher would miss it.
func lockTold(tx Tx, seen models.Conversation) (models.Conversation, error) {
	c, err := tx.LockConversation(seen.ID)
	if err == nil && c.VisitorID != seen.VisitorID { // whom nobody keeps from others now
		err = E(Conflict, "state_conflict", "The conversation has become another visitor's")
	}
	return c, err
}

// shown answers with the conversation as it is.
func (s *Service) shown(r Reader, c models.Conversation) (Event, error) {
	v, err := view(r, c)
	return conversationEvent(updated, v), err
}
