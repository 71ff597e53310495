package transport

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"parley/bayeux"
)

// servePost serves long-polling and cross-origin-long-polling.
func (h *Handler) servePost(w http.ResponseWriter, r *http.Request) {
	share(w, r)
	in := inboxes.Get().(*inbox)
	if err := h.readPost(in, w, r); err != nil {
		in.drop()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			h.count.late.Add(1)
		}
		refuse(w, statusOf(err))
		return
	}
	out, err := h.exchange(w, r, in)
	if err != nil {
		refuse(w, statusOf(err))
		return
	}
	defer out.drop()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	h.send(w, r, out.Bytes())
}

// statusOf is the HTTP status for what kept a request from being answered.
func statusOf(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, bayeux.ErrReplaced):
		return http.StatusConflict // Faye and cometd.js both back off and settle
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}

// outbox collects a response.
type outbox struct{ bytes.Buffer }

var outboxes = sync.Pool{New: func() any { return new(outbox) }}

func (o *outbox) drop() {
	if o.Cap() <= 64<<10 {
		o.Reset()
		outboxes.Put(o)
	}
}

func (o *outbox) add(message []byte) {
	if o.Len() > 1 {
		_ = o.WriteByte(',') // memory takes everything
	}
	_, _ = o.Write(message)
}

// exchange has the messages served, drops them, and waits for a held connect. The replies
// come as one array: first those given at once, then events, the connect's
// reply last. gobayeux never hands on what follows that.
func (h *Handler) exchange(w http.ResponseWriter, r *http.Request, in *inbox) (*outbox, error) {
	link := h.srv.Poll()
	link.From = h.source(r)
	link.Origin = foreign(r)
	link.InAddress = r.Method == http.MethodGet
	link.Request = h.info(r)
	h.browser(w, r, link, in.msgs)
	defer link.Close()
	replies := h.srv.Process(r.Context(), link, in.msgs)
	in.drop()
	var batch bayeux.Batch
	if link.Holding() {
		var err error
		if batch, err = h.wait(w, r, link); err != nil {
			return nil, err
		}
	}
	out := outboxes.Get().(*outbox)
	_ = out.WriteByte('[')
	for _, f := range replies {
		out.add(f.Object())
	}
	for _, ev := range batch.Events {
		out.add(ev.Frame.Object())
	}
	if batch.Connect != nil {
		out.add(batch.Connect.Object())
	}
	_ = out.WriteByte(']')
	return out, nil
}

// wait waits for mail. A read deadline of the server would take the silence
// of the client for its end; its write deadline has run on meanwhile.
func (h *Handler) wait(w http.ResponseWriter, r *http.Request, link *bayeux.Link) (bayeux.Batch, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // not every writer has one
	batch, err := link.Next(r.Context())
	if limitsWrites(r) {
		_ = control.SetWriteDeadline(time.Now().Add(h.cfg.WriteTimeout))
	}
	return batch, err
}

// limitsWrites reports whether the server gives each response a time of its
// own to be written. Without it, a deadline that was set would hit the next
// response of the connection.
func limitsWrites(r *http.Request) bool {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	return ok && server.WriteTimeout > 0
}

const largeBody = 16 << 10

// send writes a response that is complete. A large one must be taken within
// the write timeout; a small one fits into the kernel's buffer.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, body []byte) {
	head := w.Header()
	head.Set("Content-Length", strconv.Itoa(len(body)))
	head.Set("Cache-Control", "no-cache, no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	if len(body) < largeBody {
		_, _ = w.Write(body) // #nosec G705 -- JSON, and never sniffed; a client that is gone comes back and asks
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(h.cfg.WriteTimeout))
	_, err := w.Write(body) // #nosec G705 -- JSON, and never sniffed
	if err == nil {
		err = control.Flush()
	}
	h.note(err)
	if err == nil && !limitsWrites(r) {
		_ = control.SetWriteDeadline(time.Time{})
	}
}

// note counts a response that its client did not take.
func (h *Handler) note(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		h.count.slow.Add(1)
	}
}
