package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// addressLimits bound what comes from one address for strangers and visitors. What each visitor, key and organisation
// may do is the gate's to count, once it is known who calls.
type addressLimits struct{ opens, posts, reads, typing, files, misses, denied, visitors *chat.Limiter }

// How many seconds' worth may come at once. A visitor reads a history when a page opens and marks what it shows; a
// history may show many pictures at once. Who asks for conversations that are not there is guessing ids. Many people
// may be behind an address, so credentials that are not good count ten times less.
const (
	readsBurst  = 5
	filesBurst  = 10
	missesBurst = 30
	denials     = 10

	visitorsBurst = 10
)

func newAddressLimits(l chat.Limits) addressLimits {
	of := func(perSecond, seconds float64) *chat.Limiter {
		return chat.NewLimiter(perSecond, int(perSecond*seconds))
	}
	return addressLimits{
		opens: l.Opens(), posts: l.Posts(),
		reads:  of(l.ReadsPerSecond, readsBurst),
		typing: of(l.ReadsPerSecond, readsBurst),
		files:  of(l.FilesPerSecond, filesBurst),
		misses: of(l.MissesPerSecond, missesBurst),
		denied: of(l.MissesPerSecond*denials, missesBurst),
		// A page says with each view who its visitor is; behind one address there may be many.
		visitors: of(l.ReadsPerSecond/2, visitorsBurst),
	}
}

// authenticate tells who shows a credential, and counts the call. An address that shows too many that are not good is
// not asked any more.
func (a *conversationAPI) authenticate(c *gin.Context, credential string) (chat.Principal, error) {
	p, _, err := a.authenticateUntil(c, credential)
	return p, err
}

// authenticateUntil tells how long that holds, too.
func (a *conversationAPI) authenticateUntil(c *gin.Context, credential string) (chat.Principal, time.Time, error) {
	if credential == "" {
		return chat.Principal{}, time.Time{}, nil
	}
	if err := a.limits.denied.Check(address(c)); err != nil {
		return chat.Principal{}, time.Time{}, err
	}
	p, until, err := a.gate.Authenticate(c.Request.Context(), credential)
	if chat.KindOf(err) == chat.Unauthenticated {
		_ = a.limits.denied.Take(address(c)) // the next call hears of it
	}
	if err == nil {
		err = a.gate.Count(p)
	}
	return p, until, err
}

// limited counts a call by its address before anything else is looked at. Managers and backends are spared, and those
// whose claim to be a manager is judged by the gate, until it has refused too many.
func (a *conversationAPI) limited(by *chat.Limiter, handle func(call)) func(call) {
	return func(c call) {
		if err := a.take(c, by); err != nil {
			fail(c.Context, err)
			return
		}
		handle(c)
		if status := c.Writer.Status(); !proved(c) && (status == http.StatusNotFound || status == http.StatusUnauthorized) {
			_ = a.limits.misses.Take(address(c.Context)) // the next call hears of it
		}
	}
}

func proved(c call) bool {
	return c.principal.Party == chat.Manager || c.principal.Party == chat.Backend
}

// take counts a call by its address, or refuses it.
func (a *conversationAPI) take(c call, by *chat.Limiter) error {
	if proved(c) {
		return nil
	}
	from := address(c.Context)
	if c.sender.Type != models.SenderManager {
		if err := by.Take(from); err != nil {
			return err
		}
	}
	return a.limits.misses.Check(from)
}

// loginLimits slow down the guessing of passwords: from one address, for one manager from one address, and,
// less, for one manager from anywhere, so that a stranger cannot easily lock her out. A cookie is a kind of password.
type loginLimits struct{ address, pair, email, cookies *chat.Limiter }

func newLoginLimits() loginLimits {
	return loginLimits{
		address: chat.NewLimiter(20.0/60, 20), pair: chat.NewLimiter(6.0/60, 6), email: chat.NewLimiter(60.0/60, 60),
		cookies: chat.NewLimiter(10, 300),
	}
}

func (l loginLimits) take(address, email string) error {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := l.address.Take(address); err != nil {
		return err
	}
	if err := l.pair.Take(address + " " + email); err != nil {
		return err
	}
	return l.email.Take(email)
}
