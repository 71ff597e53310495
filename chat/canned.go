package chat

import (
	"context"
	"strings"

	"parley/models"
)

// CannedRequest describes a canned reply; nil leaves what is.
type CannedRequest struct {
	Shortcut, Content *string
	// Shared makes it everybody's; of meaning only when it is made.
	Shared bool
}

// apply writes what is given into c.
func (r CannedRequest) apply(c *models.CannedReply) error {
	if r.Shortcut != nil {
		c.Shortcut = strings.ToLower(*r.Shortcut)
	}
	if r.Content != nil {
		content, ok := models.CleanContent(*r.Content)
		if !ok {
			return contentInvalid()
		}
		c.Content = content
	}
	if !models.ValidShortcut(c.Shortcut) {
		return E(Invalid, "shortcut_invalid", "A shortcut is 1 to 32 letters, digits, - and _")
	}
	if c.Content == "" {
		return contentInvalid()
	}
	return nil
}

// CannedReplies lists those that are everybody's, and the caller's own, by their shortcuts.
func (s *Service) CannedReplies(ctx context.Context, p Principal, claimed Sender) ([]models.CannedReply, error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return nil, err
	}
	return s.store.View(ctx).CannedReplies(actor.OrganizationID, ownerOf(actor))
}

func ownerOf(actor Principal) *int64 {
	if actor.Party != Manager {
		return nil
	}
	return &actor.ManagerID
}

// mayCan tells whether the actor may make and change the reply: her own, or, who supervises and backends,
// everybody's.
func mayCan(actor Principal, c models.CannedReply) error {
	if c.ManagerID != nil && actor.Party == Manager && *c.ManagerID == actor.ManagerID ||
		c.ManagerID == nil && (actor.supervises() || actor.Party == Backend) {
		return nil
	}
	return forbidden("Only supervisors change what is everybody's")
}

// CreateCannedReply makes one: the caller's own, or everybody's.
func (s *Service) CreateCannedReply(ctx context.Context, p Principal, claimed Sender, r CannedRequest) (models.CannedReply, error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return models.CannedReply{}, err
	}
	c := models.CannedReply{OrganizationID: actor.OrganizationID}
	if !r.Shared {
		c.ManagerID = ownerOf(actor)
	}
	if err := mayCan(actor, c); err != nil {
		return c, err
	}
	if err := r.apply(&c); err != nil {
		return c, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		c.ID = 0
		c.CreatedAt = now()
		if err := roomForReply(tx, c); err != nil {
			return err
		}
		return tx.CreateCannedReply(&c)
	})
	return c, err
}

// roomForReply keeps shortcuts unique for each owner, and the number of replies bounded. The organisation's lock makes
// it one at a time.
func roomForReply(tx Tx, c models.CannedReply) error {
	if _, err := tx.LockOrganization(c.OrganizationID); err != nil {
		return err
	}
	all, err := tx.CannedReplies(c.OrganizationID, c.ManagerID)
	if err != nil {
		return err
	}
	n := 0
	for _, other := range all {
		if (other.ManagerID == nil) != (c.ManagerID == nil) || other.ID == c.ID {
			continue
		}
		if n++; other.Shortcut == c.Shortcut {
			return E(Conflict, "shortcut_taken", "Another reply has the shortcut %s", c.Shortcut)
		}
	}
	if n >= models.MaxCannedReplies {
		return E(Conflict, "too_many_replies", "There are %d replies already", models.MaxCannedReplies)
	}
	return nil
}

// ChangeCannedReply changes what is given.
func (s *Service) ChangeCannedReply(ctx context.Context, p Principal, claimed Sender, id int64, r CannedRequest) (models.CannedReply, error) {
	return s.cannedReply(ctx, p, claimed, id, func(tx Tx, c *models.CannedReply) error {
		if err := r.apply(c); err != nil {
			return err
		}
		if err := roomForReply(tx, *c); err != nil {
			return err
		}
		return tx.SaveCannedReply(*c)
	})
}

// DeleteCannedReply removes one.
func (s *Service) DeleteCannedReply(ctx context.Context, p Principal, claimed Sender, id int64) error {
	_, err := s.cannedReply(ctx, p, claimed, id, func(tx Tx, c *models.CannedReply) error { return tx.DeleteCannedReply(c.ID) })
	return err
}

// cannedReply finds one that the caller may change; a colleague's own is not found.
func (s *Service) cannedReply(ctx context.Context, p Principal, claimed Sender, id int64, fn func(Tx, *models.CannedReply) error) (c models.CannedReply, err error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return c, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		c, err = tx.CannedReply(id)
		foreign := c.OrganizationID != actor.OrganizationID ||
			c.ManagerID != nil && (actor.Party != Manager || *c.ManagerID != actor.ManagerID)
		if err == nil && foreign {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "canned_reply_not_found", "There is no canned reply %d", id)
		}
		if err := mayCan(actor, c); err != nil {
			return err
		}
		return fn(tx, &c)
	})
	return c, err
}
