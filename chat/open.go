package chat

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/google/uuid"

	"parley/models"
)

const offlineCode = "chat_offline_message"

// OpenRequest asks for the open conversation of a visitor, or for a new one.
type OpenRequest struct {
	VisitorID string
	Sender    Sender
	// SiteKey names the organisation of a visitor who is not known yet; a known visitor has one already.
	SiteKey string
	// Room is the uuid or token of the room in which to open it; empty: wherever the visitor has one open, or the main
	// room. ChatType is what for: a conversation of another type than visitor is always a new one, unless Resume says
	// that an open one will do.
	Room     string
	ChatType models.ChatType
	Resume   bool
	// Name and Email of the visitor are taken from managers and backends only, who answer for them; a visitor
	// could say anything. Empty leaves what is known.
	Name, Email string
}

// description is what the caller may say about the visitor.
func (r OpenRequest) description(p Principal) (name, email *string, err error) {
	if p.Party != Manager && p.Party != Backend {
		return nil, nil, nil
	}
	if r.Name != "" {
		clean, err := validName(r.Name)
		if err != nil {
			return nil, nil, err
		}
		name = &clean
	}
	if r.Email != "" {
		clean, err := validEmail(r.Email)
		if err != nil {
			return nil, nil, err
		}
		email = &clean
	}
	return name, email, nil
}

// Open returns the visitor's open conversation, or opens one with the manager who is on duty, and announces
// it on the visitor's service channel. It tells whether the conversation is new. When all who are on duty have as
// much as they take, it waits in the queue; a manager who asks for one that waits has it. Refusals:
// chat_already_open for a manager who is not the counterpart, chat_offline_message when nobody is on duty,
// room_not_found, too_many_chats.
func (s *Service) Open(ctx context.Context, p Principal, r OpenRequest) (Event, bool, error) {
	if !models.ValidVisitorID(r.VisitorID) {
		return Event{}, false, visitorIDInvalid()
	}
	if err := s.gate.Admit(p, r.Sender); err != nil {
		return Event{}, false, err
	}
	var err error
	if r.VisitorID, err = s.meant(ctx, p, r.VisitorID, &r.Sender); err != nil {
		return Event{}, false, err
	}
	organization, err := s.organizationOf(ctx, p, r.VisitorID, r.SiteKey)
	if err != nil {
		return Event{}, false, err
	}
	actor, err := s.gate.Actor(ctx, p, r.Sender, r.VisitorID, organization.ID)
	if err != nil {
		return Event{}, false, err
	}
	if actor.Party == Visitor && p.Party != Backend {
		if err := s.opens.Take(r.VisitorID); err != nil {
			return Event{}, false, err
		}
	}
	name, email, err := r.description(p)
	if err != nil {
		return Event{}, false, err
	}
	opening, err := s.opening(s.store.View(ctx), organization.ID, r.Room, opening{kind: r.ChatType, resume: r.Resume})
	if err != nil {
		return Event{}, false, err
	}
	var ev Event
	var isNew bool
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, r.VisitorID, organization.ID); err != nil {
			return err
		}
		if err := tx.DescribeVisitor(r.VisitorID, name, email); err != nil {
			return err
		}
		c, err := opening.existing(tx, r.VisitorID)
		isNew = errors.Is(err, ErrNoRecord)
		switch {
		case isNew:
			ev, err = s.create(tx, actor, r.VisitorID, organization, opening)
		case err == nil:
			ev, err = s.again(tx, actor, c.ID)
		}
		return err
	})
	return ev, isNew, err
}

func visitorIDInvalid() *Error {
	return E(Invalid, "visitor_id_invalid", "A visitor's id is 1 to 64 of A-Z a-z 0-9 _ -")
}

