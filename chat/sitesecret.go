package chat

import (
	"context"
	"crypto/rand"
	"strings"

	"parley/models"
)

// VisitorReader reads what says who visitors are.
type VisitorReader interface {
	SiteSecret(id int64) (models.SiteSecret, error)
	// SiteSecrets lists an organisation's, by rising id.
	SiteSecrets(organizationID int64) ([]models.SiteSecret, error)
	// ConversationsOf lists the ids of a visitor's conversations, rising.
	ConversationsOf(visitorID string) ([]int64, error)
	// UnreadMessages lists the newest of one side that the other has not read in a conversation, by rising id.
	UnreadMessages(conversationID int64, sender models.SenderType, limit int) ([]models.Message, error)
}

// VisitorTx changes it.
type VisitorTx interface {
	CreateSiteSecret(s *models.SiteSecret) error
	DeleteSiteSecret(id int64) error

	// SaveVisitor keeps everything but the organisation and the ids.
	SaveVisitor(v models.Visitor) error
	// LockToMove reads all conversations of one visitor and the open one of another, by rising id, and keeps others
	// from them until the end.
	LockToMove(from, to string) ([]models.Conversation, error)
	// MoveVisitor gives everything that is one visitor's to another: conversations with their messages, files, steps
	// and notes, notifications and events. Both are locked, with their conversations, of which one at most is open.
	MoveVisitor(from, to string) error
}

// maxSiteSecrets bounds how many an organisation has.
const maxSiteSecrets = 20

// createSiteSecret makes one of 260 bits.
func createSiteSecret(ctx context.Context, tx Tx, by Principal, organizationID int64, name string) (models.SiteSecret, error) {
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return models.SiteSecret{}, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	all, err := tx.SiteSecrets(organizationID)
	if err != nil {
		return models.SiteSecret{}, err
	}
	if len(all) >= maxSiteSecrets {
		return models.SiteSecret{}, E(Conflict, "site_secrets_full", "An organisation has at most %d site secrets", maxSiteSecrets)
	}
	s := models.SiteSecret{
		OrganizationID: organizationID, Name: name, Secret: strings.ToLower(rand.Text() + rand.Text()), CreatedAt: now(),
	}
	if err := tx.CreateSiteSecret(&s); err != nil {
		return s, err
	}
	return s, auditSecret(ctx, tx, by, models.AuditSecretAdded, s)
}

func auditSecret(ctx context.Context, tx Tx, by Principal, action models.AuditAction, s models.SiteSecret) error {
	return audit(ctx, tx, by, Deed{Action: action, OrganizationID: s.OrganizationID, Target: targetOf("site_secret", s.ID)})
}

// deleteSiteSecret ends it, and what hangs on its tokens.
func deleteSiteSecret(ctx context.Context, tx Tx, by Principal, s models.SiteSecret) error {
	if err := tx.DeleteSiteSecret(s.ID); err != nil {
		return err
	}
	if err := auditSecret(ctx, tx, by, models.AuditSecretDeleted, s); err != nil {
		return err
	}
	return revoke(tx, s.OrganizationID, revocation{SecretID: s.ID})
}

// SiteSecrets lists those of the caller's organisation. The secrets themselves are not told again.
func (s *Service) SiteSecrets(ctx context.Context, p Principal) ([]models.SiteSecret, error) {
	if err := keepersOnly(p); err != nil {
		return nil, err
	}
	return s.store.View(ctx).SiteSecrets(p.OrganizationID)
}

// CreateSiteSecret makes one for the caller's organisation.
func (s *Service) CreateSiteSecret(ctx context.Context, p Principal, name string) (secret models.SiteSecret, err error) {
	if err := keepersOnly(p); err != nil {
		return secret, err
	}
	if name, err = validName(name); err != nil {
		return secret, err
	}
	err = s.update(ctx, func(tx Tx) error {
		secret, err = createSiteSecret(ctx, tx, p, p.OrganizationID, name)
		return err
	})
	return secret, err
}

// DeleteSiteSecret ends one of the caller's organisation: whatever it has signed holds no more.
func (s *Service) DeleteSiteSecret(ctx context.Context, p Principal, id int64) error {
	if err := keepersOnly(p); err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error {
		secret, err := tx.SiteSecret(id)
		if err == nil && secret.OrganizationID != p.OrganizationID {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "site_secret_not_found", "There is no site secret %d", id)
		}
		return deleteSiteSecret(ctx, tx, p, secret)
	})
}

// CreateSiteSecret makes one for an organisation.
func (a *Admin) CreateSiteSecret(ctx context.Context, organizationID int64, name string) (secret models.SiteSecret, err error) {
	if name, err = validName(name); err != nil {
		return secret, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		secret, err = createSiteSecret(ctx, tx, commandLine, organizationID, name)
		return err
	})
	return secret, err
}

// SiteSecrets lists an organisation's.
func (a *Admin) SiteSecrets(ctx context.Context, organizationID int64) ([]models.SiteSecret, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).SiteSecrets(organizationID)
}

// DeleteSiteSecret ends one.
func (a *Admin) DeleteSiteSecret(ctx context.Context, id int64) error {
	return a.store.Update(ctx, func(tx Tx) error {
		secret, err := tx.SiteSecret(id)
		if err != nil {
			return orNotFound(err, "site_secret_not_found", "There is no site secret %d", id)
		}
		return deleteSiteSecret(ctx, tx, commandLine, secret)
	})
}
