package giosg

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/chat"
)

// call is one request after the parts that all calls share.
type call struct {
	http.ResponseWriter
	*http.Request
	api *API
	// name is what logs say it is about.
	name      string
	principal chat.Principal
	// until is when the caller's credentials end; zero: never.
	until    time.Time
	resource chat.Resource
	found    chat.Found
	query    url.Values
}

func (c *call) service() *chat.Service { return c.api.cfg.Service }

// run settles what all calls share and hands over to the route's handler.
func (c *call) run() error {
	path := strings.TrimSuffix(c.URL.EscapedPath(), "/")
	if e, prefix, ok := c.api.extraFor(path); ok {
		return c.runExtra(e, prefix)
	}
	var known bool
	if c.resource, known = chat.ParseResource(path); !known {
		return notFound()
	}
	method := c.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	at := routeTo(method, c.resource)
	handle := c.api.table[at]
	allowed := c.api.allowed(c.resource)
	if len(allowed) == 0 {
		return notFound()
	}
	if handle != nil {
		c.name = at.String()
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if handle == nil && c.principal.Party == chat.Stranger && c.resource.Kind != chat.ResourceAuth {
		return chat.E(chat.Unauthenticated, "token_missing", "Authentication credentials were not provided.")
	}
	if handle == nil {
		c.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
		return errMethod
	}
	return c.limited(at, func() error { return c.enter(handle) })
}

// enter asks the gate, and then the handler.
func (c *call) enter(handle handler) (err error) {
	use := chat.WriteResource
	if c.Method == http.MethodGet || c.Method == http.MethodHead {
		use = chat.ReadResource
		c.resource.Deleted = c.query.Get("include_deleted") == "true"
	}
	if c.found, err = c.api.cfg.Gate.MayResource(c.Context(), c.principal, c.resource, use); err != nil {
		return err
	}
	if err := c.api.cfg.Gate.CountResource(c.principal, c.found); err != nil {
		return err
	}
	if c.principal.Party == chat.Visitor && c.resource.Public {
		c.service().Touch(c.found.Room, c.principal.VisitorID) // whoever calls is there
	}
	return handle(c)
}

func (a *API) extraFor(path string) (e extra, prefix string, ok bool) {
	for prefix, e := range a.extra {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return e, prefix, true
		}
	}
	return extra{}, "", false
}

func (c *call) runExtra(e extra, prefix string) error {
	c.name = e.method + " " + prefix
	c.query = c.URL.Query()
	if c.Method != e.method && (c.Method != http.MethodHead || e.method != http.MethodGet) {
		c.Header().Set("Allow", e.method+", OPTIONS")
		return errMethod
	}
	c.fromPage()
	return c.limited(route{method: c.Method}, func() error { return e.handle(c) })
}

// Header is the answer's. The request's is c.Request.Header.
func (c *call) Header() http.Header { return c.ResponseWriter.Header() }

// reply answers with a status and, unless it is nil, a value as JSON.
func (c *call) reply(status int, value any) error {
	if value == nil {
		c.WriteHeader(status)
		return nil
	}
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	c.Header().Set("Content-Type", "application/json")
	c.WriteHeader(status)
	_, _ = c.ResponseWriter.Write(append(body, '\n')) // the client is gone if it fails
	return nil
}

// done answers a call that changed something: err, or the value.
func (c *call) done(status int, value any, err error) error {
	if err != nil {
		return err
	}
	return c.reply(status, value)
}

// requestURL is what the caller named the server.
func requestURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
