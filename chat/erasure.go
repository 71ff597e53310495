package chat

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"parley/models"
)

// ErasureReader reads what erasing needs.
type ErasureReader interface {
	// Erasures lists those that are under way, the oldest first.
	Erasures(limit int) ([]models.Erasure, error)
	// ErasureOf finds a visitor's.
	ErasureOf(visitorID string) (models.Erasure, error)
	// ErasedAt is when the visitor with this hash was last erased; 0: never, as far as is known.
	ErasedAt(hash string) (models.Time, error)
	// AnyConversation finds one of a visitor's conversations.
	AnyConversation(visitorID string) (models.Conversation, error)
	// Alias finds a visitor who was merged into another of the organisation.
	Alias(organizationID int64, mergedInto string) (models.Visitor, error)
	// LatestNotification is when a visitor's latest notification was made; 0: there is none.
	LatestNotification(visitorID string) (models.Time, error)
	// Outdated lists an organisation's closed conversations in which nothing has happened since before, the oldest
	// first.
	Outdated(organizationID int64, before models.Time, limit int) ([]models.Conversation, error)
}

// ErasureTx removes what is known of visitors. Whoever removes messages keeps the indexer out until the end.
type ErasureTx interface {
	CreateErasure(e *models.Erasure) error
	// LockErasure comes before all other locks but a visitor's who is not being erased yet.
	LockErasure(id int64) (models.Erasure, error)
	SaveErasure(e models.Erasure) error
	DeleteErasure(id int64) error
	// BeginErasure forgets what a visitor is called and what her site says of her, and notes that nothing new of hers is
	// to be taken.
	BeginErasure(visitorID string, at models.Time) error
	// NoteErased notes when the visitor with this hash was erased.
	NoteErased(hash string, at models.Time) error
	// DeleteErased forgets up to limit hashes of visitors who were erased before a time.
	DeleteErased(before models.Time, limit int) error

	// RemoveConversation removes up to limit of a conversation's messages, events and notes; once there are none,
	// the rest of it, leaving figures what they need: then it is done. For those one that is open is closed at its
	// UpdatedAt.
	RemoveConversation(c models.Conversation, limit int) (removed models.Removed, done bool, err error)
	// RemoveOf removes up to limit of each kind of record that is a visitor's without belonging to a conversation
	// of hers, and masks her in the audit log; done, when there was less.
	RemoveOf(visitorID, mark string, limit int) (removed models.Removed, done bool, err error)
	// RemoveVisitor removes the visitor's own record.
	RemoveVisitor(id string) error

	// ForgetWords removes words of an organisation's vocabulary that no document has, looking at up to limit of
	// them from a place on; next is where the following begin, "" after the last. Indexers learn of it.
	ForgetWords(organizationID int64, from string, limit int) (next string, err error)
	// TidySearch rewrites a part of the search index, so that words which were removed do not stay in its files;
	// begin starts anew. more: there is more to rewrite.
	TidySearch(begin bool) (more bool, err error)
}

// ErasureView is an erasure as people see it.
type ErasureView struct {
	// Mark stands for the visitor in the audit log, where it tells when the erasure is over.
	Mark        string         `json:"mark"`
	Removed     models.Removed `json:"removed"`
	RequestedAt models.Time    `json:"requested_at"`
}

// erasedPrefix begins the mark of somebody who was erased.
const erasedPrefix = "erased-"

func newMark() string { return erasedPrefix + strings.ToLower(rand.Text()[:16]) }

// hashVisitor is what is kept of an erased visitor's id.
func hashVisitor(id string) string { return hashSecret("erased visitor " + id) }

// EraseVisitor begins to remove all that is known of a visitor of the caller's organisation. From the moment that it
// answers nobody is let in with her tokens, her subscriptions end and nothing new of hers is taken; what there is goes
// in the background, also after a crash. It may be asked for again while it is under way.
func (s *Service) EraseVisitor(ctx context.Context, p Principal, visitorID string) (ErasureView, error) {
	if err := s.gate.mayData(p); err != nil {
		return ErasureView{}, err
	}
	defer s.typists.forget()
	defer s.composing.forget()
	if err := s.gate.denials.flush(ctx); err != nil { // they may name her
		return ErasureView{}, err
	}
	e, err := s.eraser.begin(ctx, p, p.OrganizationID, visitorID)
	return ErasureView{Mark: e.Mark, Removed: e.Removed, RequestedAt: e.RequestedAt}, err
}

