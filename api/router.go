package api

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"parley/chat"
	"parley/models"
)

// Config is what the router is made of.
type Config struct {
	Service *chat.Service
	Gate    *chat.Gate
	Tokens  Signer
	// Mounts are handlers that get everything at and under a path, the Bayeux endpoints; and <path>.js as
	// <path>/client.js, which is where Faye's own server has its browser client.
	Mounts map[string]http.Handler
	// Doors are other APIs, by the path under which they answer everything.
	Doors map[string]Door
	// Pages holds the built browser side; nil or without widget.js when it was not built.
	Pages fs.FS
	// DemoSiteKey switches the demo site on and names its organisation's site key.
	DemoSiteKey string
	// ChatPrefix is a further prefix under which /chat is served, such as /api/v1.
	ChatPrefix     string
	AllowedOrigins []string
	MaxBodyBytes   int64
	// Client tells where a request comes from, past the proxies that are trusted; nil: its peer.
	Client func(*http.Request) netip.Addr
	// Limits bound what comes from one address.
	Limits chat.Limits
	// AnswerTime is how long a client may take to send a request's body and to take the answer (30 s). What lies
	// under a mount has its own times, since it holds requests.
	AnswerTime time.Duration
	// Ready tells why the server should get no requests; nil when it should.
	Ready func(context.Context) error
	// Metrics serves /metrics to callers on this machine; nil when they have a listener of their own.
	Metrics  http.Handler
	Registry prometheus.Registerer
	Logger   *slog.Logger
}

// Signer makes the token that the dashboard calls and subscribes with.
type Signer interface {
	Manager(m models.Manager, ttl time.Duration) (token string, expires time.Time, err error)
}

// New builds the handler for everything the server serves.
func New(cfg Config) (*Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.RedirectTrailingSlash = false
	r.HandleMethodNotAllowed = true
	r.ForwardedByClientIP = false // Client decides
	observe, err := newObserver(cfg.Registry, cfg.Logger)
	if err != nil {
		return nil, err
	}
	r.Use(wary)
	r.Use(located(cfg.Client), observe.request, recovered(cfg.Logger), called(cfg.Gate))
	r.NoRoute(cors(cfg.AllowedOrigins), func(c *gin.Context) { fail(c, chat.E(chat.NotFound, "not_found", "There is nothing here")) })
	r.NoMethod(cors(cfg.AllowedOrigins), func(c *gin.Context) {
		refuse(c, http.StatusMethodNotAllowed, "method_not_allowed", "This method is not allowed here")
	})

	conversations := &conversationAPI{
		service: cfg.Service, gate: cfg.Gate, maxBody: cfg.MaxBodyBytes, limits: newAddressLimits(cfg.Limits),
		answerTime: cmp.Or(cfg.AnswerTime, answerTime),
	}
	conversations.routes(r.Group("/chat", cors(cfg.AllowedOrigins), page))
	if cfg.ChatPrefix != "" {
		conversations.routes(r.Group(cfg.ChatPrefix+"/chat", cors(cfg.AllowedOrigins), page))
	}
	dashboard := &dashboardAPI{service: cfg.Service, gate: cfg.Gate, tokens: cfg.Tokens, logins: newLoginLimits()}
	dashboard.routes(r.Group("/dashboard/api", sameOrigin(), private))
	pages := &pages{files: cfg.Pages, demoSiteKey: cfg.DemoSiteKey}
	pages.routes(r)
	health{ready: cfg.Ready, metrics: cfg.Metrics}.routes(r)
	reference, err := newReference()
	if err != nil {
		return nil, err
	}
	reference.routes(r)
	for path, door := range cfg.Doors {
		r.Any(path, behind(path, door))
		r.Any(path+"/*rest", behind(path, door))
	}

	served := strict(mounted(cfg.Mounts, bounded(tolerant(r, cfg.ChatPrefix), cmp.Or(cfg.AnswerTime, answerTime)), cfg.Logger))
	return &Handler{Handler: served, engine: r, mounts: cfg.Mounts, doors: cfg.Doors}, nil
}

