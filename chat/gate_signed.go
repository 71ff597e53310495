package chat

import (
	"context"
	"crypto/sha1" // #nosec G505 -- the gem's clients sign with it, and nothing else
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/models"
)

// Subscriptions that a site has signed, as Rails' gem private_pub does: the message's ext holds when it was signed
// and the SHA-1 of the organisation's secret, the channel and that time. A signature is good for one channel, to
// the letter, and for beginning to listen within its time; whoever has seen it can do so, too. It makes its bearer
// the visitor whose channel it is: service, notifications, conversation, availability; and a visitor on a channel
// whose rules let visitors listen. It never opens a family's wildcard, what managers say, or another organisation.
// The gem's pushes show the secret itself.

const (
	signatureLife = time.Hour
	// signatureAhead is how much a site's clock may be ahead of ours.
	signatureAhead = 5 * time.Minute
	// secretsKept is how long the list of all secrets is believed; what it finds is looked up again.
	secretsKept = time.Second
)

// signature is what a message's ext has of it.
type signature struct {
	Signature any             `json:"private_pub_signature"`
	Timestamp json.RawMessage `json:"private_pub_timestamp"`
	Token     any             `json:"private_pub_token"`
}

func (g *Gate) signatureLife() time.Duration {
	if g.rules.SignatureLife > 0 {
		return g.rules.SignatureLife
	}
	return signatureLife
}

// identifySigned reads it; given is false when there is none. Whom it stands for shows with the channel, so that
// is settled later: here is decided whether it has the right form, and whether it still has its time.
func (g *Gate) identifySigned(ctx context.Context, s signature) (p Principal, given, ok bool, err error) {
	if secret, is := s.Token.(string); is && secret != "" {
		p, ok, err = g.identifySecret(ctx, secret)
		if !ok && err == nil {
			g.refusedCredential(ctx, "")
		}
		return p, true, ok, err
	}
	text, is := s.Signature.(string)
	if !is || text == "" {
		return Principal{}, false, true, nil
	}
	signedAt := strings.Trim(string(s.Timestamp), `"`)
	at, ok := signedMoment(signedAt)
	age := time.Since(at)
	ok = ok && isSHA1(text) && age <= g.signatureLife() && age >= -signatureAhead
	return Principal{Party: Signed, Signature: text, SignedAt: signedAt}, true, ok, nil
}

// signedMoment reads a time in milliseconds, or in seconds: those of three thousand years have fewer digits.
func signedMoment(text string) (time.Time, bool) {
	const digits = 16
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || len(text) > digits || text[0] == '+' {
		return time.Time{}, false
	}
	if n < 1e11 {
		return time.Unix(n, 0), true
	}
	return time.UnixMilli(n), true
}

func isSHA1(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha1.Size && strings.ToLower(text) == text
}

// identifySecret takes the secret itself for a backend's, as far as pushing goes.
func (g *Gate) identifySecret(ctx context.Context, secret string) (Principal, bool, error) {
	if inAddress(ctx) || len(secret) > maxSecret {
		return Principal{}, false, nil
	}
	holders, err := g.store.View(ctx).PrivatePubsBySecret(hashSecret(secret))
	if err != nil || len(holders) != 1 || subtle.ConstantTimeCompare([]byte(holders[0].Secret), []byte(secret)) != 1 {
		return Principal{}, false, err // two who have the same cannot be told apart
	}
	return secretPrincipal(holders[0]), true, nil
}

func secretPrincipal(p models.PrivatePub) Principal {
	return Principal{Party: Backend, OrganizationID: p.OrganizationID, Scopes: models.ScopePush, Since: p.CreatedAt}
}

// secretToday is who a pusher with a secret is today: nobody, if it was changed.
func (g *Gate) secretToday(ctx context.Context, p Principal) (Principal, bool, error) {
	held, err := g.store.View(ctx).PrivatePub(p.OrganizationID)
	return secretPrincipal(held), err == nil && held.CreatedAt == p.Since, err
}

