package transport

import (
	"bytes"
	"net/http"
	"net/url"
)

// serveCallback serves callback-polling (JSONP), by which a Faye client in a
// page of another origin always shakes hands.
func (h *Handler) serveCallback(w http.ResponseWriter, r *http.Request) {
	share(w, r)
	query, err := url.ParseQuery(r.URL.RawQuery)
	callback := "jsonpcallback"
	if v, given := query["jsonp"]; given {
		callback = v[0]
	}
	if err != nil || !validCallback(callback) {
		refuse(w, http.StatusBadRequest)
		return
	}
	if len(r.URL.RawQuery) > h.srv.Config().MaxMessageBytes {
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	}
	in := inboxes.Get().(*inbox)
	if err := h.readForm(in, query); err != nil {
		in.drop()
		refuse(w, statusOf(err))
		return
	}
	out, err := h.exchange(w, r, in)
	if err != nil {
		refuse(w, statusOf(err))
		return
	}
	defer out.drop()
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename=f.txt")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // for pages that embed nothing without it
	h.send(w, r, script(callback, out.Bytes()))
}

// script wraps JSON into a call. The comment keeps the response from being
// read as a Flash file whose first bytes the callback's name chose; two
// characters that end a line in JavaScript are none in JSON.
func script(callback string, json []byte) []byte {
	json = bytes.ReplaceAll(json, []byte("\u2028"), []byte(`\u2028`))
	json = bytes.ReplaceAll(json, []byte("\u2029"), []byte(`\u2029`))
	b := make([]byte, 0, len(callback)+len(json)+8)
	b = append(append(b, "/**/"...), callback...)
	return append(append(append(b, '('), json...), ");"...)
}

const maxCallback = 128

// validCallback accepts identifiers of JavaScript, joined by dots.
func validCallback(s string) bool {
	if s == "" || len(s) > maxCallback {
		return false
	}
	first := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == '$':
			first = false
		case c >= '0' && c <= '9' && !first:
		case c == '.' && !first:
			first = true
		default:
			return false
		}
	}
	return !first
}
