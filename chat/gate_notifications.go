package chat

import (
	"context"
	"errors"

	"parley/models"
)

// pushersOnly lets backends with the scope push notify.
func pushersOnly(p Principal) error {
	switch p.Party {
	case Stranger:
		return tokenMissing()
	case Backend:
		return p.demand(models.ScopePush)
	}
	return forbidden("Notifications come from backends")
}

// mayNotifications tells whether somebody whom admitReader let pass may read and mark a visitor's notifications: the
// visitor, who may be known by the id alone, and backends that may send them. known is false of a visitor who shows a
// token and of whom there is no record yet.
func (g *Gate) mayNotifications(ctx context.Context, p Principal, visitorID string) (known bool, err error) {
	own := p.Party != Visitor || p.VisitorID == visitorID
	v, err := g.store.View(ctx).Visitor(visitorID)
	switch {
	case errors.Is(err, ErrNoRecord) && p.Party == Visitor && own:
		return false, nil
	case errors.Is(err, ErrNoRecord), err == nil && p.OrganizationID != 0 && p.OrganizationID != v.OrganizationID:
		return false, visitorNotFound(visitorID)
	case err != nil:
		return false, err
	case !own:
		return false, forbidden("The token belongs to another visitor")
	}
	if p.Party == Stranger {
		if err := g.bareID(ctx, visitorID, &v); err != nil {
			return false, err
		}
	}
	return true, g.allowPage(ctx, v.OrganizationID)
}

// admitReader refuses what needs no looking up.
func (g *Gate) admitReader(p Principal, claimed Sender, visitorID string) error {
	switch p.Party {
	case Backend:
		if err := p.demand(models.ScopePush); err != nil {
			return err
		}
	case Stranger, Visitor:
		if err := g.Admit(p, claimed); err != nil {
			return err
		}
		if claimed.Type == models.SenderManager {
			return forbidden("Notifications are the visitor's")
		}
	default:
		return forbidden("Notifications are the visitor's")
	}
	if !models.ValidVisitorID(visitorID) {
		return visitorIDInvalid()
	}
	if claimed.ID != "" && claimed.ID != visitorID {
		return senderMismatch()
	}
	return nil
}
