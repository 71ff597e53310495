package chat

import (
	"context"
	"errors"
	"slices"

	"parley/models"
)

// IdentifyRequest says who a visitor is. Token is a site secret's. PreviousToken, or where knowing it is enough
// PreviousID, is the visitor whom the browser was until then.
type IdentifyRequest struct {
	Token, PreviousToken, PreviousID string
}

// Identified is what became of it.
type Identified struct {
	Visitor *VisitorCard `json:"visitor"`
	// Merged: the previous visitor's conversations are this one's now. MergeRefused is why not, where one was named:
	// token_invalid, token_missing, visitor_not_found, visitor_merged, or visitor_identified when that is somebody
	// else.
	Merged       bool   `json:"merged"`
	MergeRefused string `json:"merge_refused,omitempty"`
	// ExpiresAt is when the token ends.
	ExpiresAt *models.Time `json:"expires_at,omitempty"`
}

// Identify writes down what a signed token says of its visitor, unless what is known was signed later, and gives her
// what was the anonymous visitor's that the browser was before. Whoever was identified is not merged into anybody.
func (s *Service) Identify(ctx context.Context, r IdentifyRequest) (Identified, error) {
	claims, err := s.gate.verify(ctx, r.Token)
	if err == nil && claims.SecretID == 0 {
		err = E(Forbidden, "identity_unsigned", "An identity is signed with a site secret")
	}
	var p Principal
	if err == nil {
		p, err = s.gate.principal(ctx, claims)
	}
	if err == nil {
		err = s.gate.allowPage(ctx, p.OrganizationID)
	}
	if err == nil {
		err = claims.Identity.clean()
	}
	if err != nil {
		return Identified{}, err
	}
	w := introduction{who: p, organizationID: p.OrganizationID, visitorID: p.VisitorID, identity: claims.Identity, signed: models.At(claims.IssuedAt)}
	var result Identified
	if w.formerID, result.MergeRefused, err = s.former(ctx, p, r); err != nil {
		return Identified{}, err
	}
	if err := s.introduce(ctx, w, &result); err != nil {
		return Identified{}, err
	}
	until := models.At(claims.ExpiresAt)
	result.ExpiresAt = &until
	return result, nil
}

// former finds whom the browser was, as far as that is shown and she has anything; refused is why it is not believed.
func (s *Service) former(ctx context.Context, p Principal, r IdentifyRequest) (id, refused string, err error) {
	id, err = r.PreviousID, nil
	if r.PreviousToken != "" {
		id, err = s.whoWas(ctx, p, r.PreviousToken)
	} else if id != "" && !models.ValidVisitorID(id) {
		err = visitorNotFound(id)
	}
	if err == nil && (id == "" || id == p.VisitorID) {
		return "", "", nil
	}
	var v models.Visitor
	if err == nil {
		v, err = s.store.View(ctx).Visitor(id)
	}
	if err == nil && r.PreviousToken == "" {
		err = s.gate.bareID(ctx, id, &v)
	}
	var refusal *Error
	switch {
	case errors.Is(err, ErrNoRecord): // nothing is hers yet
		return "", "", nil
	case errors.As(err, &refusal):
		return "", refusal.Code, nil
	}
	return id, "", err
}

// whoWas is whose token it is that tells whom the browser was.
func (s *Service) whoWas(ctx context.Context, p Principal, token string) (string, error) {
	before, _, err := s.gate.authenticate(ctx, token)
	switch {
	case err != nil:
		return "", err
	case before.Party != Visitor:
		return "", tokenInvalid()
	case before.OrganizationID != 0 && before.OrganizationID != p.OrganizationID:
		return "", visitorNotFound(before.VisitorID)
	}
	return before.VisitorID, nil
}

// introduction is the wish to say who a visitor is.
type introduction struct {
	who            Principal
	organizationID int64
	visitorID      string
	formerID       string // empty: nobody
	identity       Identity
	// signed is when that was said; what is known from later stays.
	signed models.Time
}

func (s *Service) introduce(ctx context.Context, w introduction, result *Identified) error {
	if w.formerID == w.visitorID {
		w.formerID = ""
	}
	if done, err := s.introduced(ctx, w, result); done || err != nil {
		return err
	}
	err := s.update(ctx, func(tx Tx) error {
		*result = Identified{MergeRefused: result.MergeRefused} // another try begins anew
		return s.write(tx, w, result)
	})
	if result.Merged {
		s.Stir() // somebody may have room now
	}
	return err
}

