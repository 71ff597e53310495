package chat

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"parley/models"
)

// PeopleReader reads what managing people needs.
type PeopleReader interface {
	// LoginLocks lists which of the accounts, hashes, somebody's failures have locked at that time.
	LoginLocks(accounts []string, at models.Time) ([]models.LoginTries, error)
}

// PeopleTx changes organisations and managers.
type PeopleTx interface {
	LoginStore

	// LockManager reads a manager who has not left and keeps others from her record until the end. It comes
	// after the locks of visitor, organisation and conversation.
	LockManager(id int64) (models.Manager, error)
	// SaveManager keeps what is decided about a manager; what duty notes of her stays as it is.
	SaveManager(m models.Manager) error
	// SaveOrganization keeps what is decided about an organisation; whether it is online stays as it is.
	SaveOrganization(o models.Organization) error
	// DeleteLoginSessionsOf ends a manager's sign-ins but the one that is kept; keep may be empty.
	DeleteLoginSessionsOf(managerID int64, keepTokenHash string) error
}

// ManagerChanges are what may be changed of a manager. A nil MaxConversations is what the organisation says, an
// empty TimeZone the organisation's, a nil or empty AvatarURL none.
type ManagerChanges struct {
	Name, Email      Change[string]
	Role             Change[models.Role]
	AvatarURL        Change[*string]
	TimeZone         Change[string]
	MaxConversations Change[*int]
	// Bot: a program answers. It is the operator's to say.
	Bot Change[bool]
}

// clean checks what is set and brings it into the form in which it is kept.
func (c *ManagerChanges) clean() (err error) {
	if c.Name.Set {
		if c.Name.To, err = validName(c.Name.To); err != nil {
			return err
		}
	}
	if c.Email.Set {
		if c.Email.To, err = validEmail(c.Email.To); err != nil {
			return err
		}
	}
	if c.Role.Set && !c.Role.To.Valid() {
		return roleInvalid()
	}
	if c.AvatarURL.Set {
		if c.AvatarURL.To, err = validAvatar(c.AvatarURL.To); err != nil {
			return err
		}
	}
	if c.TimeZone.Set && c.TimeZone.To != "" {
		if err := validZone(c.TimeZone.To); err != nil {
			return err
		}
	}
	return validLimit(c.MaxConversations.To)
}

func roleInvalid() *Error {
	return E(Invalid, "role_invalid", "A role is manager, supervisor or admin")
}

const (
	maxAvatar        = 500
	maxConversations = 1000
)

