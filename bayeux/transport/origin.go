package transport

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// origins is the list of those whose pages may connect.
type origins struct {
	any  bool
	list []string
}

func newOrigins(allowed []string) origins {
	o := origins{any: allowed == nil || slices.Contains(allowed, "*")}
	for _, a := range allowed {
		o.list = append(o.list, strings.ToLower(strings.TrimSuffix(a, "/")))
	}
	return o
}

// allow reports whether the page that sent r may.
func (o *origins) allow(r *http.Request) bool {
	origin := pageOf(r)
	if origin == "" || o.any {
		return true
	}
	if slices.Contains(o.list, strings.ToLower(origin)) {
		return true
	}
	return ours(origin, r)
}

// pageOf is the origin of the page that made a browser send r, "" if no page
// did. The script tags of callback-polling name no origin: theirs is told by
// the referrer, and is "null", which is nobody's, where a page hides that.
func pageOf(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "same-origin" || site == "none" {
		return ""
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	if site != "" {
		return "null"
	}
	return ""
}

// ours reports whether an origin is of the host that r was sent to.
func ours(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// foreign is the origin of the page that sent r, "" if that is of this host or
// no page at all.
func foreign(r *http.Request) string {
	origin := pageOf(r)
	if origin == "" || r.Header.Get("Sec-Fetch-Site") == "same-origin" || ours(origin, r) {
		return ""
	}
	return strings.Clone(origin) // a socket should not keep all its headers for it
}

// share lets the page that sent r read the response. cometd.js sends all its
// requests with credentials, so the origin is named; no cookie carries any
// authority here.
func share(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
}

// preflight answers what a browser asks before a request across origins.
func preflight(w http.ResponseWriter, r *http.Request) {
	share(w, r)
	head := w.Header()
	if r.Header.Get("Origin") == "" {
		head.Set("Access-Control-Allow-Origin", "*")
	}
	head.Add("Vary", "Access-Control-Request-Headers")
	head.Set("Access-Control-Allow-Methods", "POST, GET")
	wanted := r.Header.Get("Access-Control-Request-Headers")
	if wanted == "" {
		wanted = "Accept, Authorization, Content-Type, Pragma, X-Requested-With"
	}
	head.Set("Access-Control-Allow-Headers", wanted)
	head.Set("Access-Control-Max-Age", "86400")
	head.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}
