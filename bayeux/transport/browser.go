package transport

import (
	"crypto/rand"
	"net/http"

	"parley/bayeux"
)

// The cookie that tells the tabs of a browser, named as CometD's. It carries
// no authority and is never asked for.
const browserCookie = "BAYEUX_BROWSER"

const maxBrowserCookie = 64

// info is what extensions may know of a request, if there are any.
func (h *Handler) info(r *http.Request) *bayeux.RequestInfo {
	if !h.srv.Extended() {
		return nil
	}
	return &bayeux.RequestInfo{RemoteAddr: r.RemoteAddr, Header: r.Header.Clone()}
}

// browser names the browser to a poll, if its polls are limited. Over HTTP/2
// they share a connection and need no limit.
func (h *Handler) browser(w http.ResponseWriter, r *http.Request, link *bayeux.Link, msgs []bayeux.Message) {
	if h.srv.Config().BrowserPolls <= 0 {
		return
	}
	cookie, err := r.Cookie(browserCookie)
	if err == nil && len(cookie.Value) <= maxBrowserCookie {
		if r.ProtoMajor < 2 {
			link.Browser(cookie.Value)
		}
		return
	}
	for i := range msgs {
		if msgs[i].Channel == bayeux.MetaHandshake {
			// #nosec G124 -- it carries no authority, and browsers take Secure by TLS alone
			c := http.Cookie{Name: browserCookie, Value: rand.Text(), Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode}
			if r.TLS != nil {
				c.SameSite = http.SameSiteNoneMode // the page may be another site's
			}
			http.SetCookie(w, &c)
			return
		}
	}
}
