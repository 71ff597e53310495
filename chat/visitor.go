package chat

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"parley/models"
)

// Grant is what a visitor's token says.
type Grant struct {
	VisitorID      string
	OrganizationID int64
	// KeyID is the API key that asked for it; 0: none.
	KeyID int64
	// Renewable: its holder may have another one for it.
	Renewable bool
	// NotBefore is the moment from which the visitor's tokens count.
	NotBefore models.Time
}

// Granter signs visitors' tokens.
type Granter interface {
	Grant(g Grant, ttl time.Duration) (token string, expires time.Time, err error)
}

// VisitorToken is a token for a visitor.
type VisitorToken struct {
	VisitorID string      `json:"visitor_id"`
	Token     string      `json:"token"`
	ExpiresAt models.Time `json:"expires_at"`
	// Identified is set where the call said who the visitor is.
	Identified *Identified `json:"identified,omitempty"`
}

func (s *Service) grant(g Grant, ttl time.Duration) (VisitorToken, error) {
	if s.cfg.Tokens == nil {
		return VisitorToken{}, errors.New("chat: nothing signs visitors' tokens")
	}
	token, expires, err := s.cfg.Tokens.Grant(g, ttl)
	return VisitorToken{VisitorID: g.VisitorID, Token: token, ExpiresAt: models.At(expires)}, err
}

// NewVisitor makes an anonymous visitor of the site, who is a token and nothing else until a conversation begins. The
// token can be renewed while it holds.
func (s *Service) NewVisitor(ctx context.Context, siteKey string) (VisitorToken, error) {
	o, err := s.siteOf(ctx, siteKey)
	if err == nil {
		err = s.gate.allowPage(ctx, o.ID)
	}
	if err != nil {
		return VisitorToken{}, err
	}
	return s.grant(Grant{VisitorID: newVisitorID(), OrganizationID: o.ID, Renewable: true}, s.cfg.VisitorTokenLife)
}

// newVisitorID draws 128 bits: a legal channel segment that nobody guesses.
func newVisitorID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// TokenRequest asks for a visitor's token. All but the visitor is a backend's to say, who answers for it.
type TokenRequest struct {
	VisitorID string
	// TTL 0 is that of anonymous visitors' tokens.
	TTL      time.Duration
	Identity Identity
	// Introduced: Identity is said, though it may be empty: the visitor is known from now on.
	Introduced bool
	// PreviousID is the anonymous visitor who this one turned out to be; empty: nobody.
	PreviousID string
}

// Token makes a visitor's token: for a backend, who may say at once who the visitor is, or for the visitor whose token
// still holds and can be renewed. credential is the caller's. A token that a backend asked for ends with its API key.
func (s *Service) Token(ctx context.Context, p Principal, credential string, r TokenRequest) (VisitorToken, error) {
	if !models.ValidVisitorID(r.VisitorID) {
		return VisitorToken{}, visitorIDInvalid()
	}
	switch p.Party {
	case Stranger:
		return VisitorToken{}, tokenMissing()
	case Visitor:
		return s.renew(ctx, p, credential, r)
	case Backend:
		if err := p.demand(models.ScopeVisitors); err != nil {
			return VisitorToken{}, err
		}
		return s.tokenFor(ctx, p, r)
	}
	return VisitorToken{}, forbidden("A visitor's token is for herself or for a backend")
}

func (s *Service) renew(ctx context.Context, p Principal, credential string, r TokenRequest) (VisitorToken, error) {
	if p.VisitorID != r.VisitorID {
		return VisitorToken{}, forbidden("The token belongs to another visitor")
	}
	claims, err := s.gate.verify(ctx, credential)
	if err != nil {
		return VisitorToken{}, err
	}
	if !claims.Renewable {
		return VisitorToken{}, E(Forbidden, "token_not_renewable", "This token is renewed by whoever gave it")
	}
	g := Grant{VisitorID: p.VisitorID, OrganizationID: p.OrganizationID, Renewable: true, NotBefore: p.Since}
	return s.grant(g, s.cfg.VisitorTokenLife)
}

func (s *Service) tokenFor(ctx context.Context, p Principal, r TokenRequest) (t VisitorToken, err error) {
	if r.TTL == 0 {
		r.TTL = min(s.cfg.VisitorTokenLife, s.gate.rules.TokenLife)
	}
	if r.TTL < time.Second || r.TTL > s.gate.rules.TokenLife {
		return t, E(Invalid, "ttl_invalid", "ttl is 1 to %d seconds", int64(s.gate.rules.TokenLife.Seconds()))
	}
	var said *Identified
	if r.Introduced || r.PreviousID != "" {
		if said, err = s.introduceFor(ctx, p, r); err != nil {
			return t, err
		}
	}
	g := Grant{VisitorID: r.VisitorID, OrganizationID: p.OrganizationID, KeyID: p.KeyID}
	v, err := s.store.View(ctx).Visitor(r.VisitorID)
	switch {
	case errors.Is(err, ErrNoRecord):
	case err != nil:
		return t, err
	case v.OrganizationID != p.OrganizationID:
		return t, visitorNotFound(r.VisitorID)
	case v.MergedInto != nil:
		return t, E(Conflict, "visitor_merged", "This visitor is known by another id now")
	default:
		g.NotBefore = v.TokensValidFrom
	}
	t, err = s.grant(g, r.TTL)
	t.Identified = said
	return t, err
}

