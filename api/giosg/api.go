package giosg

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// Config is what the API is made of.
type Config struct {
	Service *chat.Service
	Gate    *chat.Gate
	Tokens  Signer
	// BaseURL is what the server is called by, such as "https://chat.example.com"; nil: what the request says.
	BaseURL func(*http.Request) string
	// SocketPath is where sockets are opened that speak as giosg's do.
	SocketPath     string
	AllowedOrigins []string
	MaxBodyBytes   int64
	// Limits bound what comes from one address.
	Limits chat.Limits
}

// Signer makes the tokens that sockets are opened with.
type Signer interface {
	// Bounded signs a manager's token for some channels only. keyID is the API key that she called with; 0: none.
	Bounded(m models.Manager, keyID int64, channels []string, ttl time.Duration) (token string, expires time.Time, err error)
}

// API answers what lies under /api/v5.
type API struct {
	cfg    Config
	limits limits
	table  map[route]handler
	extra  map[string]extra
}

// route is a method and what it is about.
type route struct {
	method string
	kind   chat.ResourceKind
	via    chat.Via
	public bool
}

type handler func(*call) error

// extra is a path that is no resource's. It is found by its beginning.
type extra struct {
	method string
	handle handler
}

// New makes it.
func New(cfg Config) *API {
	if cfg.BaseURL == nil {
		cfg.BaseURL = requestURL
	}
	a := &API{cfg: cfg, limits: newLimits(cfg.Limits), table: map[route]handler{}, extra: map[string]extra{}}
	a.routes()
	return a
}

// routes names all that there is.
func (a *API) routes() {
	a.organizationRoutes()
	a.userRoutes()
	a.roomRoutes()
	a.routerRoutes()
	a.roomKeyRoutes()
	a.variableRoutes()
	a.identifierRoutes()
	a.goalRoutes()
	a.messageRoutes()
	a.chatRoutes()
	a.visitorRoutes()
	a.publicRoutes()
	a.membershipRoutes()
	a.clientRoutes()
	a.teamRoutes()
}

// on adds a route for users and backends: about chats, on the ways that are named, or on all.
func (a *API) on(method string, kind chat.ResourceKind, h handler, ways ...chat.Via) {
	a.add(route{method: method, kind: kind}, h, ways)
}

// onPublic adds one for visitors.
func (a *API) onPublic(method string, kind chat.ResourceKind, h handler, ways ...chat.Via) {
	a.add(route{method: method, kind: kind, public: true}, h, ways)
}

// onPath adds a path that is no resource's, and all below it. Nobody is asked for credentials there.
func (a *API) onPath(method, prefix string, h handler) { a.extra[prefix] = extra{method, h} }

func (a *API) add(r route, h handler, ways []chat.Via) {
	if len(ways) == 0 {
		ways = chat.WaysTo(r.kind, r.public)
	}
	for _, r.via = range ways {
		if a.table[r] != nil {
			panic("giosg: two handlers for " + r.String())
		}
		a.table[r] = h
	}
}

// String is how logs and tables name a route: "GET public chats via visitor".
func (r route) String() string {
	words := []string{r.method}
	if r.public {
		words = append(words, "public")
	}
	words = append(words, string(r.kind))
	if r.via != "" {
		words = append(words, "via", string(r.via))
	}
	return strings.Join(words, " ")
}

// Routes lists them, in order.
func (a *API) Routes() []string {
	var list []string
	for r := range a.table {
		list = append(list, r.String())
	}
	for prefix, e := range a.extra {
		list = append(list, e.method+" "+prefix)
	}
	slices.Sort(list)
	return list
}

// allowed lists the methods that a resource has.
func (a *API) allowed(r chat.Resource) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if a.table[routeTo(method, r)] != nil {
			methods = append(methods, method)
		}
	}
	return methods
}

func routeTo(method string, r chat.Resource) route {
	return route{method: method, kind: r.Kind, via: r.Via, public: r.Public}
}

// Answer answers a call and tells for the log what it was about, the code of a refusal, and what failed within.
func (a *API) Answer(w http.ResponseWriter, r *http.Request) (name, refusal string, err error) {
	allowOrigin(w, r, a.cfg.AllowedOrigins)
	c := &call{ResponseWriter: w, Request: r, api: a, name: "unknown"}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return "preflight", "", nil
	}
	refusal, err = c.answerError(c.run())
	return c.name, refusal, err
}

// ServeHTTP is Answer for who keeps no log.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { _, _, _ = a.Answer(w, r) }