// introduced spares a page that says the same with every view the transaction.
func (s *Service) introduced(ctx context.Context, w introduction, result *Identified) (bool, error) {
	v, err := s.store.View(ctx).Visitor(w.visitorID)
	if errors.Is(err, ErrNoRecord) {
		return false, nil
	}
	if err != nil || w.formerID != "" || v.OrganizationID != w.organizationID || v.IdentifiedAt == nil || v.MergedInto != nil || w.signed > v.SignedAt {
		return false, err
	}
	result.Visitor = viewVisitor(v)
	return w.signed < v.SignedAt || !w.identity.into(&v), nil
}

// write locks the visitors, in the order of their ids, and does what is wished.
func (s *Service) write(tx Tx, w introduction, result *Identified) error {
	var known, former models.Visitor
	ids := []string{w.visitorID}
	if w.formerID != "" {
		ids = append(ids, w.formerID)
		slices.Sort(ids)
	}
	for _, id := range ids {
		var err error
		if id == w.formerID {
			former, err = tx.LockVisitor(id)
			if errors.Is(err, ErrNoRecord) {
				err, former = nil, models.Visitor{} // nothing is hers yet
			}
		} else {
			known, err = s.lockIntroduced(tx, w)
		}
		if err != nil {
			return err
		}
	}
	refused := mergeRefused(w, former)
	if refused != "" {
		result.MergeRefused = refused
	}
	return s.settle(tx, w, known, former, result)
}

// lockIntroduced makes the visitor, if she is new, and keeps others from her.
func (s *Service) lockIntroduced(tx Tx, w introduction) (models.Visitor, error) {
	if err := s.ensureVisitor(tx, w.visitorID, w.organizationID); err != nil {
		return models.Visitor{}, err
	}
	v, err := tx.LockVisitor(w.visitorID)
	if err == nil && w.who.Party == Visitor && v.TokensValidFrom != w.who.Since {
		err = tokenInvalid() // logged out since we looked
	}
	return v, err
}

// mergeRefused tells why the former visitor stays who she is; empty: she does not, or there is none.
func mergeRefused(w introduction, former models.Visitor) string {
	switch {
	case former.ID == "":
		return ""
	case former.OrganizationID != w.organizationID, former.ErasingAt != nil:
		return "visitor_not_found"
	case former.MergedInto != nil:
		return "visitor_merged"
	case former.IdentifiedAt != nil:
		return "visitor_identified"
	}
	return ""
}

// settle writes what is new. The visitors are locked.
func (s *Service) settle(tx Tx, w introduction, v, former models.Visitor, result *Identified) error {
	at := now()
	before := v
	if w.signed >= v.SignedAt {
		w.identity.into(&v)
		v.SignedAt = w.signed
	}
	first := v.IdentifiedAt == nil
	if first {
		v.IdentifiedAt = &at
	}
	merge := former.ID != "" && result.MergeRefused == ""
	if first { // until now her ids were enough
		known, err := tx.ConversationsOf(v.ID)
		if err == nil {
			err = revokeVisitor(tx, v, known)
		}
		if err != nil {
			return err
		}
	}
	if merge {
		if err := s.merge(tx, &v, former, at); err != nil {
			return err
		}
	}
	if v != before {
		if err := tx.SaveVisitor(v); err != nil {
			return err
		}
	}
	result.Merged = merge
	result.Visitor = viewVisitor(v)
	renamed := !sameText(before.Name, v.Name)
	if !first && !merge && !renamed && sameText(before.Email, v.Email) && before.Attributes == v.Attributes {
		return nil
	}
	card := *result.Visitor
	if merge {
		card.PreviousID = former.ID
	}
	return s.tell(tx, v, card, renamed || merge, at)
}

// tell lets managers know who the visitor is: among themselves, and when it shows in the conversation, all who see
// that.
func (s *Service) tell(tx Tx, v models.Visitor, card VisitorCard, shows bool, at models.Time) error {
	ev := Event{Entity: models.EventVisitor, Event: updated, VisitorCard: &card}
	open, err := tx.OpenConversations(v.ID)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return appendEvent(tx, models.Event{
			OrganizationID: v.OrganizationID, VisitorID: v.ID, Kind: ev.Entity, Action: updated, CreatedAt: at,
		}, ev)
	}
	for _, c := range open {
		if err := tellIn(tx, c.ID, ev, shows, at); err != nil {
			return err
		}
	}
	return nil
}

func tellIn(tx Tx, id int64, ev Event, shows bool, at models.Time) error {
	c, err := tx.LockConversation(id)
	if err != nil {
		return err
	}
	if err := record(tx, &c, updated, ev, at); err != nil {
		return err
	}
	if !shows {
		return tx.SaveConversation(c)
	}
	_, err = announce(tx, &c, updated, at)
	return err
}
