package chat

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/models"
)

type originKey struct{}

// WithOrigin notes which site's page makes a call, as in "https://example.com". A call without one comes from a
// program or from our own pages.
func WithOrigin(ctx context.Context, origin string) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// maxOrigins bounds an organisation's list; originsKept is how long a list is believed before it is read again.
const (
	maxOrigins  = 100
	originsKept = 10 * time.Second
)

// originLists are the lists of organisations, kept for a while: every call of a widget asks.
type originLists struct {
	mu    sync.Mutex
	known map[int64]knownOrigins
}

type knownOrigins struct {
	list  models.Origins
	until time.Time
}

func (l *originLists) of(r Reader, organizationID int64) (models.Origins, error) {
	l.mu.Lock()
	known, ok := l.known[organizationID]
	l.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.list, nil
	}
	o, err := r.Organization(organizationID)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[int64]knownOrigins{}
	}
	l.known[organizationID] = knownOrigins{o.AllowedOrigins, time.Now().Add(originsKept)}
	return o.AllowedOrigins, nil
}

// allowPage refuses what a page of an origin asks of an organisation that does not have it on its list.
func (g *Gate) allowPage(ctx context.Context, organizationID int64) error {
	origin, _ := ctx.Value(originKey{}).(string)
	if origin == "" || organizationID == 0 {
		return nil
	}
	list, err := g.origins.of(g.store.View(ctx), organizationID)
	if err != nil {
		return orNotFound(err, "organization_not_found", "There is no such organisation")
	}
	if !list.Allow(strings.ToLower(origin)) {
		return E(Forbidden, "origin_forbidden", "Pages of this origin may not use this organisation's chat")
	}
	return nil
}

// validOrigins reads a list as people write it.
func validOrigins(given []string) (models.Origins, error) {
	if len(given) > maxOrigins {
		return "", E(Invalid, "allowed_origins_invalid", "There are at most %d origins", maxOrigins)
	}
	var list []string
	for _, text := range given {
		origin := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), "/"))
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(origin) > maxName ||
			strings.Contains(u.Host, "*") || origin != u.Scheme+"://"+u.Host {
			return "", E(Invalid, "allowed_origins_invalid", "%q is no origin like https://example.com", text)
		}
		if !slices.Contains(list, origin) {
			list = append(list, origin)
		}
	}
	return models.NewOrigins(list), nil
}
