package chat

import (
	"context"
	"crypto/rand"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/models"
)

// Admin manages organisations, people and keys. It is for the operator: nothing is asked of the gate.
type Admin struct{ store Store }

// NewAdmin makes it.
func NewAdmin(store Store) *Admin { return &Admin{store: store} }

const maxName = 200

// plain tells whether s is text of one line, which every database keeps.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

func validName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || !plain(name) || utf8.RuneCountInString(name) > maxName {
		return "", E(Invalid, "name_invalid", "A name has 1 to %d characters", maxName)
	}
	return name, nil
}

func validEmail(email string) (string, error) {
	address, err := mail.ParseAddress(normalEmail(email))
	if err != nil || address.Address != normalEmail(email) || len(email) > maxName || !plain(email) {
		return "", E(Invalid, "email_invalid", "%q is no e-mail address", email)
	}
	return address.Address, nil
}

// CreateOrganization adds an organisation with a site key of its own.
func (a *Admin) CreateOrganization(ctx context.Context, name string) (o models.Organization, err error) {
	if name, err = validName(name); err != nil {
		return o, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		o = models.Organization{UUID: newUUID(), Name: name, SiteKey: strings.ToLower(rand.Text()), TimeZone: "UTC",
			Strategy: models.LeastLoaded, CreatedAt: now()}
		if err := tx.CreateOrganization(&o); err != nil {
			return err
		}
		return audit(ctx, tx, commandLine, Deed{Action: models.AuditOrganizationAdded, OrganizationID: o.ID, Target: targetOf("organization", o.ID)})
	})
	return o, err
}

// Organizations lists all.
func (a *Admin) Organizations(ctx context.Context) ([]models.Organization, error) {
	return a.store.View(ctx).Organizations()
}

// Organization finds one.
func (a *Admin) Organization(ctx context.Context, id int64) (models.Organization, error) {
	o, err := a.store.View(ctx).Organization(id)
	return o, orNotFound(err, "organization_not_found", "There is no organisation %d", id)
}

// DeleteOrganization removes an organisation with everything it owns.
func (a *Admin) DeleteOrganization(ctx context.Context, id int64) error {
	if _, err := a.Organization(ctx, id); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx Tx) error {
		if err := tx.DeleteOrganization(id); err != nil {
			return err
		}
		return audit(ctx, tx, commandLine, Deed{Action: models.AuditOrganizationGone, Target: targetOf("organization", id)})
	})
}

// CreateManager adds a manager. The e-mail address, in lower case, is her login.
func (a *Admin) CreateManager(ctx context.Context, organizationID int64, name, email, password, role string) (m models.Manager, err error) {
	if name, err = validName(name); err != nil {
		return m, err
	}
	address, err := validEmail(email)
	if err != nil {
		return m, err
	}
	if err := validPassword(password); err != nil {
		return m, err
	}
	if !models.Role(role).Valid() {
		return m, roleInvalid()
	}
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return m, err
	}
	hash := hashPassword(password)
	err = a.store.Update(ctx, func(tx Tx) error {
		m, err = newManager(ctx, tx, commandLine, organizationID, ManagerChanges{Name: To(name), Email: To(address), Role: To(models.Role(role))}, hash)
		return err
	})
	return m, err
}

// Managers lists an organisation's managers.
func (a *Admin) Managers(ctx context.Context, organizationID int64) ([]models.Manager, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).Managers(organizationID)
}

// Manager finds one.
func (a *Admin) Manager(ctx context.Context, id int64) (models.Manager, error) {
	m, err := a.store.View(ctx).Manager(id)
	return m, orNotFound(err, "manager_not_found", "There is no manager %d", id)
}

// DeleteManager lets a manager leave: she cannot sign in any more, her tokens and live subscriptions end, her
// conversations are handed over.
func (a *Admin) DeleteManager(ctx context.Context, id int64) error {
	return a.store.Update(ctx, func(tx Tx) error {
		m, err := lockManager(tx, id)
		if err != nil {
			return err
		}
		return retire(ctx, tx, commandLine, m)
	})
}
