package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"parley/bayeux"
)

// Callers tells who a bearer token belongs to; the token is "" when there is
// none. It returns ErrToken or ErrForbidden for those who get no further.
type Callers func(ctx context.Context, token string) (who any, err error)

// What Callers refuse with.
var (
	ErrToken     = errors.New("admin: this needs a valid token")
	ErrForbidden = errors.New("admin: the token is not good for this")
)

// New makes the handler for operators, for a place that is stripped of its
// prefix.
func New(srv *bayeux.Server, callers Callers) http.Handler {
	a := &api{srv: srv, callers: callers, mux: http.NewServeMux()}
	a.handle("POST /publish", a.publish)
	a.handle("GET /sessions", a.sessions)
	a.handle("GET /sessions/{id}", a.session)
	a.handle("DELETE /sessions/{id}", a.kick)
	a.handle("GET /channels", a.channels)
	a.questions()
	return a
}

// Public makes the handler of history and presence for everybody, for a place
// that is stripped of its prefix.
func Public(srv *bayeux.Server, callers Callers) http.Handler {
	a := &api{srv: srv, callers: callers, mux: http.NewServeMux()}
	a.questions()
	return a
}

type api struct {
	srv     *bayeux.Server
	callers Callers
	mux     *http.ServeMux
	routes  []string
}

// Routes lists what is answered, as in "GET /sessions/{id}".
func (a *api) Routes() []string { return slices.Clone(a.routes) }

func (a *api) questions() {
	a.handle("GET /history", a.history)
	a.handle("GET /presence", a.presence)
}

// request is one, of somebody who may make it.
type request struct {
	*http.Request
	who any
}

// handle answers with what do returns as JSON, with 204 if that is nil, or
// with its error.
func (a *api) handle(pattern string, do func(request) (any, error)) {
	a.routes = append(a.routes, pattern)
	a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, int64(a.srv.Config().MaxMessageBytes))
		who, err := a.callers(r.Context(), bearer(r))
		var answer any
		if err == nil {
			answer, err = do(request{r, who})
		}
		switch {
		case err != nil:
			a.refuse(w, err)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			write(w, http.StatusOK, answer)
		}
	})
}

// ServeHTTP serves.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if _, pattern := a.mux.Handler(r); pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	methods := a.methods(r)
	if len(methods) == 0 {
		a.refuse(w, errNothing)
		return
	}
	h.Set("Allow", strings.Join(methods, ", "))
	a.refuse(w, errMethod)
}

// methods lists those that the path is there for.
func (a *api) methods(r *http.Request) (methods []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func write(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"Internal error","code":"internal_error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone if it fails
}
