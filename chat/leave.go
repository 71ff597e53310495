package chat

import (
	"context"
	"errors"

	"parley/models"
)

// maxPhone bounds a telephone number, in bytes.
const maxPhone = 64

// LeaveRequest is the offline form: a message for when somebody comes, and how to reach the visitor.
type LeaveRequest struct {
	VisitorID string
	Sender    Sender
	SiteKey   string
	// Room works as in OpenRequest.
	Room string
	// Name, Email and Phone are what the visitor says; managers see them as unchecked. One of the last two is
	// needed, unless the visitor's address is known.
	Name, Email, Phone string
	Content            string
	// ClientMessageID works as in PostRequest.
	ClientMessageID string
}

// Leave takes the offline form. The visitor's open conversation goes on, or a new one begins, which waits in the
// queue, or is given to a manager if one has come meanwhile. It tells whether the conversation is new. Sending the
// same client_message_id again changes nothing.
func (s *Service) Leave(ctx context.Context, p Principal, r LeaveRequest) (Event, bool, error) {
	if !models.ValidVisitorID(r.VisitorID) {
		return Event{}, false, visitorIDInvalid()
	}
	if r.Sender.Type == models.SenderManager {
		return Event{}, false, E(Invalid, "sender_invalid", "The offline form is a visitor's")
	}
	contact, err := r.contact()
	if err != nil {
		return Event{}, false, err
	}
	content, err := validMessage(r.Content, r.ClientMessageID)
	if err != nil {
		return Event{}, false, err
	}
	if err := s.gate.Admit(p, r.Sender); err != nil {
		return Event{}, false, err
	}
	if r.VisitorID, err = s.meant(ctx, p, r.VisitorID, &r.Sender); err != nil {
		return Event{}, false, err
	}
	organization, err := s.organizationOf(ctx, p, r.VisitorID, r.SiteKey)
	if err != nil {
		return Event{}, false, err
	}
	if p.Party == Manager {
		return Event{}, false, forbidden("The offline form is a visitor's")
	}
	actor, err := s.gate.Actor(ctx, p, r.Sender, r.VisitorID, organization.ID)
	if err != nil {
		return Event{}, false, err
	}
	if err := s.reachable(ctx, r.VisitorID, contact); err != nil {
		return Event{}, false, err
	}
	if p.Party != Backend {
		if err := s.opens.Take(r.VisitorID); err != nil {
			return Event{}, false, err
		}
	}
	m := models.Message{UUID: newUUID(), OrganizationID: organization.ID, VisitorID: r.VisitorID, Content: content, SenderType: models.SenderVisitor}
	if r.ClientMessageID != "" {
		m.ClientMessageID = &r.ClientMessageID
	}
	opening, err := s.opening(s.store.View(ctx), organization.ID, r.Room, opening{})
	if err != nil {
		return Event{}, false, err
	}
	var ev Event
	var isNew bool
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, r.VisitorID, organization.ID); err != nil {
			return err
		}
		ev, isNew, err = s.leave(tx, actor, organization.ID, opening, m, contact)
		return err
	})
	if err == nil {
		s.Stir()
	}
	return ev, isNew, err
}

// contact is how a visitor says to be reached.
type contact struct{ name, email, phone *string }

func (r LeaveRequest) contact() (c contact, err error) {
	if r.Name != "" {
		name, err := validName(r.Name)
		if err != nil {
			return c, err
		}
		c.name = &name
	}
	if r.Email != "" {
		email, err := validEmail(r.Email)
		if err != nil {
			return c, err
		}
		c.email = &email
	}
	if r.Phone != "" {
		if len(r.Phone) > maxPhone || !plain(r.Phone) {
			return c, E(Invalid, "phone_invalid", "A telephone number has up to %d characters", maxPhone)
		}
		c.phone = &r.Phone
	}
	return c, nil
}

// reachable refuses a message that nobody could answer.
func (s *Service) reachable(ctx context.Context, visitorID string, by contact) error {
	if by.email != nil || by.phone != nil {
		return nil
	}
	v, err := s.store.View(ctx).Visitor(visitorID)
	if errors.Is(err, ErrNoRecord) || err == nil && v.Email == nil {
		return E(Invalid, "contact_missing", "Say how to reach you: an e-mail address or a telephone number")
	}
	return err
}

// leave adds the message to the visitor's open conversation or to a new one. The visitor is locked.
func (s *Service) leave(tx Tx, actor Principal, organizationID int64, opening opening, m models.Message, by contact) (Event, bool, error) {
	o, err := tx.LockOrganization(organizationID)
	if err != nil {
		return Event{}, false, err
	}
	if before, err := sentBefore(tx, m); err != nil || before != nil {
		if err != nil {
			return Event{}, false, err
		}
		c, err := tx.Conversation(before.ConversationID)
		if err != nil {
			return Event{}, false, err
		}
		ev, err := s.shown(tx, c)
		return ev, false, err
	}
	c, err := opening.existing(tx, m.VisitorID)
	isNew := errors.Is(err, ErrNoRecord)
	if err != nil && !isNew {
		return Event{}, false, err
	}
	if isNew {
		c, err = s.begin(tx, o, actor, opening, m.VisitorID, by)
	} else {
		c, err = tx.LockConversation(c.ID)
	}
	if err != nil {
		return Event{}, false, err
	}
	by.into(&c)
	if c.State() == models.StateWaiting {
		c.Unattended = true
	}
	m.ConversationID = c.ID
	if err := sign(tx, &m, actor); err != nil {
		return Event{}, false, err
	}
	if _, err := s.say(tx, actor, &c, &m); err != nil {
		return Event{}, false, err
	}
	ev, err := announce(tx, &c, updated, m.CreatedAt)
	return ev, isNew, err
}

// begin opens a conversation for a message that is left.
func (s *Service) begin(tx Tx, o models.Organization, actor Principal, opening opening, visitorID string, by contact) (models.Conversation, error) {
	st := step{action: models.ActionLeft, actor: actor, at: now()}
	decision, err := s.decide(tx, o, visitorID, nil, st.at)
	if err != nil {
		return models.Conversation{}, err
	}
	st.decision, st.to = &decision, decision.manager()
	c, err := opening.begin(tx, o.ID, visitorID, st.at)
	if err != nil {
		return c, err
	}
	by.into(&c)
	_, err = s.take(tx, o, &c, st)
	return c, err
}

func (by contact) into(c *models.Conversation) {
	if by.name != nil {
		c.ContactName = by.name
	}
	if by.email != nil {
		c.ContactEmail = by.email
	}
	if by.phone != nil {
		c.ContactPhone = by.phone
	}
}
