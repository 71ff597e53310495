package chat

import (
	"time"

	"parley/models"
)

// LoginStore keeps attempts to sign in. Accounts and sources are hashes.
type LoginStore interface {
	// LockLoginTries reads what is known of an account and a source, and keeps others from it until the end.
	LockLoginTries(account, source string) (models.LoginTries, error)
	SaveLoginTries(t models.LoginTries) error
	// UnlockLogin forgets an account's failures, wherever they came from.
	UnlockLogin(account string) error
	// DeleteLoginTries removes what was last tried before known, and failures alone from before failed.
	DeleteLoginTries(known, failed models.Time) error
}

// A lock is no tool against its owner. Failures count for an account from one source, and lock it for that
// source alone. Only ten times as many, from anywhere, lock the account for all sources but those from which
// somebody signed in to it within a month: whoever guesses from everywhere is stopped, and she who comes from
// where she always does is not. Chosen instead of one count for an account, with which ten wrong passwords a
// quarter of an hour, by anybody, keep a manager out for good.
const (
	anywhereFactor = 10
	sourceKnown    = 30 * 24 * time.Hour
	failuresKept   = 24 * time.Hour
)

// attempt is somebody who tries to sign in.
type attempt struct{ account, source string }

// newAttempt hides the address and the source: logs and tables need not hold them. An account need not exist,
// so that strangers do not learn which do.
func newAttempt(email, source string) attempt {
	return attempt{accountOf(email), hashSecret("source " + source)}
}

func accountOf(email string) string { return hashSecret("account " + normalEmail(email)) }

// lockout counts attempts. after is the number of failures that lock, below 1: none does.
type lockout struct {
	after int
	lasts time.Duration
}

// begin counts an attempt as a failure before the password is looked at, so that many at once gain nothing. It
// refuses when the account is locked, and tells whether this attempt locks it unless it succeeds.
func (l lockout) begin(tx LoginStore, a attempt, at models.Time) (last bool, err error) {
	if l.after < 1 {
		return false, nil
	}
	own, err := tx.LockLoginTries(a.account, a.source)
	if err != nil {
		return false, err
	}
	if last, err = l.count(tx, own, l.after, at); err != nil || own.SucceededAt != nil && at < own.SucceededAt.Add(sourceKnown) {
		return last, err
	}
	all, err := tx.LockLoginTries(a.account, "")
	if err != nil {
		return false, err
	}
	everywhere, err := l.count(tx, all, l.after*anywhereFactor, at)
	return last || everywhere, err
}

func (l lockout) count(tx LoginStore, t models.LoginTries, limit int, at models.Time) (last bool, err error) {
	if t.LockedUntil != nil && at < *t.LockedUntil {
		refusal := E(TooMany, "login_locked", "Too many attempts to sign in; please try again later")
		refusal.RetryAfter = t.LockedUntil.Time().Sub(at.Time())
		return false, refusal
	}
	if t.LockedUntil != nil || t.TriedAt.Add(l.lasts) <= at {
		t.LockedUntil, t.Failed = nil, 0
	}
	t.Failed++
	t.TriedAt = at
	if last = t.Failed >= limit; last {
		until := at.Add(l.lasts)
		t.LockedUntil = &until
	}
	return last, tx.SaveLoginTries(t)
}

// succeed takes the failures back and remembers the source.
func (l lockout) succeed(tx LoginStore, a attempt, at models.Time) error {
	if l.after < 1 {
		return nil
	}
	own, err := tx.LockLoginTries(a.account, a.source)
	if err != nil {
		return err
	}
	own.Failed, own.LockedUntil, own.TriedAt, own.SucceededAt = 0, nil, at, &at
	if err := tx.SaveLoginTries(own); err != nil {
		return err
	}
	all, err := tx.LockLoginTries(a.account, "")
	if err != nil {
		return err
	}
	all.Failed, all.LockedUntil, all.TriedAt = 0, nil, at
	return tx.SaveLoginTries(all)
}
