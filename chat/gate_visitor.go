package chat

import (
	"context"
	"errors"
	"time"

	"parley/models"
)

// What is believed of visitors.
//
//   - A token of the server's own keys is believed as it is. One that a site secret signed is a visitor's of the
//     secret's organisation whatever else it says; it says when it was signed, and ends within Rules.TokenLife.
//   - Each time that something hangs on a token it is asked whether it still holds: whether its site secret and the
//     API key that asked for it are there, and whether the visitor has logged out since.
//   - A bare id is enough for a visitor who is anonymous and nothing more: who was identified needs a token, in
//     capability mode too, since ids of a site's own users can be guessed.
//   - Who was merged into another visitor is nobody any more: neither the id nor its tokens lead to what she has now.
//     Managers and backends that name it mean the other.

const (
	tokenLife = 30 * 24 * time.Hour
	// clockSkew is how far in the future a token may have been signed.
	clockSkew = time.Minute
)

// verify checks a token, and that it is good for something here: see grantedTo.
func (g *Gate) verify(ctx context.Context, credential string) (Claims, error) {
	claims, err := g.checkSignature(ctx, credential)
	if err == nil {
		_, err = grantedTo(ctx, claims)
	}
	return claims, err
}

// checkSignature asks the server's keys, or the site secret that the token names.
func (g *Gate) checkSignature(ctx context.Context, credential string) (Claims, error) {
	id, says := g.verifier.SiteSecret(credential)
	if !says {
		claims, err := g.verifier.Verify(credential)
		if err != nil {
			return Claims{}, tokenInvalid()
		}
		return claims, nil
	}
	secret, err := g.store.View(ctx).SiteSecret(id)
	if errors.Is(err, ErrNoRecord) {
		return Claims{}, tokenInvalid()
	}
	if err != nil {
		return Claims{}, err
	}
	claims, err := g.verifier.VerifySite(credential, secret.Secret)
	if err != nil || !g.siteMaySay(claims, secret) {
		return Claims{}, tokenInvalid()
	}
	claims.Role, claims.OrganizationID = string(Visitor), secret.OrganizationID
	claims.SecretID = secret.ID
	return claims, nil
}

// siteMaySay tells whether a site secret may sign this: it can never make a manager, nor a visitor of another
// organisation, nor one for ever.
func (g *Gate) siteMaySay(c Claims, secret models.SiteSecret) bool {
	at := time.Now()
	return (c.Role == "" || c.Role == string(Visitor)) &&
		(c.OrganizationID == 0 || c.OrganizationID == secret.OrganizationID) &&
		!c.IssuedAt.IsZero() && !c.IssuedAt.After(at.Add(clockSkew)) && !c.ExpiresAt.After(at.Add(g.rules.TokenLife+clockSkew))
}

func (g *Gate) visitorPrincipal(ctx context.Context, claims Claims) (Principal, error) {
	if !models.ValidVisitorID(claims.Subject) {
		return Principal{}, tokenInvalid()
	}
	p := Principal{
		Party: Visitor, VisitorID: claims.Subject, OrganizationID: claims.OrganizationID,
		SecretID: claims.SecretID, KeyID: claims.KeyID,
	}
	v, err := g.store.View(ctx).Visitor(claims.Subject)
	switch {
	case errors.Is(err, ErrNoRecord):
	case err != nil:
		return Principal{}, err
	case v.MergedInto != nil:
		return Principal{}, visitorMerged()
	case v.TokensValidFrom > 0 && claims.IssuedAt.Before(v.TokensValidFrom.Time()):
		return Principal{}, tokenInvalid() // she logged out
	default:
		p.Since = v.TokensValidFrom
	}
	holds, err := g.keysHold(ctx, p)
	if err == nil && holds {
		p.ErasedAt, err = ErasedAt(g.store.View(ctx), p.VisitorID)
		holds = p.ErasedAt == 0 || claims.IssuedAt.Unix() > p.ErasedAt.Time().Unix() // tokens tell no less than seconds
	}
	if err == nil && !holds {
		err = tokenInvalid()
	}
	return p, err
}

// visitorHolds tells whether a visitor who was let in would be let in again.
func (g *Gate) visitorHolds(ctx context.Context, p Principal) (bool, error) {
	v, err := g.store.View(ctx).Visitor(p.VisitorID)
	switch {
	case errors.Is(err, ErrNoRecord):
	case err != nil:
		return false, err
	case v.TokensValidFrom != p.Since, v.MergedInto != nil:
		return false, nil
	}
	if at, err := ErasedAt(g.store.View(ctx), p.VisitorID); err != nil || at != p.ErasedAt {
		return false, err
	}
	return g.keysHold(ctx, p)
}

// keysHold tells whether what a visitor's token hangs on is still there.
func (g *Gate) keysHold(ctx context.Context, p Principal) (bool, error) {
	r := g.store.View(ctx)
	holds := true
	var err error
	if p.SecretID != 0 {
		_, err = r.SiteSecret(p.SecretID)
	}
	if err == nil && p.KeyID != 0 {
		var key models.APIKey
		key, err = r.APIKey(p.KeyID)
		holds = key.Scopes.Has(models.ScopeVisitors)
	}
	if errors.Is(err, ErrNoRecord) {
		return false, nil
	}
	return holds && err == nil, err
}

// bareID refuses who knows no more than an id of a visitor, or of a conversation of hers, where that is not enough.
// known is the visitor's record where it was read already.
func (g *Gate) bareID(ctx context.Context, visitorID string, known *models.Visitor) error {
	if g.rules.SignedVisitors {
		return tokenMissing()
	}
	if known == nil {
		v, err := g.store.View(ctx).Visitor(visitorID)
		if errors.Is(err, ErrNoRecord) {
			return nil
		}
		if err != nil {
			return err
		}
		known = &v
	}
	switch {
	case known.MergedInto != nil:
		return visitorMerged()
	case known.IdentifiedAt != nil:
		return tokenMissing()
	}
	return nil
}

// internalOnly leaves out refusals.
func internalOnly(err error) error {
	if KindOf(err) == Internal {
		return err
	}
	return nil
}

func visitorMerged() *Error {
	return E(Unauthenticated, "visitor_merged", "This visitor is known by another id now")
}

// mayLogOut tells whether somebody may log visitors out at all: a backend with the scope visitors, or whoever may be
// the visitor.
func (g *Gate) mayLogOut(p Principal, claimed Sender) error {
	if p.Party == Backend {
		return p.demand(models.ScopeVisitors)
	}
	if err := g.Admit(p, claimed); err != nil {
		return err
	}
	if p.Party == Manager || claimed.Type == models.SenderManager {
		return forbidden("A visitor logs out, or her site's backend does it for her")
	}
	return nil
}

// mayKnowVisitors lets managers, and backends with the scope visitors, see who a visitor is.
func (g *Gate) mayKnowVisitors(p Principal) error {
	switch p.Party {
	case Manager, Backend:
		return p.demand(models.ScopeVisitors)
	case Stranger:
		return tokenMissing()
	}
	return forbidden("Only managers and backends see who a visitor is")
}
