package transport

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"time"

	"parley/bayeux"
)

// inbox is what reading a request or a frame needs, kept for the next one.
type inbox struct {
	body bytes.Buffer
	msgs []bayeux.Message
}

var inboxes = sync.Pool{New: func() any { return new(inbox) }}

// drop gives the inbox back; its messages are not to be used after that.
func (in *inbox) drop() {
	if in.body.Cap() > 64<<10 || cap(in.msgs) > 64 {
		return
	}
	in.body.Reset()
	clear(in.msgs)
	in.msgs = in.msgs[:0]
	inboxes.Put(in)
}

var errTooLarge = errors.New("transport: message too large")

// fill reads all of r, up to limit bytes.
func (in *inbox) fill(r io.Reader, limit int) error {
	n, err := in.body.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if err == nil && n > int64(limit) {
		err = errTooLarge
	}
	return err
}

// readPost reads the messages of a POST. Scripts send JSON under all sorts of
// content types; Faye's cross-origin transport sends a form as text/plain. A
// body that comes a byte at a time is not waited for.
func (h *Handler) readPost(in *inbox, w http.ResponseWriter, r *http.Request) error {
	limit := h.srv.Config().MaxMessageBytes
	if r.ContentLength > int64(limit) {
		return errTooLarge
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(h.cfg.BodyTimeout)) // not every writer has one
	if err := in.fill(r.Body, limit); err != nil {
		return err
	}
	_ = control.SetReadDeadline(time.Time{})
	body := in.body.Bytes()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		return h.decode(in, body)
	}
	if b := bytes.TrimLeft(body, " \t\r\n"); len(b) > 0 && (b[0] == '[' || b[0] == '{') {
		return h.decode(in, b)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return bayeux.ErrBadRequest
	}
	return h.readForm(in, form)
}

// readForm reads the messages of a form or a query; repeated fields add up.
func (h *Handler) readForm(in *inbox, form url.Values) error {
	fields := form["message"]
	if len(fields) == 0 {
		return bayeux.ErrBadRequest
	}
	for _, f := range fields {
		if err := h.decode(in, []byte(f)); err != nil {
			return err
		}
	}
	if len(in.msgs) > h.srv.Config().MaxBatch {
		return bayeux.ErrBadRequest
	}
	return nil
}

func (h *Handler) decode(in *inbox, b []byte) (err error) {
	in.msgs, err = h.srv.Decode(in.msgs, b)
	return err
}
