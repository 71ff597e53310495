package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/models"
)

// denials gathers refusals for the audit log: a row for each actor, address, action and minute, with how many there
// were, so that a flood of refusals is no flood of writes. They are written once the minute is over, or when somebody
// reads the log or the server stops; a crash loses those of its last minute.
type denials struct {
	store Store

	mu       sync.Mutex
	gathered map[denial]*models.AuditEntry
}

// denial is what refusals are gathered by.
type denial struct {
	organizationID              int64
	actorKind, actorID, address string
	action                      models.AuditAction
	minute                      int64
}

// maxDenials is how many rows a minute may bring. Who comes later is one of the others, whose refusals are counted
// together for each organisation, as far as these are not too many, too.
const (
	maxDenials = 500
	maxOthers  = 2 * maxDenials
)

func newDenials(store Store) *denials {
	return &denials{store: store, gathered: map[denial]*models.AuditEntry{}}
}

// note counts a refusal. The first one of a minute tells the target and the details.
func (d *denials) note(ctx context.Context, by Principal, deed Deed) {
	e := entryOf(ctx, by, deed)
	key := denial{
		actorKind: e.ActorKind, actorID: e.ActorID, address: e.Address, action: e.Action, minute: int64(e.At) / time.Minute.Milliseconds(),
	}
	if e.OrganizationID != nil {
		key.organizationID = *e.OrganizationID
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gathered[key] == nil && len(d.gathered) >= maxDenials {
		key.actorKind, key.actorID, key.address = "others", "", ""
		if d.gathered[key] == nil && len(d.gathered) >= maxOthers {
			key.organizationID = 0
			e.OrganizationID = nil
		}
		e = models.AuditEntry{OrganizationID: e.OrganizationID, At: e.At, ActorKind: "others", Action: e.Action, Count: 1, Details: "{}"}
	}
	if known := d.gathered[key]; known != nil {
		known.Count++
		return
	}
	d.gathered[key] = &e
}

// flush writes everything that was gathered.
func (d *denials) flush(ctx context.Context) error {
	return d.write(ctx, func(denial) bool { return true })
}

// settle writes the refusals of minutes that are over.
func (d *denials) settle(ctx context.Context) error {
	minute := int64(now()) / time.Minute.Milliseconds()
	return d.write(ctx, func(key denial) bool { return key.minute < minute })
}

func (d *denials) write(ctx context.Context, which func(denial) bool) error {
	entries := d.take(which)
	if len(entries) == 0 {
		return nil
	}
	slices.SortFunc(entries, func(a, b models.AuditEntry) int { return int(a.At - b.At) })
	return d.store.Update(ctx, func(tx Tx) error { return tx.AppendAudit(slices.Clone(entries)) })
}

func (d *denials) take(which func(denial) bool) (entries []models.AuditEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, e := range d.gathered {
		if which(key) {
			entries = append(entries, *e)
			delete(d.gathered, key)
		}
	}
	return entries
}

// Denied notes that a call was refused to somebody who showed credentials, by the place that answers calls. route is
// the call's, without what stands in its places; code is the refusal's.
func (g *Gate) Denied(ctx context.Context, route, code string) {
	p := callerOf(ctx).Principal()
	if p.Party == Stranger {
		return
	}
	g.denials.note(ctx, p, Deed{Action: models.AuditCallDenied, Target: AuditTarget{"call", route}, Details: map[string]any{"code": code}})
}

// refusedCredential notes a token or a key that does not hold. A key is told by the id that it claims.
func (g *Gate) refusedCredential(ctx context.Context, credential string) {
	target := AuditTarget{"token", ""}
	if id, ok := apiKeyID(credential); ok && strings.HasPrefix(credential, apiKeyPrefix) {
		target = AuditTarget{"key", strconv.FormatInt(id, 10)}
	}
	g.denials.note(ctx, Principal{}, Deed{Action: models.AuditCredentialRefused, Target: target})
}

// refusedChannel notes that somebody with credentials may not use a channel.
func (g *Gate) refusedChannel(ctx context.Context, who any, action models.AuditAction, channel string) {
	p, _ := who.(Principal)
	if p.Party == Stranger && action != models.AuditSubscriptionRevoked {
		return
	}
	g.denials.note(ctx, p, Deed{Action: action, Target: channelTarget(channel)})
}

// channelTarget names a channel. That of a visitor is hers; of channels that are not the chat's only the beginning is
// told, since anything may stand in their names.
func channelTarget(channel string) AuditTarget {
	family, target, chat := splitFamily(channel)
	switch {
	case !chat:
		first, _, more := strings.Cut(strings.TrimPrefix(channel, "/"), "/")
		if first = "/" + first; more {
			first += "/…"
		}
		return AuditTarget{"channel", first}
	case (family == serviceFamily || family == notificationFamily) && models.ValidVisitorID(target):
		return visitorTarget(target)
	}
	if _, number := parseConversationID(target); !number && target != "*" {
		channel = family + "…"
	}
	return AuditTarget{"channel", channel}
}

type reviewKey struct{}

// WithReview notes that the gate is asked again about a subscription that it has allowed before.
func WithReview(ctx context.Context) context.Context {
	return context.WithValue(ctx, reviewKey{}, true)
}

func reviewing(ctx context.Context) bool { return ctx.Value(reviewKey{}) != nil }