// validAvatar lets addresses pass that a page with TLS shows: https, or a path on this server.
func validAvatar(given *string) (*string, error) {
	if given == nil || strings.TrimSpace(*given) == "" {
		return nil, nil
	}
	text := strings.TrimSpace(*given)
	u, err := url.Parse(text)
	switch {
	case err != nil, !plain(text), len(text) > maxAvatar, strings.Contains(text, `\`):
	case u.Scheme == "https" && u.Host != "" && u.User == nil:
		return &text, nil
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(text, "//"):
		return &text, nil
	}
	return nil, E(Invalid, "avatar_url_invalid", "An avatar is an address that begins with https:// or /, of at most %d bytes", maxAvatar)
}

func validLimit(limit *int) error {
	if limit != nil && (*limit < 0 || *limit > maxConversations) {
		return E(Invalid, "max_conversations_invalid", "max_conversations is a number from 0, without limit, to %d", maxConversations)
	}
	return nil
}

func validPassword(password string) error {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return E(Invalid, "password_invalid", "A password has %d to %d bytes", MinPassword, MaxPassword)
	}
	return nil
}

// changeManager applies clean changes. Whoever has another role hears of it at once.
func changeManager(ctx context.Context, tx Tx, by Principal, m *models.Manager, c ManagerChanges) error {
	if c.Email.Set && c.Email.To != m.Email {
		if err := emailFree(tx, c.Email.To); err != nil {
			return err
		}
	}
	before := *m
	c.Name.into(&m.Name)
	c.Email.into(&m.Email)
	c.Role.into(&m.Role)
	c.AvatarURL.into(&m.AvatarURL)
	c.TimeZone.into(&m.TimeZone)
	c.MaxConversations.into(&m.MaxConversations)
	c.Bot.into(&m.Bot)
	if err := tx.SaveManager(*m); err != nil {
		return err
	}
	if changed := changesOfUser(before, *m); len(changed) > 0 {
		if err := tellUser(tx, *m, ResourceChanged, changed...); err != nil {
			return err
		}
	}
	if before.Role == m.Role {
		return nil
	}
	err := audit(ctx, tx, by, Deed{
		Action: models.AuditRoleChanged, OrganizationID: m.OrganizationID, Target: managerTarget(m.ID),
		Details: map[string]any{"from": before.Role, "to": m.Role},
	})
	if err != nil {
		return err
	}
	return revoke(tx, m.OrganizationID, revocation{ManagerID: m.ID})
}

// changesOfUser names what differs, as giosg's clients call it.
func changesOfUser(before, after models.Manager) (names []string) {
	if before.Name != after.Name {
		names = append(names, "first_name", "last_name", "full_name")
	}
	if deref(before.AvatarURL) != deref(after.AvatarURL) {
		names = append(names, "avatar_id", "avatar")
	}
	if before.Bot != after.Bot {
		names = append(names, "is_bot")
	}
	if before.Role.Supervises() != after.Role.Supervises() {
		names = append(names, "is_manager")
	}
	return names
}

func emailFree(r Reader, email string) error {
	_, err := r.ManagerByEmail(email)
	if errors.Is(err, ErrNoRecord) {
		return nil
	}
	if err == nil {
		err = E(Conflict, "email_taken", "There is a manager with the address %s already", email)
	}
	return err
}

// newManager makes the record of a manager from what was checked already.
func newManager(ctx context.Context, tx Tx, by Principal, organizationID int64, c ManagerChanges, hash string) (models.Manager, error) {
	m := models.Manager{
		UUID: newUUID(), OrganizationID: organizationID, PasswordHash: hash,
		Role: models.RoleManager, DutyState: models.DutyAuto, CreatedAt: now(),
	}
	if err := emailFree(tx, c.Email.To); err != nil {
		return m, err
	}
	c.Name.into(&m.Name)
	c.Email.into(&m.Email)
	c.Role.into(&m.Role)
	c.AvatarURL.into(&m.AvatarURL)
	c.TimeZone.into(&m.TimeZone)
	c.MaxConversations.into(&m.MaxConversations)
	c.Bot.into(&m.Bot)
	if err := tx.CreateManager(&m); err != nil {
		return m, err
	}
	if err := tellUser(tx, m, ResourceAdded); err != nil {
		return m, err
	}
	return m, audit(ctx, tx, by, Deed{
		Action: models.AuditManagerAdded, OrganizationID: organizationID, Target: managerTarget(m.ID), Details: map[string]any{"role": m.Role},
	})
}

// retire lets a manager leave.
func retire(ctx context.Context, tx Tx, by Principal, m models.Manager) error {
	if err := tx.RetireManager(m.ID, now()); err != nil {
		return err
	}
	if err := auditManager(ctx, tx, by, models.AuditManagerLeft, m); err != nil {
		return err
	}
	if err := deleteKeysOf(ctx, tx, by, m); err != nil {
		return err
	}
	if err := tellUser(tx, m, ResourceRemoved); err != nil {
		return err
	}
	return revoke(tx, m.OrganizationID, revocation{ManagerID: m.ID})
}

// auditManager notes what was done to a manager.
func auditManager(ctx context.Context, tx Tx, by Principal, action models.AuditAction, m models.Manager) error {
	return audit(ctx, tx, by, Deed{Action: action, OrganizationID: m.OrganizationID, Target: managerTarget(m.ID)})
}

// signOut ends every sign-in but the one that is kept, every token that was signed until now, and what hangs on
// them.
func signOut(tx Tx, m *models.Manager, keep string) error {
	// Tokens tell full seconds. A token that is signed from here on says the next one, and a second sign-out
	// within it says the one after.
	const second = models.Time(1000)
	m.TokensValidFrom = max((now()/second+1)*second, m.TokensValidFrom+second)
	if err := tx.SaveManager(*m); err != nil {
		return err
	}
	if err := tx.DeleteLoginSessionsOf(m.ID, keep); err != nil {
		return err
	}
	return revoke(tx, m.OrganizationID, revocation{ManagerID: m.ID})
}

func signOutEverywhere(ctx context.Context, tx Tx, by Principal, m *models.Manager) error {
	if err := auditManager(ctx, tx, by, models.AuditSignedOut, *m); err != nil {
		return err
	}
	return signOut(tx, m, "")
}

func unlock(ctx context.Context, tx Tx, by Principal, m models.Manager) error {
	if err := auditManager(ctx, tx, by, models.AuditUnlocked, m); err != nil {
		return err
	}
	return tx.UnlockLogin(accountOf(m.Email))
}

// setPassword gives her another password; it signs her out but for the sign-in that is kept.
func setPassword(ctx context.Context, tx Tx, by Principal, m *models.Manager, hash, keep string) error {
	at := now()
	m.PasswordHash, m.PasswordChangedAt = hash, &at
	if err := tx.UnlockLogin(accountOf(m.Email)); err != nil {
		return err
	}
	if err := auditManager(ctx, tx, by, models.AuditPasswordChanged, *m); err != nil {
		return err
	}
	return signOut(tx, m, keep)
}

// manager finds one for the operator, and keeps others from her record.
func lockManager(tx Tx, id int64) (models.Manager, error) {
	m, err := tx.LockManager(id)
	return m, orNotFound(err, "manager_not_found", "There is no manager %d", id)
}

func (a *Admin) withManager(ctx context.Context, id int64, fn func(Tx, *models.Manager) error) (m models.Manager, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		if m, err = lockManager(tx, id); err != nil {
			return err
		}
		return fn(tx, &m)
	})
	return m, err
}

// UpdateManager changes a manager.
func (a *Admin) UpdateManager(ctx context.Context, id int64, c ManagerChanges) (models.Manager, error) {
	if err := c.clean(); err != nil {
		return models.Manager{}, err
	}
	return a.withManager(ctx, id, func(tx Tx, m *models.Manager) error { return changeManager(ctx, tx, commandLine, m, c) })
}

// SetPassword gives a manager another password and signs her out everywhere.
func (a *Admin) SetPassword(ctx context.Context, id int64, password string) (models.Manager, error) {
	if err := validPassword(password); err != nil {
		return models.Manager{}, err
	}
	hash := hashPassword(password)
	return a.withManager(ctx, id, func(tx Tx, m *models.Manager) error { return setPassword(ctx, tx, commandLine, m, hash, "") })
}

// SignOut ends all of a manager's sign-ins, tokens and live subscriptions.
func (a *Admin) SignOut(ctx context.Context, id int64) (models.Manager, error) {
	return a.withManager(ctx, id, func(tx Tx, m *models.Manager) error { return signOutEverywhere(ctx, tx, commandLine, m) })
}

// Unlock lets a manager sign in again whose account wrong passwords have locked.
func (a *Admin) Unlock(ctx context.Context, id int64) (models.Manager, error) {
	return a.withManager(ctx, id, func(tx Tx, m *models.Manager) error { return unlock(ctx, tx, commandLine, *m) })
}
