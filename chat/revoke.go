package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"parley/models"
)

// revocation is the payload of an access event: whose rights ended. One of them is set.
type revocation struct {
	ManagerID int64  `json:"manager_id,omitempty"`
	KeyID     int64  `json:"key_id,omitempty"`
	SecretID  int64  `json:"secret_id,omitempty"`
	VisitorID string `json:"visitor_id,omitempty"`
	// Conversations are a visitor's, to which a bare id may have been enough.
	Conversations []int64 `json:"conversations,omitempty"`
	// PrivatePubOf is the organisation whose secret changed. A signature does not tell whose it is.
	PrivatePubOf int64 `json:"private_pub_of,omitempty"`
	// VisitorHash is that of an erased visitor's id with VisitorSalt in it, since the event outlives her.
	VisitorSalt string `json:"visitor_salt,omitempty"`
	VisitorHash string `json:"visitor_hash,omitempty"`
}

func (r revocation) concerns(who any) bool {
	p, ok := who.(Principal)
	switch {
	case !ok:
		return false
	case r.PrivatePubOf != 0:
		return p.Party == Signed || p.Party == Backend && p.KeyID == 0 && p.OrganizationID == r.PrivatePubOf
	case r.VisitorID != "":
		return p.Party == Visitor && p.VisitorID == r.VisitorID
	}
	return r.ManagerID != 0 && p.ManagerID == r.ManagerID || r.KeyID != 0 && p.KeyID == r.KeyID || r.SecretID != 0 && p.SecretID == r.SecretID
}

// channels are those on which somebody without a token may listen to the visitor.
func (r revocation) channels() (list []string) {
	if r.VisitorID != "" {
		list = append(list, serviceFamily+r.VisitorID, notificationFamily+r.VisitorID)
	}
	for _, id := range r.Conversations {
		list = append(list, conversationChannel(id))
	}
	return list
}

// revokedAtOnce bounds the conversations that one event names.
const revokedAtOnce = 500

// revokeVisitor puts into the outbox that a visitor's rights, or those of who knows her ids, have changed.
func revokeVisitor(tx Tx, v models.Visitor, conversations []int64) error {
	if err := revoke(tx, v.OrganizationID, revocation{VisitorID: v.ID}); err != nil {
		return err
	}
	for some := range slices.Chunk(conversations, revokedAtOnce) {
		if err := revoke(tx, v.OrganizationID, revocation{Conversations: some}); err != nil {
			return err
		}
	}
	return nil
}

// revoke puts into the outbox that somebody's rights ended; every node then asks the gate about her
// subscriptions again.
func revoke(tx Tx, organizationID int64, r revocation) error {
	payload, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.AppendEvent(&models.Event{
		OrganizationID: organizationID, VisitorID: r.VisitorID, Kind: models.EventAccess, Action: "revoked", Payload: string(payload), CreatedAt: now(),
	})
}

// deliverRevocation has the engine ask again about everything that hung on the rights.
func (f FayeFeed) deliverRevocation(ctx context.Context, e models.Event) error {
	var r revocation
	if err := json.Unmarshal([]byte(e.Payload), &r); err != nil {
		return err
	}
	if r.VisitorHash != "" { // nothing is to be asked: they all end
		f.publisher.Revoke(ctx, r.isVisitors)
		return nil
	}
	for _, channel := range r.channels() {
		f.publisher.Review(ctx, channel)
	}
	f.publisher.ReviewOf(ctx, r.concerns)
	return nil
}

// current tells whether p's manager, visitor, key or secret is still there, and what the manager may do today. A session's
// principal is as old as its credentials.
func (g *Gate) current(ctx context.Context, p Principal) (today Principal, there bool, err error) {
	switch p.Party {
	case Manager:
		was := p
		if p.KeyID == 0 {
			p, err = g.managerPrincipal(ctx, p.ManagerID)
		} else {
			p, err = g.keyHolder(ctx, p.KeyID)
		}
		there = p.ManagerID == was.ManagerID && p.Since == was.Since
		p.Channels = was.Channels
	case Backend:
		if p.KeyID == 0 {
			p, there, err = g.secretToday(ctx, p)
			break
		}
		p, err = g.keyHolder(ctx, p.KeyID)
		there = true
	case Visitor:
		there, err = g.visitorHolds(ctx, p)
	default:
		return p, true, nil
	}
	if errors.Is(err, ErrNoRecord) {
		return Principal{}, false, nil
	}
	return p, there && err == nil, err
}
