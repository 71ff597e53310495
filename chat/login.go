package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"parley/models"
)

// LoginLife is how long a dashboard stays signed in.
const LoginLife = 14 * 24 * time.Hour

// Login checks a manager's password and signs a dashboard in. The secret is for the browser's cookie alone; it
// is kept as a hash.
func (s *Service) Login(ctx context.Context, email, password string) (models.Manager, string, error) {
	m, err := models.Manager{}, ErrNoRecord
	if plain(email) && len(email) <= maxName {
		m, err = s.store.View(ctx).ManagerByEmail(normalEmail(email))
	}
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return m, "", err
	}
	hash := m.PasswordHash
	if err != nil {
		hash = nobodysPassword()
	}
	if len(password) > MaxPassword || !samePassword(hash, password) || err != nil {
		return m, "", E(Unauthenticated, "login_failed", "The e-mail address or the password is wrong")
	}
	secret := rand.Text()
	at := now()
	err = s.store.Update(ctx, func(tx Tx) error {
		return tx.CreateLoginSession(models.LoginSession{
			TokenHash: hashSecret(secret), ManagerID: m.ID, CreatedAt: at, ExpiresAt: at.Add(LoginLife),
		})
	})
	return m, secret, err
}

// LoggedIn finds the manager behind a cookie's secret.
func (s *Service) LoggedIn(ctx context.Context, secret string) (models.Manager, Principal, error) {
	r := s.store.View(ctx)
	session, err := r.LoginSession(hashSecret(secret))
	if err == nil && session.ExpiresAt <= now() {
		err = ErrNoRecord
	}
	var m models.Manager
	if err == nil {
		m, err = r.Manager(session.ManagerID)
	}
	if errors.Is(err, ErrNoRecord) {
		return m, Principal{}, E(Unauthenticated, "login_required", "Please sign in")
	}
	return m, Principal{Party: Manager, ManagerID: m.ID, OrganizationID: m.OrganizationID, Role: m.Role}, err
}

// Logout ends a sign-in. One that is not there is no error.
func (s *Service) Logout(ctx context.Context, secret string) error {
	return s.store.Update(ctx, func(tx Tx) error { return tx.DeleteLoginSession(hashSecret(secret)) })
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
