package transport

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/bayeux"

	"github.com/gorilla/websocket"
)

// Config sets a Handler up. The zero value works.
type Config struct {
	// AllowedOrigins are the origins whose pages may connect, such as
	// https://shop.example; "*" is any. Nil means any. A page of the server's
	// own origin may always.
	AllowedOrigins []string

	Ping         time.Duration // silence after which a socket is pinged: 25 s
	Pong         time.Duration // silence after a ping that closes it: 10 s
	WriteTimeout time.Duration // a write stuck for so long closes the connection: 10 s
	Lonely       time.Duration // life of a socket without a session: 45 s
	BodyTimeout  time.Duration // a request's body has to be there by then: 10 s

	// TrustedProxies tell where requests come from, for the limits of a
	// bayeux.Source.
	TrustedProxies Proxies

	// MaxSockets bounds sockets and event streams together; 0 for no limit. Those
	// of one source are bounded like its sessions, by MaxSessionsPerSource.
	MaxSockets int

	// Client holds the files of Faye's npm package, client/faye-browser.js and
	// so on without the folder; nil if they are not to be served. Handler serves
	// them beneath its mount; what is asked for as the mount's own script, such
	// as /faye.js, is to be routed to it as /faye/client.js.
	Client fs.FS

	Logger *slog.Logger // nil: slog.Default
}

func (c *Config) fill() {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&c.Ping, 25 * time.Second}, {&c.Pong, 10 * time.Second}, {&c.WriteTimeout, 10 * time.Second}, {&c.Lonely, 45 * time.Second}, {&c.BodyTimeout, 10 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// Handler serves Bayeux under any path that it is mounted at: cometd.js
// appends the name of the operation to it, Faye's event stream the clientId.
type Handler struct {
	srv      *bayeux.Server
	cfg      Config
	origins  origins
	client   *library
	upgrader websocket.Upgrader
	ctx      context.Context // of the sockets; ends when Shutdown is through
	stop     context.CancelFunc
	live     sync.WaitGroup

	perSource *bayeux.Tally // sockets and streams
	places    atomic.Int64  // these, of all sources
	streams   atomic.Int64

	mu      sync.Mutex
	sockets map[*socket]struct{}
	closing bool
	sweeps  bool          // the janitor runs
	left    chan struct{} // tells it that the last socket has gone
	count   counters
}

// New makes a Handler for s.
func New(s *bayeux.Server, cfg Config) *Handler {
	cfg.fill()
	h := &Handler{srv: s, cfg: cfg, origins: newOrigins(cfg.AllowedOrigins), client: newLibrary(cfg.Client), sockets: make(map[*socket]struct{}), left: make(chan struct{}, 1)}
	h.perSource = bayeux.NewTally(s.Config().MaxSessionsPerSource)
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.upgrader = websocket.Upgrader{
		ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
		HandshakeTimeout: cfg.WriteTimeout,
		CheckOrigin:      func(*http.Request) bool { return true }, // ServeHTTP did
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			refuse(w, status)
		},
	}
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isScript(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		h.client.serve(w, r, path.Base(r.URL.Path))
		return
	}
	if !h.origins.allow(r) {
		refuse(w, http.StatusForbidden)
		return
	}
	switch {
	case r.Method == http.MethodGet && websocket.IsWebSocketUpgrade(r):
		h.serveSocket(w, r, false)
	case r.Method == http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == http.MethodPost:
		preflight(w, r)
	case r.Method == http.MethodPost:
		h.servePost(w, r)
	case r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/event-stream"):
		h.serveStream(w, r)
	case r.Method == http.MethodGet:
		h.serveCallback(w, r)
	default:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		refuse(w, http.StatusMethodNotAllowed)
	}
}

// refuse answers with a status and a body that is not JSON: Faye's Node and
// Ruby clients ignore the status and parse the body.
func refuse(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	if status == http.StatusBadRequest {
		text = "Bad request"
	}
	if status == http.StatusConflict {
		text = ""
	}
	say(w, status, text)
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever does not listen need not hear it
}