// organizationOf finds whose visitor this is: the record tells; for a new visitor the token, the site key or
// the single organisation. Another organisation's visitor is not found.
func (s *Service) organizationOf(ctx context.Context, p Principal, visitorID, siteKey string) (models.Organization, error) {
	r := s.store.View(ctx)
	var named models.Organization
	if siteKey != "" {
		if !plain(siteKey) {
			return named, E(Invalid, "app_key_invalid", "The site key is not a text")
		}
		var err error
		if named, err = r.OrganizationBySiteKey(siteKey); err != nil {
			return named, orNotFound(err, "organization_not_found", "There is no organisation with this site key")
		}
	}
	v, err := r.Visitor(visitorID)
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return models.Organization{}, err
	}
	known := err == nil
	id := p.OrganizationID
	if known {
		id = v.OrganizationID
	}
	if p.OrganizationID != 0 && p.OrganizationID != id || named.ID != 0 && id != 0 && named.ID != id ||
		!known && !s.gate.mayCreateVisitor(p, visitorID) {
		return models.Organization{}, visitorNotFound(visitorID)
	}
	switch {
	case id != 0:
		return r.Organization(id)
	case named.ID != 0:
		return named, nil
	default:
		return onlyOrganization(r)
	}
}

func (s *Service) ensureVisitor(tx Tx, id string, organizationID int64) error {
	return ensureVisitor(tx, id, organizationID)
}

// ensureVisitor leaves the visitor locked: opening is one at a time for each.
func ensureVisitor(tx Tx, id string, organizationID int64) error {
	v, err := tx.LockVisitor(id)
	if errors.Is(err, ErrNoRecord) {
		err = tx.EnsureVisitor(models.Visitor{
			ID: id, UUID: newUUID(), OrganizationID: organizationID, CreatedAt: now(),
		})
		if err == nil {
			v, err = tx.LockVisitor(id)
		}
	}
	if err == nil && v.OrganizationID != organizationID {
		return visitorNotFound(id) // somebody else's since we looked
	}
	if err == nil && v.MergedInto != nil {
		return visitorMerged()
	}
	if err != nil {
		return err
	}
	return erasing(v)
}

func (s *Service) create(tx Tx, actor Principal, visitorID string, organization models.Organization, opening opening) (Event, error) {
	// Opening is one at a time for an organisation, so that each choice sees the load the last one made.
	if _, err := tx.LockOrganization(organization.ID); err != nil {
		return Event{}, err
	}
	st := step{action: models.ActionOpened, actor: actor, at: now()}
	if actor.Party == Manager { // the initiator is the counterpart
		st.to = &actor.ManagerID
	} else {
		decision, err := s.decide(tx, organization, visitorID, nil, st.at)
		if err != nil {
			return Event{}, err
		}
		if decision.Outcome == Nobody && !opening.wait {
			return Event{}, s.offline(organization)
		}
		st.decision, st.to = &decision, decision.manager()
	}
	c, err := opening.begin(tx, organization.ID, visitorID, st.at)
	if err != nil {
		return Event{}, err
	}
	return s.take(tx, organization, &c, st)
}

// offline is the refusal when nobody is on duty.
func (s *Service) offline(o models.Organization) *Error {
	text := o.OfflineMessage
	if text == "" {
		text = s.cfg.OfflineMessage
	}
	return E(Unprocessable, offlineCode, "%s", text)
}

// again announces the open conversation again, to its two sides only. A manager who asks for one that waits
// claims it: it is how an old dashboard comes to a visitor.
func (s *Service) again(tx Tx, actor Principal, id int64) (Event, error) {
	var o models.Organization
	if actor.Party == Manager { // before the conversation: locks have an order
		var err error
		if o, err = tx.LockOrganization(actor.OrganizationID); err != nil {
			return Event{}, err
		}
	}
	c, err := tx.LockConversation(id)
	if err != nil {
		return Event{}, err
	}
	if actor.Party == Manager && c.ManagerID == nil {
		return s.claim(tx, o, actor, c)
	}
	if actor.Party == Manager && *c.ManagerID != actor.ManagerID {
		return Event{}, s.alreadyOpen(tx, c)
	}
	return announce(tx, &c, announced, now())
}

// newConversationID draws from 1 to 2^53-1: whoever guesses one could read along.
func newConversationID() int64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails
		if id := int64(binary.LittleEndian.Uint64(b[:]) & models.MaxConversationID); id != 0 {
			return id
		}
	}
}

func newUUID() string { return uuid.Must(uuid.NewV7()).String() }

// lowerUUID reads a UUID in the form in which it is kept; false: it is none.
func lowerUUID(text string) (string, bool) {
	if len(text) != 36 {
		return "", false // the library reads other forms, too
	}
	id, err := uuid.Parse(text)
	return id.String(), err == nil
}