func (a *conversationAPI) routes(g *gin.RouterGroup) {
	options := func(path string) {
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) }) // cors has answered
	}
	post := func(path string, handle gin.HandlerFunc) {
		g.POST(path, handle)
		options(path)
	}
	get := func(path string, handle gin.HandlerFunc) {
		g.GET(path, handle)
		options(path)
	}
	post("/service/:visitor_id", a.with(a.limited(a.limits.opens, a.open)))
	post("/conversation/:conversation_id", a.about(a.limits.posts, a.post))
	post("/conversation/:conversation_id/action", a.about(a.limits.posts, a.press))
	g.GET("/conversation/:conversation_id/messages", a.about(a.limits.reads, a.history))
	post("/conversation/:conversation_id/messages", a.about(a.limits.reads, a.history))
	post("/conversation/:conversation_id/message/:message_id/mark_read", a.about(a.limits.reads, a.markRead))
	post("/conversation/:conversation_id/message/:message_id/edit", a.about(a.limits.posts, a.edit))
	post("/conversation/:conversation_id/message/:message_id/delete", a.about(a.limits.posts, a.delete))
	get("/conversation/:conversation_id/message/:message_id/versions", a.about(a.limits.reads, a.versions))
	post("/conversation/:conversation_id/read", a.about(a.limits.reads, a.readUpTo))
	post("/conversation/:conversation_id/typing", a.about(a.limits.typing, a.typing))
	post("/conversation/:conversation_id/notes", a.about(a.limits.reads, a.addNote))
	g.GET("/conversation/:conversation_id/notes", a.about(a.limits.reads, a.notes))
	g.DELETE("/conversation/:conversation_id/notes/:note_id", a.about(a.limits.reads, a.deleteNote))
	options("/conversation/:conversation_id/notes/:note_id")
	post("/conversation/:conversation_id/tags", a.about(a.limits.reads, a.tag))
	g.GET("/conversation/:conversation_id/tags", a.about(a.limits.reads, a.tagsOf))
	get("/numbers", a.with(a.limited(a.limits.reads, a.numbers)))
	get("/numbers/now", a.with(a.limited(a.limits.reads, a.numbersNow)))
	get("/events", a.with(a.limited(a.limits.reads, a.events)))
	get("/tags", a.with(a.limited(a.limits.reads, a.tags)))
	get("/unread", a.with(a.limited(a.limits.reads, a.unread)))
	post("/canned", a.with(a.limited(a.limits.reads, a.createCanned)))
	g.GET("/canned", a.with(a.limited(a.limits.reads, a.canned)))
	g.PATCH("/canned/:canned_id", a.with(a.limited(a.limits.reads, a.changeCanned)))
	g.DELETE("/canned/:canned_id", a.with(a.limited(a.limits.reads, a.deleteCanned)))
	options("/canned/:canned_id")
	post("/conversation/:conversation_id/close", a.about(a.limits.opens, a.close))
	post("/conversation/:conversation_id/reopen", a.about(a.limits.opens, a.reopen))
	post("/conversation/:conversation_id/rate", a.about(a.limits.opens, a.rate))
	post("/conversation/:conversation_id/claim", a.about(a.limits.posts, a.claim))
	post("/conversation/:conversation_id/transfer", a.about(a.limits.posts, a.transfer))
	post("/conversation/:conversation_id/takeover", a.about(a.limits.posts, a.takeOver))
	g.GET("/conversation/:conversation_id/transitions", a.about(a.limits.reads, a.transitions))
	post("/offline/:visitor_id", a.with(a.limited(a.limits.opens, a.leave)))
	g.GET("/availability", a.with(a.limited(a.limits.reads, a.availability)))
	g.GET("/queue", a.with(a.limited(a.limits.reads, a.queue)))
	post("/conversation/:conversation_id/attachments", a.attach)
	get("/attachments", a.attachmentLimits)
	for path, handle := range map[string]gin.HandlerFunc{"/attachment/:uuid/:name": a.file, "/attachment/:uuid/thumbnail": a.thumbnail} {
		get(path, handle)
		g.HEAD(path, handle)
	}
	a.notificationRoutes(g)
	g.GET("/search", a.with(a.limited(a.limits.reads, a.search)))
	g.GET("/duty", a.with(a.limited(a.limits.reads, a.duty)))
	post("/duty", a.with(a.limited(a.limits.reads, a.setDuty)))
	a.peopleRoutes(g)
	a.dataRoutes(g)
	a.visitorRoutes(g)
	a.webhookRoutes(g)
	a.callRoutes(g)
}

