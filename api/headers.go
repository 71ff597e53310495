package api

import (
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"
)

// What every answer says to browsers. A handler whose answer is a page, or is meant for others' pages, says otherwise.
const (
	// noPolicy is the content policy of what is no page: should a browser show it, it loads and runs nothing, and no
	// page has it in a frame.
	noPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// transportPolicy keeps browsers that came by TLS to it. Names beside this host's are its owner's affair.
	transportPolicy = "max-age=31536000"
	// permissions are none but what a call needs.
	permissions = "accelerometer=(), autoplay=(self), camera=(self), display-capture=(), geolocation=(), gyroscope=(), " +
		"hid=(), magnetometer=(), microphone=(self), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), " +
		"xr-spatial-tracking=()"
)

// wary keeps answers out of caches, frames and others' pages.
func wary(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", noPolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// forPages are for answers that pages of any origin may load and keep.
func forPages(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
}

// asPage is for a page with its content policy: alone in its window, with no more devices than a call needs, asked for again each time.
func asPage(c *gin.Context, policy string) {
	c.Header("Content-Security-Policy", policy)
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Permissions-Policy", permissions)
	c.Header("Cache-Control", "no-cache")
}

// plainHost is a host that may stand in a policy.
var plainHost = regexp.MustCompile(`\A[A-Za-z0-9.-]+(:[0-9]+)?\z|\A\[[0-9A-Fa-f:.]+\](:[0-9]+)?\z`)

// pagePolicy lets our own pages load and run what is from here alone. Pictures that need a token are fetched and shown
// as blobs; avatars may be anywhere. Not every browser takes 'self' for sockets, too, so the host is named for them.
func pagePolicy(r *http.Request) string {
	sockets := ""
	if plainHost.MatchString(r.Host) {
		sockets = " ws://" + r.Host + " wss://" + r.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; connect-src 'self'" + sockets +
		"; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// strict tells browsers that came by TLS to come no other way.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			w.Header().Set("Strict-Transport-Security", transportPolicy)
		}
		next.ServeHTTP(w, r)
	})
}
