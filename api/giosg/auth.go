package giosg

import (
	"net/http"
	"net/url"
	"strings"

	"parley/chat"
)

// authenticate settles who calls. Credentials come in the header, as Token, Bearer or JWT, which all mean the same here,
// or as ?token=.
func (c *call) authenticate() error {
	c.fromPage()
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return chat.E(chat.Invalid, "query_invalid", "The query cannot be read")
	}
	c.query = query
	credential, err := c.credential()
	if err != nil || credential == "" {
		return err
	}
	from := chat.AddressOf(c.Context())
	if err := c.api.limits.denied.Check(from); err != nil {
		return err
	}
	p, until, err := c.api.cfg.Gate.Authenticate(chat.WithResources(c.Context()), credential)
	if chat.KindOf(err) == chat.Unauthenticated {
		_ = c.api.limits.denied.Take(from) // the next call hears of it
	}
	if err == nil {
		err = c.api.cfg.Gate.Count(p)
	}
	c.principal, c.until = p, until
	return err
}

// credential takes it out of the request. A scheme that is none of ours is somebody else's, as a proxy's password is;
// an app's, which giosg has, is refused in words.
func (c *call) credential() (string, error) {
	scheme, credential, _ := strings.Cut(c.Request.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "token", "bearer", "jwt":
		return strings.TrimSpace(credential), nil
	case "giosgapp":
		return "", chat.E(chat.Unauthenticated, "app_tokens", "Apps' tokens are not taken here; use a user's key or token")
	}
	return c.query.Get("token"), nil
}

// fromPage notes for the gate which site's page calls. Our own pages are no site's.
func (c *call) fromPage() {
	origin := c.Request.Header.Get("Origin")
	if origin == "" || c.Request.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && strings.EqualFold(u.Host, c.Host) {
		return
	}
	c.Request = c.WithContext(chat.WithOrigin(c.Context(), origin))
}

// allowOrigin lets pages of the allowed origins read the answers, and answers preflights. Nothing here is known by a
// cookie, so browsers need not send any.
func allowOrigin(w http.ResponseWriter, r *http.Request, allowed []string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !anyOf(allowed, "*", origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "X-Request-ID, Retry-After")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Max-Age", "86400")
	h.Add("Vary", "Access-Control-Request-Headers")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
}

func anyOf(list []string, names ...string) bool {
	for _, one := range list {
		for _, name := range names {
			if one == name {
				return true
			}
		}
	}
	return false
}