// bearer settles for whom a signature speaks on a channel; ok is false when it is not good for that.
func (g *Gate) bearer(ctx context.Context, p Principal, channel string) (who Principal, ok bool, err error) {
	owner, visitorID, ok, err := g.signable(ctx, channel)
	if !ok || err != nil {
		return Principal{}, false, err
	}
	var signer models.PrivatePub
	if owner != 0 {
		signer, err = g.store.View(ctx).PrivatePub(owner)
	} else {
		signer, err = g.signer(ctx, p, channel)
	}
	if errors.Is(err, ErrNoRecord) {
		return Principal{}, false, nil
	}
	if err != nil || !signed(signer.Secret, p, channel) {
		return Principal{}, false, err
	}
	who = Principal{Party: Visitor, OrganizationID: signer.OrganizationID, VisitorID: visitorID}
	if visitorID == "" {
		return who, true, nil
	}
	v, err := g.store.View(ctx).Visitor(visitorID)
	if errors.Is(err, ErrNoRecord) {
		return who, true, nil
	}
	at, _ := signedMoment(p.SignedAt)
	who.Since = v.TokensValidFrom
	return who, err == nil && !at.Before(v.TokensValidFrom.Time()), err // as a token, it ends when she logs out
}

// signable tells whose a channel is that a signature may open: 0 for whoever signed, which is so of a visitor who is
// not known yet and of what is not the chat's.
func (g *Gate) signable(ctx context.Context, channel string) (owner int64, visitorID string, ok bool, err error) {
	family, target, chat := splitFamily(channel)
	r := g.store.View(ctx)
	switch {
	case !chat:
		return 0, "", true, nil
	case family == conversationFamily:
		id, ok := parseConversationID(target)
		if !ok {
			return 0, "", false, nil
		}
		c, err := r.Conversation(id)
		return found(c.OrganizationID, c.VisitorID, err)
	case family == availabilityFamily:
		id, ok := parseConversationID(target)
		return id, "", ok, nil
	case family == staffFamily || !models.ValidVisitorID(target):
		return 0, "", false, nil
	}
	v, err := r.Visitor(target)
	if errors.Is(err, ErrNoRecord) {
		return 0, target, true, nil
	}
	return found(v.OrganizationID, v.ID, err)
}

func found(organizationID int64, visitorID string, err error) (int64, string, bool, error) {
	if errors.Is(err, ErrNoRecord) {
		return 0, "", false, nil
	}
	return organizationID, visitorID, err == nil, err
}

// signed compares in a time that tells nothing.
func signed(secret string, p Principal, channel string) bool {
	sum := sha1.Sum([]byte(secret + channel + p.SignedAt)) // #nosec G401 -- see above
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(p.Signature)) == 1
}

// signer finds who signed for a channel that is nobody's.
func (g *Gate) signer(ctx context.Context, p Principal, channel string) (models.PrivatePub, error) {
	r := g.store.View(ctx)
	all, err := g.secrets.all(r)
	if err != nil {
		return models.PrivatePub{}, err
	}
	for _, one := range all {
		if signed(one.Secret, p, channel) {
			return r.PrivatePub(one.OrganizationID) // as it is now
		}
	}
	return models.PrivatePub{}, ErrNoRecord
}

// secretList is the list of all secrets, so that strangers who guess do not have it read again and again.
type secretList struct {
	mu    sync.Mutex
	known []models.PrivatePub
	until time.Time
}

func (l *secretList) all(r Reader) ([]models.PrivatePub, error) {
	l.mu.Lock()
	known, until := l.known, l.until
	l.mu.Unlock()
	if time.Now().Before(until) {
		return known, nil
	}
	known, err := r.PrivatePubs()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.until = known, time.Now().Add(secretsKept)
	return known, nil
}
