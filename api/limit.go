package api

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/chat"
	"parley/models"
)

// addressLimits bound what comes from one address for strangers and visitors. What each visitor may do is the
// service's to count, once it is known who calls.
type addressLimits struct {
	opens, posts, reads, typing, files, misses, visitors *chat.Limiter
}

const (
	// A visitor reads a history when a page opens and marks what it shows.
	readsPerSecond, readsBurst = 20, 100
	// A history may show many pictures at once.
	filesPerSecond, filesBurst = 50, 500
	// Who asks for conversations that are not there is guessing ids.
	missesPerSecond, missesBurst = 1, 30
	// A page asks who its visitor is once; behind one address there may be many.
	visitorsPerSecond, visitorsBurst = 2, 60
)

func newAddressLimits(l chat.Limits) addressLimits {
	return addressLimits{
		opens: l.Opens(), posts: l.Posts(),
		reads:  chat.NewLimiter(readsPerSecond, readsBurst),
		typing: chat.NewLimiter(readsPerSecond, readsBurst),
		files:  chat.NewLimiter(filesPerSecond, filesBurst),
		misses: chat.NewLimiter(missesPerSecond, missesBurst),

		visitors: chat.NewLimiter(visitorsPerSecond, visitorsBurst),
	}
}

// address is what a caller's limits are counted by. Of IPv6 it is the network that a customer gets.
func address(c *gin.Context) string {
	ip, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return c.ClientIP()
	}
	if ip = ip.Unmap(); ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}

// limited counts a call by its address before anything else is looked at. Managers and backends are spared,
// and those whose claim to be a manager is judged by the gate.
func (a *conversationAPI) limited(by *chat.Limiter, handle func(call)) func(call) {
	return func(c call) {
		if err := a.take(c, by); err != nil {
			fail(c.Context, err)
			return
		}
		handle(c)
		if !spared(c) && c.Writer.Status() == http.StatusNotFound {
			_ = a.limits.misses.Take(address(c.Context)) // the next call hears of it
		}
	}
}

func spared(c call) bool {
	return c.principal.Party == chat.Manager || c.principal.Party == chat.Backend || c.sender.Type == models.SenderManager
}

// take counts a call by its address, or refuses it.
func (a *conversationAPI) take(c call, by *chat.Limiter) error {
	if spared(c) {
		return nil
	}
	from := address(c.Context)
	if err := by.Take(from); err != nil {
		return err
	}
	return a.limits.misses.Check(from)
}

// loginLimits slow down the guessing of passwords: from one address, for one manager from one address, and,
// less, for one manager from anywhere, so that a stranger cannot easily lock her out.
type loginLimits struct{ address, pair, email *chat.Limiter }

func newLoginLimits() loginLimits {
	return loginLimits{
		address: chat.NewLimiter(20.0/60, 20), pair: chat.NewLimiter(6.0/60, 6), email: chat.NewLimiter(60.0/60, 60),
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
