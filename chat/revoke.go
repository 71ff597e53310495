package chat

import (
	"context"
	"encoding/json"
	"errors"

	"parley/models"
)

// revocation is the payload of an access event: whose rights ended. One of them is set.
type revocation struct {
	ManagerID int64 `json:"manager_id,omitempty"`
	KeyID     int64 `json:"key_id,omitempty"`
	// PrivatePubOf is the organisation whose secret changed. A signature does not tell whose it is.
	PrivatePubOf int64 `json:"private_pub_of,omitempty"`
}

func (r revocation) concerns(who any) bool {
	p, ok := who.(Principal)
	switch {
	case !ok:
		return false
	case r.PrivatePubOf != 0:
		return p.Party == Signed || p.Party == Backend && p.KeyID == 0 && p.OrganizationID == r.PrivatePubOf
	}
	return r.ManagerID != 0 && p.ManagerID == r.ManagerID || r.KeyID != 0 && p.KeyID == r.KeyID
}

// revoke puts into the outbox that somebody's rights ended; every node then asks the gate about her
// subscriptions again.
func revoke(tx Tx, organizationID int64, r revocation) error {
	payload, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.AppendEvent(&models.Event{
		OrganizationID: organizationID, Kind: models.EventAccess, Action: "revoked", Payload: string(payload), CreatedAt: now(),
	})
}

// deliverRevocation has the engine ask again about everything that hung on the rights.
func (f FayeFeed) deliverRevocation(ctx context.Context, e models.Event) error {
	var r revocation
	if err := json.Unmarshal([]byte(e.Payload), &r); err != nil {
		return err
	}
	f.publisher.ReviewOf(ctx, r.concerns)
	return nil
}

// current tells whether p's manager or key is still there, and what the manager may do today. A session's
// principal is as old as its credentials.
func (g *Gate) current(ctx context.Context, p Principal) (today Principal, there bool, err error) {
	switch p.Party {
	case Manager:
		since := p.Since
		p, err = g.managerPrincipal(ctx, p.ManagerID)
		there = p.Since == since
	case Backend:
		if p.KeyID == 0 {
			p, there, err = g.secretToday(ctx, p)
			break
		}
		p, err = g.backend(ctx, p.KeyID)
		there = true
	default:
		return p, true, nil
	}
	if errors.Is(err, ErrNoRecord) {
		return Principal{}, false, nil
	}
	return p, there && err == nil, err
}