// introduceFor writes down what a backend says of a visitor, as of now.
func (s *Service) introduceFor(ctx context.Context, p Principal, r TokenRequest) (*Identified, error) {
	if err := r.Identity.clean(); err != nil {
		return nil, err
	}
	if r.PreviousID != "" && !models.ValidVisitorID(r.PreviousID) {
		return nil, visitorIDInvalid()
	}
	const second = models.Time(1000) // what is signed within it is as new
	w := introduction{
		who: p, organizationID: p.OrganizationID, visitorID: r.VisitorID, formerID: r.PreviousID, identity: r.Identity,
		signed: now() / second * second,
	}
	said := new(Identified)
	return said, s.introduce(ctx, w, said)
}

// VisitorCard reads what is known of a visitor, for managers and backends of the organisation. An id that was merged
// away means the visitor who has what was its own.
func (s *Service) VisitorCard(ctx context.Context, p Principal, visitorID string) (*VisitorCard, error) {
	if err := s.gate.mayKnowVisitors(p); err != nil {
		return nil, err
	}
	id, err := s.meant(ctx, p, visitorID, &Sender{})
	if err != nil {
		return nil, err
	}
	v, err := s.store.View(ctx).Visitor(id)
	if err == nil && v.OrganizationID != p.OrganizationID {
		err = ErrNoRecord
	}
	if err != nil {
		return nil, orNotFound(err, "visitor_not_found", "There is no visitor %s", visitorID)
	}
	return viewVisitor(v), nil
}

// meant is whom managers and backends mean by an id: of one that was merged away, the visitor who has what was its
// own. Nobody else is led there.
func (s *Service) meant(ctx context.Context, p Principal, visitorID string, claimed *Sender) (string, error) {
	if p.Party != Manager && p.Party != Backend && claimed.Type != models.SenderManager {
		return visitorID, nil
	}
	v, err := s.store.View(ctx).Visitor(visitorID)
	if errors.Is(err, ErrNoRecord) || err == nil && (v.MergedInto == nil || p.OrganizationID != 0 && p.OrganizationID != v.OrganizationID) {
		return visitorID, nil
	}
	if err != nil {
		return "", err
	}
	if claimed.Type == models.SenderVisitor && claimed.ID == visitorID {
		claimed.ID = *v.MergedInto
	}
	return *v.MergedInto, nil
}

// LogoutRequest says whom to forget.
type LogoutRequest struct {
	// VisitorID may be left out by who has the visitor's token.
	VisitorID string
	Sender    Sender
}

// LogoutVisitor ends a visitor's open conversation and every token that she has; what listens with one hears no more.
// A backend may, and she herself; where her id is enough, whoever knows it, and the id goes on being enough.
// credential is the caller's.
func (s *Service) LogoutVisitor(ctx context.Context, p Principal, credential string, r LogoutRequest) error {
	if p.Party == Visitor && r.VisitorID == "" {
		r.VisitorID = p.VisitorID
	}
	if err := s.gate.mayLogOut(p, r.Sender); err != nil {
		return err
	}
	if !models.ValidVisitorID(r.VisitorID) {
		return visitorIDInvalid()
	}
	id, err := s.meant(ctx, p, r.VisitorID, &r.Sender)
	if err != nil {
		return err
	}
	if p.Party == Stranger {
		if _, err := s.store.View(ctx).Visitor(id); err != nil { // nobody is made only to be forgotten
			return orNotFound(err, "visitor_not_found", "There is no visitor %s", id)
		}
	}
	organization, err := s.organizationOf(ctx, p, id, "")
	if err != nil {
		return err
	}
	actor := p
	if p.Party != Backend {
		if actor, err = s.gate.Actor(ctx, p, r.Sender, id, organization.ID); err != nil {
			return err
		}
	}
	signed, err := s.signedAt(ctx, p, credential)
	if err != nil {
		return err
	}
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, id, organization.ID); err != nil {
			return err
		}
		return s.logout(tx, actor, id, signed)
	})
	if err == nil {
		s.Stir() // somebody has room now
	}
	return err
}

// signedAt is when a visitor's token was signed, which may be a little in the future.
func (s *Service) signedAt(ctx context.Context, p Principal, credential string) (models.Time, error) {
	if p.Party != Visitor {
		return 0, nil
	}
	claims, err := s.gate.verify(ctx, credential)
	if err != nil || claims.IssuedAt.IsZero() {
		return 0, err
	}
	return models.At(claims.IssuedAt), nil
}

func (s *Service) logout(tx Tx, actor Principal, visitorID string, signed models.Time) error {
	v, err := tx.LockVisitor(visitorID)
	if err != nil {
		return err
	}
	const second = models.Time(1000) // tokens tell full seconds
	v.TokensValidFrom = max((max(now(), signed)/second+1)*second, v.TokensValidFrom+second)
	if err := errors.Join(tx.SaveVisitor(v), tx.DeleteVisitorSecrets(v.ID)); err != nil {
		return err
	}
	open, err := tx.OpenConversations(visitorID)
	if err != nil {
		return err
	}
	for _, c := range open {
		_, err := s.end(tx, c, step{action: models.ActionClosed, actor: actor}, func(models.Conversation) bool { return true })
		if err != nil {
			return err
		}
	}
	return revokeVisitor(tx, v, nil)
}