// begin notes that a visitor is to be erased; organizationID 0 is any.
func (x *Eraser) begin(ctx context.Context, by Principal, organizationID int64, visitorID string) (e models.Erasure, err error) {
	if !models.ValidVisitorID(visitorID) {
		return e, visitorNotFound(visitorID)
	}
	err = x.store.Update(ctx, func(tx Tx) error {
		if visitorID, err = goesBy(tx, visitorID); err != nil {
			return err
		}
		v, err := tx.LockVisitor(visitorID)
		if err == nil && organizationID != 0 && v.OrganizationID != organizationID {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "visitor_not_found", "There is no such visitor")
		}
		if e, err = tx.ErasureOf(visitorID); !errors.Is(err, ErrNoRecord) {
			return err // it is under way, or cannot be known
		}
		e, err = newErasure(ctx, tx, by, v)
		return err
	})
	if err == nil {
		x.committed()
		x.Wake()
	}
	return e, err
}

// goesBy finds the id that a visitor has now: she may have been merged into another.
func goesBy(r Reader, visitorID string) (string, error) {
	v, err := r.Visitor(visitorID)
	if err == nil && v.MergedInto != nil {
		return *v.MergedInto, nil
	}
	return visitorID, internalOnly(orNotFound(err, "", ""))
}

func newErasure(ctx context.Context, tx Tx, by Principal, v models.Visitor) (models.Erasure, error) {
	at := now()
	e := models.Erasure{
		OrganizationID: v.OrganizationID, VisitorID: &v.ID, Mark: newMark(), Address: bounded(callerOf(ctx).Address), RequestedAt: at,
	}
	e.ActorKind, e.ActorID = auditActor(by)
	if err := tx.CreateErasure(&e); err != nil {
		return e, err
	}
	if err := errors.Join(tx.BeginErasure(v.ID, at), tx.NoteErased(hashVisitor(v.ID), at)); err != nil {
		return e, err
	}
	gone, err := endAll(tx, v.ID)
	if err == nil {
		err = tellGone(tx, gone)
	}
	if err != nil {
		return e, err
	}
	err = audit(ctx, tx, by, Deed{Action: models.AuditErasureBegun, OrganizationID: v.OrganizationID, Target: visitorTarget(e.Mark)})
	if err != nil {
		return e, err
	}
	salt := rand.Text()
	return e, revoke(tx, v.OrganizationID, revocation{VisitorSalt: salt, VisitorHash: saltedVisitor(salt, v.ID)})
}

// saltedVisitor names a visitor in an event that stays when she is gone.
func saltedVisitor(salt, visitorID string) string { return hashSecret(salt + " " + visitorID) }

// isVisitors tells whether a subscription is of the visitor that a revocation names, or to a channel of hers.
func (r revocation) isVisitors(who any, channel string) bool {
	if p, ok := who.(Principal); ok && p.Party == Visitor && saltedVisitor(r.VisitorSalt, p.VisitorID) == r.VisitorHash {
		return true
	}
	family, target, _ := splitFamily(channel)
	return (family == serviceFamily || family == notificationFamily) && models.ValidVisitorID(target) &&
		saltedVisitor(r.VisitorSalt, target) == r.VisitorHash
}

// ErasedAt is when a visitor was last erased; 0: never. What happened until then is not to be told any more.
func ErasedAt(r Reader, visitorID string) (models.Time, error) {
	return r.ErasedAt(hashVisitor(visitorID))
}

// erasing refuses what would be kept of a visitor who is being erased.
func erasing(v models.Visitor) error {
	if v.ErasingAt == nil {
		return nil
	}
	return E(Conflict, "visitor_erasing", "This visitor is being erased; please try again in a moment")
}

// ErasureNotice is what an event says of a removed conversation: nothing but its number.
type ErasureNotice struct {
	ConversationID int64 `json:"conversation_id"`
	// Mark is in the place of the visitor's id; empty where retention removed the conversation.
	Mark string `json:"mark"`
}

// gone puts into the outbox that a conversation was removed: who looks at it learns so, and nobody listens to it any
// more.
func gone(tx Tx, c models.Conversation, mark string) error {
	payload, err := json.Marshal(Event{Entity: models.EventErasure, Event: created, Erasure: &ErasureNotice{c.ID, mark}})
	if err != nil {
		return err
	}
	err = tx.AppendEvent(&models.Event{
		OrganizationID: c.OrganizationID, VisitorID: mark, ConversationID: &c.ID, Kind: models.EventErasure, Action: created,
		Payload: string(payload), CreatedAt: now(),
	})
	if err != nil {
		return err
	}
	return tellRemoved(tx, c, mark)
}

// erasureChannels names where it is told.
func erasureChannels(e models.Event) []string {
	list := []string{conversationChannel(*e.ConversationID), staffChannel(*e.ConversationID)}
	if e.VisitorID != "" {
		list = append(list, serviceFamily+e.VisitorID) // for those who listen to all of an organisation's
	}
	return slices.Clip(list)
}