func (a *dashboardAPI) routes(g *gin.RouterGroup) {
	g.POST("/login", a.login)
	g.POST("/logout", a.logout)
	g.GET("/me", a.signedIn(a.me))
	g.POST("/password", a.signedIn(a.password))
	g.GET("/conversations", a.signedIn(a.conversations))
}

func (p *pages) routes(r *gin.Engine) {
	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, "/", p.front)
	r.Match(read, "/widget.js", p.widget)
	r.Match(read, "/widget-more.js", p.widget)
	for _, path := range []string{"/live", "/live/", "/live2/:account", "/live2/:account/"} {
		r.Match(read, path, p.giosg)
	}
	r.Match(read, "/dashboard", moved("/dashboard/"))
	r.Match(read, "/dashboard/", p.page("dashboard"))
	r.Match(read, "/dashboard/assets/*file", p.asset("dashboard/assets"))
	if p.demoSiteKey != "" {
		r.Match(read, "/demo", moved("/demo/"))
		r.Match(read, "/demo/", p.page("demo"))
		r.Match(read, "/demo/site.json", p.site)
		r.Match(read, "/demo/assets/*file", p.asset("demo/assets"))
	}
}

func (h health) routes(r *gin.Engine) {
	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, "/healthz", h.alive)
	r.Match(read, "/readyz", h.readiness)
	if h.metrics != nil {
		r.GET("/metrics", h.local)
	}
}

// mounted sends what lies at or under a mount to its handler, past gin: a socket that lives for hours should
// not hold a request's worth of framework.
func mounted(mounts map[string]http.Handler, rest http.Handler, logger *slog.Logger) http.Handler {
	paths := slices.SortedFunc(maps.Keys(mounts), func(a, b string) int { return len(b) - len(a) }) // one may lie under another
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer reported(logger)
		for _, path := range paths {
			handler := mounts[path]
			under, ok := strings.CutPrefix(r.URL.Path, path)
			switch {
			case !ok:
			case under == "" || under[0] == '/':
				unbounded(w)
				handler.ServeHTTP(w, r)
				return
			case under == ".js" || under == ".js.map":
				handler.ServeHTTP(w, at(r, path+"/client"+under))
				return
			}
		}
		rest.ServeHTTP(w, r)
	})
}

const answerTime = 30 * time.Second

// bounded keeps clients that neither send nor read from holding on to what they asked for.
func bounded(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Not every writer has deadlines: a test's recorder.
		connection, end := http.NewResponseController(w), time.Now().Add(limit)
		_ = connection.SetReadDeadline(end)
		_ = connection.SetWriteDeadline(end)
		next.ServeHTTP(w, r)
	})
}

// unbounded takes away what an earlier request on the connection was bounded by.
func unbounded(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
}

// at is the request for another path.
func at(r *http.Request, path string) *http.Request {
	other := *r
	place := *r.URL
	place.Path, place.RawPath = path, ""
	other.URL = &place
	return &other
}

// tolerant lets /chat paths end with a slash or ".json", as the original's framework did.
func tolerant(next http.Handler, prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if strings.HasPrefix(path, "/chat/") || prefix != "" && strings.HasPrefix(path, prefix+"/chat/") {
			r.URL.Path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".json")
		}
		next.ServeHTTP(w, r)
	})
}
