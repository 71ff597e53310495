package transport

import (
	"math/rand/v2"
	"net/http"
	"strconv"

	"parley/bayeux"
)

// enter counts one more socket or stream, or answers that there are too many.
// What it lets in has to leave.
func (h *Handler) enter(w http.ResponseWriter, from bayeux.Source) bool {
	switch limit := int64(h.cfg.MaxSockets); {
	case h.places.Add(1) > limit && limit > 0:
		h.places.Add(-1)
		h.count.refused.Add(1)
		turnAway(w, http.StatusServiceUnavailable)
		return false
	case !h.perSource.Add(from):
		h.places.Add(-1)
		h.count.refused.Add(1)
		turnAway(w, http.StatusTooManyRequests)
		return false
	}
	return true
}

func (h *Handler) leave(from bayeux.Source) {
	h.places.Add(-1)
	h.perSource.Done(from)
}

// turnAway refuses for now.
func turnAway(w http.ResponseWriter, status int) {
	w.Header().Set("Retry-After", strconv.Itoa(5+rand.IntN(10))) // #nosec G404 -- nothing to guess
	refuse(w, status)
}
