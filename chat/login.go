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

// Login checks a manager's password and signs a dashboard in. source is where the attempt comes from, an
// address. The secret is for the browser's cookie alone; it is kept as a hash. Too many wrong passwords are
// refused with login_locked, whether there is such a manager or not.
func (s *Service) Login(ctx context.Context, email, password, source string) (models.Manager, string, error) {
	a := newAttempt(email, source)
	last, err := s.beginLogin(ctx, a)
	if err != nil {
		s.refusedLogin(ctx, email, err)
		return models.Manager{}, "", err
	}
	m, err := s.checkLogin(ctx, email, password)
	if err != nil {
		s.refusedLogin(ctx, email, err)
		if last && KindOf(err) == Unauthenticated {
			s.cfg.Logger.Warn("sign-ins are locked after wrong passwords", "account", short(a.account), "source", short(a.source), "manager", m.ID)
		}
		return models.Manager{}, "", err
	}
	secret := rand.Text()
	at := now()
	err = s.store.Update(ctx, func(tx Tx) error {
		// Meanwhile she may have left, or have another password.
		today, err := tx.LockManager(m.ID)
		if errors.Is(err, ErrNoRecord) || err == nil && today.PasswordHash != m.PasswordHash {
			return loginFailed()
		}
		if err != nil {
			return err
		}
		m = today
		if err := s.lockout.succeed(tx, a, at); err != nil {
			return err
		}
		err = tx.CreateLoginSession(models.LoginSession{
			TokenHash: hashSecret(secret), ManagerID: m.ID, CreatedAt: at, ExpiresAt: at.Add(LoginLife),
		})
		if err != nil {
			return err
		}
		return audit(ctx, tx, ManagerPrincipal(m), Deed{Action: models.AuditSignIn})
	})
	return m, secret, err
}

// refusedLogin notes an attempt that failed. An address that is no manager's is not told: it may be anything, a
// password too.
func (s *Service) refusedLogin(ctx context.Context, email string, refusal error) {
	deed := Deed{Action: models.AuditSignInFailed}
	switch KindOf(refusal) {
	case Unauthenticated:
	case TooMany:
		deed.Action = models.AuditSignInLocked
	default:
		return
	}
	if plain(email) && len(email) <= maxName {
		if m, err := s.store.View(ctx).ManagerByEmail(normalEmail(email)); err == nil {
			deed.OrganizationID, deed.Target = m.OrganizationID, managerTarget(m.ID)
		}
	}
	s.gate.denials.note(ctx, Principal{}, deed)
}

// beginLogin counts the attempt. It is committed whatever comes of it.
func (s *Service) beginLogin(ctx context.Context, a attempt) (last bool, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		last, err = s.lockout.begin(tx, a, now())
		return err
	})
	return last, err
}

// checkLogin finds the manager whose password it is. With a wrong password it still tells whose it would be.
func (s *Service) checkLogin(ctx context.Context, email, password string) (models.Manager, error) {
	m, err := models.Manager{}, ErrNoRecord
	if plain(email) && len(email) <= maxName {
		m, err = s.store.View(ctx).ManagerByEmail(normalEmail(email))
	}
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return m, err
	}
	hash := m.PasswordHash
	if err != nil {
		hash = nobodysPassword()
	}
	if len(password) > MaxPassword || !samePassword(hash, password) || err != nil {
		return m, loginFailed()
	}
	return m, nil
}

func loginFailed() *Error {
	return E(Unauthenticated, "login_failed", "The e-mail address or the password is wrong")
}

// short is enough of a hash to recognise it in a log.
func short(hash string) string { return hash[:12] }

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
	if err == nil {
		callerOf(ctx).proved(ManagerPrincipal(m))
	}
	return m, ManagerPrincipal(m), err
}

// Logout ends a sign-in. One that is not there is no error.
func (s *Service) Logout(ctx context.Context, secret string) error {
	return s.store.Update(ctx, func(tx Tx) error { return tx.DeleteLoginSession(hashSecret(secret)) })
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
