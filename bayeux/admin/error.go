package admin

import (
	"errors"
	"net/http"

	"parley/bayeux"
)

// fault is a refusal of this package's own.
type fault struct {
	status     int
	code, text string
}

func (f *fault) Error() string { return f.text }

var (
	errNothing = &fault{http.StatusNotFound, "not_found", "There is nothing here"}
	errMethod  = &fault{http.StatusMethodNotAllowed, "method_not_allowed", "This method is not allowed here"}
	errSession = &fault{http.StatusNotFound, "session_not_found", "There is no such session"}
	errBody    = &fault{http.StatusBadRequest, "body_invalid", "The body is not the JSON that is wanted"}
	errNumber  = &fault{http.StatusBadRequest, "number_invalid", "A parameter is not a whole number"}
	errLarge   = &fault{http.StatusRequestEntityTooLarge, "body_too_large", "The body is too large"}
)

// translate finds the words for an error; ok is false for one that is nobody
// else's business.
func translate(err error) (f *fault, ok bool) {
	var refusal *bayeux.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f, true
	case errors.As(err, &large):
		return errLarge, true
	case errors.Is(err, ErrToken):
		return &fault{http.StatusUnauthorized, "token_invalid", "This needs a valid token"}, true
	case errors.Is(err, ErrForbidden):
		return &fault{http.StatusForbidden, "forbidden", "The token is not good for this"}, true
	case !errors.As(err, &refusal):
		return &fault{http.StatusInternalServerError, "internal_error", "Internal error"}, false
	}
	switch {
	case refusal.Is(bayeux.ErrForbidden):
		return &fault{http.StatusForbidden, "forbidden", refusal.Text}, true
	case refusal.Is(bayeux.ErrUnknownChannel):
		return &fault{http.StatusNotFound, "channel_unknown", "Nothing of the kind is kept of this channel"}, true
	case refusal.Is(bayeux.ErrInvalidChannel):
		return &fault{http.StatusBadRequest, "channel_invalid", refusal.Text}, true
	case refusal.Is(bayeux.ErrTooLarge):
		return errLarge, true
	case refusal.Is(bayeux.ErrUnavailable):
		return &fault{http.StatusServiceUnavailable, "unavailable", refusal.Text}, true
	case refusal.Is(bayeux.ErrInternal):
		return &fault{http.StatusInternalServerError, "internal_error", "Internal error"}, true
	}
	return &fault{http.StatusBadRequest, "bad_request", refusal.Text}, true
}

func (a *api) refuse(w http.ResponseWriter, err error) {
	f, ok := translate(err)
	if !ok {
		a.srv.Config().Logger.Error("bayeux/admin", "err", err)
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	write(w, f.status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{f.text, f.code})
}
