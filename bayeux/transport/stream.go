package transport

import (
	"net/http"
	"path"
	"time"
)

// A comment this often shows proxies that the stream is alive.
const streamBeat = 10 * time.Second

// serveStream serves an EventSource, which Faye opens under the clientId's
// own path. An unknown one is 404, upon which EventSource stops asking.
func (h *Handler) serveStream(w http.ResponseWriter, r *http.Request) {
	share(w, r)
	from := h.source(r)
	if !h.enter(w, from) {
		return
	}
	defer h.leave(from)
	woken := make(chan struct{}, 1)
	link := h.srv.Stream(path.Base(r.URL.Path), func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	if link == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	defer link.Close()
	link.Request = h.info(r)
	h.streams.Add(1)
	defer h.streams.Add(-1)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream; charset=utf-8")
	head.Set("Cache-Control", "no-cache, no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})                     // as for a held connect
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may serve others
	put := func(text []byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(h.cfg.WriteTimeout))
		_, err := w.Write(text)
		if err == nil {
			err = control.Flush()
		}
		h.note(err)
		return err == nil
	}
	if !put([]byte("retry: 5000\n\n")) {
		return
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		ok := true
		select {
		case <-woken:
			batch := link.Take(nil)
			link.Outgoing(r.Context(), &batch)
			var text []byte
			for _, ev := range batch.Events {
				text = append(append(append(text, "data: "...), ev.Frame...), "\n\n"...)
			}
			ok = (text == nil || put(text)) && batch.End == nil && link.Attached()
		case <-beat.C:
			ok = put([]byte(":\n\n"))
		case <-r.Context().Done():
			return
		case <-h.ctx.Done():
			return
		}
		if !ok {
			return
		}
	}
}
