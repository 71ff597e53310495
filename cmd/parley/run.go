package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"parley/api"
	"parley/api/giosg"
	"parley/bayeux"
	"parley/bayeux/transport"
	"parley/chat"
	"parley/chat/store"
	"parley/config"
	"parley/web"
)

// serve runs the server until ctx ends, and then stops it in order: no longer ready, held connects answered
// and sockets closed, requests finished, the outbox relayed, the engine and the database last.
func serve(ctx context.Context, cfg config.Config, o serveOptions, stdout, stderr io.Writer) error {
	logger, err := newLogger(stderr, cfg.Log)
	if err != nil {
		return err
	}
	database, err := openStore(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer database.Close() //nolint:errcheck // nothing is under way any more
	if err := database.Migrate(ctx); err != nil {
		return err
	}
	s, err := assemble(ctx, cfg, o, database, logger)
	if err != nil {
		return err
	}
	defer s.files.close()
	if s.tls, err = openCertificates(cfg.HTTP.TLS, logger); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.HTTP.Listen)
	if err != nil {
		return err
	}
	logger.Info("parley listens", "address", listener.Addr().String(), "version", version())
	if o.Demo {
		scheme := "http://"
		if s.tls != nil {
			scheme = "https://"
		}
		greetDemo(stdout, scheme+listener.Addr().String())
	}
	return s.run(ctx, listener, cfg)
}

// server is what runs.
type server struct {
	engine   *bayeux.Server
	sockets  *transport.Handler
	relay    *chat.Relay
	service  *chat.Service
	presence *chat.Presence
	files    attachments
	indexer  *chat.Indexer
	webhooks webhooks
	door     *giosg.API
	handler  http.Handler
	metrics  http.Handler
	crowd    *crowd
	tls      *certificates // nil without TLS
	draining *atomic.Bool
	logger   *slog.Logger
}

// rowMounts are where sockets speak as giosg's do: ours, and where giosg's own message router has it.
var rowMounts = []string{"/api/v5/socket", "/003/2/router"}

// node names this process in what several nodes would share.
const node = "local"

// assemble connects the parts. Nothing runs yet.
func assemble(ctx context.Context, cfg config.Config, o serveOptions, database *store.Store, logger *slog.Logger) (*server, error) {
	keys, err := openKeys(cfg)
	if err != nil {
		return nil, err
	}
	if !keys.CanSign() {
		return nil, errors.New("auth.keys: none of the keys can sign; the dashboard needs one that can")
	}
	limits := limitsOf(cfg)
	gate := chat.NewGate(database, keys, chat.Rules{
		SignedVisitors:  cfg.Auth.Visitors == config.VisitorsSigned,
		TrustedManagers: cfg.Auth.Managers == config.ManagersTrusted,
		OpenChannels:    cfg.Bayeux.OpenChannels,
		Channels:        channelRules(cfg.Bayeux.Channels),
		SignatureLife:   cfg.Auth.SignatureExpiry,
		TokenLife:       cfg.Auth.MaxTokenLife,
		Limits:          limits,

		WithoutVisitorCollection: !cfg.Giosg.VisitorCollectionChannel,
	})
	kept, err := keptChannels(cfg.Bayeux.Channels)
	if err != nil {
		return nil, err
	}
	presence := chat.NewPresence(database, node, logger)
	if err := presence.Start(ctx); err != nil {
		return nil, err
	}
	heard := &hearing{managers: presence}
	engine := bayeux.New(bayeux.Config{
		Timeout: cfg.Bayeux.Timeout, Interval: cfg.Bayeux.Interval, Grace: cfg.Bayeux.Grace, Sweep: cfg.Bayeux.Sweep,
		MaxMessageBytes: int(cfg.Bayeux.MaxMessageBytes), MaxQueueMessages: cfg.Bayeux.MaxQueueMessages,
		MaxQueueBytes: int(cfg.Bayeux.MaxQueueBytes), MaxSubscriptions: cfg.Bayeux.MaxSubscriptions,
		WithoutAck: !cfg.Bayeux.Ack, Activity: cfg.Bayeux.ActivityTimeout, BrowserPolls: cfg.Bayeux.MultipleClients,
		MaxSessionsPerSource: cfg.Bayeux.MaxSessionsPerIP, HandshakesPerSecondBySource: cfg.Bayeux.HandshakesPerIP,
		RequestsPerSecondBySource: cfg.Limits.RequestsPerIP,

		Rules: kept, MaxHistoryBytes: int(cfg.Bayeux.MaxHistoryBytes), Replayer: chat.NewLog(database), Display: gate.Display,
		Policy: policy{gate}, ServicePublish: true, Monitor: heard, Logger: logger,
	})
	teller := giosg.NewTeller(database)
	giosgFeed := giosg.NewFeed(teller, engine, logger)
	hooks := openWebhooks(cfg, database, engine, giosg.NewWebhooks(teller, keys), logger)
	proxies := transport.Proxies(networks(cfg.HTTP.TrustedProxies))
	s := &server{
		engine: engine, webhooks: hooks, relay: chat.NewRelay(database, logger, chat.NewFayeFeed(engine), giosgFeed, hooks.feed),
		sockets: transport.New(engine, transport.Config{
			AllowedOrigins: cfg.HTTP.AllowedOrigins, TrustedProxies: proxies,
			MaxSockets: cfg.Bayeux.MaxSockets, Client: web.Faye(), Logger: logger,
		}),
		draining: new(atomic.Bool), logger: logger,
	}
	if s.files, err = openAttachments(ctx, cfg, database, logger); err != nil {
		return nil, err
	}
	scout, atlas, err := visitorInfo(cfg.Giosg, logger)
	if err != nil {
		return nil, err
	}
	s.service = chat.New(database, gate, chat.Config{
		HistoryCount: cfg.Chat.MaxMessagesCount, HistoryCap: cfg.Chat.MaxMessagesCap, OfflineMessage: cfg.Chat.OfflineMessage,
		DutyGrace: orNever(cfg.Chat.DutyGrace), ReassignAfter: orNever(cfg.Chat.ReassignAfter), IdleCloseAfter: orNever(cfg.Chat.IdleCloseAfter),
		TaskCloseAfter: orNever(cfg.Chat.TaskCloseAfter),
		ReopenWithin:   orNever(cfg.Chat.ReopenWithin), MaxConversations: cfg.Chat.MaxConversations, AnswerWithin: cfg.Chat.AnswerWithin,
		KeepEvents: orNever(cfg.Chat.KeepEvents), KeepAudit: orNever(cfg.Chat.KeepAudit), Limits: limits, Attachments: s.files.config(cfg.Attachments), Broadcaster: engine, Committed: s.relay.Wake, Logger: logger,
		LockAfter: orNever(cfg.Auth.LockoutAfter), LockFor: cfg.Auth.LockoutFor,
		Tokens: keys, VisitorTokenLife: cfg.Auth.VisitorTokenLife,
		MaxWebhookQueue: cfg.Webhooks.MaxQueue,

		Scout: scout, Atlas: atlas, ForgetVisitorsAfter: cfg.Giosg.ForgetVisitorsAfter,
		Fleeting: giosgFeed.Fleeting,
		Calls: chat.CallConfig{
			RingFor: cfg.Calls.RingFor, STUN: cfg.Calls.STUN, TURN: cfg.Calls.TURN, TURNSecret: cfg.Calls.TURNSecret.Reveal(), TURNLife: cfg.Calls.TURNLife,
		},
	})
	teller.Use(s.service)
	s.relay.Feed(s.service.Tail())
	presence.Notify(func() { s.service.Stir(); s.relay.Wake() })
	heard.visitors = s.service.Lobby()
	if err := heard.visitors.Start(ctx); err != nil {
		return nil, err
	}
	s.crowd = &crowd{limit: int64(cfg.HTTP.MaxConnections), sockets: func() int64 { return s.sockets.Stats().Sockets }}
	registry := newRegistry(engine, s.sockets, s.crowd, s.relay)
	hooks.register(registry)
	s.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	s.presence = presence
	s.indexer = chat.NewIndexer(database, logger)
	router := api.Config{
		Service: s.service, Gate: gate, Tokens: keys, Mounts: map[string]http.Handler{}, Pages: web.Files(),
		ChatPrefix: cfg.Chat.Prefix, AllowedOrigins: cfg.HTTP.AllowedOrigins, Client: proxies.Client,
		MaxBodyBytes: int64(cfg.HTTP.MaxBodyBytes),
		Limits:       limits,
		Ready:        s.ready(database), Registry: registry, Logger: logger,
	}
	s.door = giosg.New(giosg.Config{
		Service: s.service, Gate: gate, Tokens: keys, BaseURL: publicURL(cfg, proxies), SocketPath: giosgSocket,
		AllowedOrigins: cfg.HTTP.AllowedOrigins, MaxBodyBytes: int64(cfg.HTTP.MaxBodyBytes), Limits: limits,
	})
	router.Doors = map[string]api.Door{giosgPath: s.door, giosgSettings: s.door}
	for _, mount := range cfg.Bayeux.Mounts {
		router.Mounts[mount] = s.sockets
	}
	for _, path := range rowMounts {
		router.Mounts[path] = s.sockets.Rows()
	}
	mountAdmin(router.Mounts, engine, gate, slowed(cfg.Limits.ReadsPerIP, proxies.Client))
	if cfg.Metrics.Listen == "" {
		router.Metrics = s.metrics
	}
	if o.Demo {
		organization, err := seedDemo(ctx, database)
		if err != nil {
			return nil, err
		}
		router.DemoSiteKey = organization.SiteKey
	}
	s.handler, err = api.New(router)
	return s, err
}

// networks reads what config.Validate has let pass: networks, or addresses, which are networks of one.
func networks(texts []string) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		if network, err := netip.ParsePrefix(text); err == nil {
			list = append(list, network)
		} else if addr, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return list
}

// orNever turns the settings' 0, "never", into chat's.
func orNever[T ~int | ~int64](d T) T {
	if d == 0 {
		return -1
	}
	return d
}

// run serves on the listener until ctx ends or a part fails. The parts outlive ctx: they stop after the last
// request.
func (s *server) run(ctx context.Context, listener net.Listener, cfg config.Config) error {
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, parts := errgroup.WithContext(parts)
	group.Go(func() error { return s.engine.Run(parts) })
	group.Go(func() error { return s.relay.Run(parts) })
	group.Go(func() error { return s.service.Run(parts) })
	group.Go(func() error { return s.service.Eraser().Run(parts) })
	group.Go(func() error { return s.presence.Run(parts) })
	group.Go(func() error { return s.service.Lobby().Run(parts) })
	group.Go(func() error { return s.files.run(parts) })
	group.Go(func() error { return s.indexer.Run(parts) })
	group.Go(func() error { return s.webhooks.sender.Run(parts) })

	doors := []*http.Server{s.newHTTP(s.handler)}
	doors[0].ConnState = s.crowd.watch
	doors[0].RegisterOnShutdown(s.service.Tail().Close) // no sooner: who is let go asks again
	if s.tls == nil {
		group.Go(func() error { return served(doors[0].Serve(listener)) })
	} else {
		doors[0].TLSConfig = s.tls.config()
		group.Go(func() error { return s.tls.run(parts) })
		group.Go(func() error { return served(doors[0].ServeTLS(listener, "", "")) })
	}
	if cfg.Metrics.Listen != "" {
		metrics, err := net.Listen("tcp", cfg.Metrics.Listen)
		if err != nil {
			return errors.Join(err, doors[0].Close(), stopped(stop, group))
		}
		doors = append(doors, s.newHTTP(s.metrics))
		group.Go(func() error { return served(doors[1].Serve(metrics)) })
	}
	select {
	case <-ctx.Done():
	case <-parts.Done(): // one of them failed; the group has its error
	}
	s.leave(doors, cfg.HTTP.Drain)
	return stopped(stop, group)
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func stopped(stop func(), group *errgroup.Group) error {
	stop()
	return group.Wait()
}

// leave lets the clients go within the drain window and waits for the requests that are under way.
func (s *server) leave(doors []*http.Server, drain time.Duration) {
	s.draining.Store(true)
	s.logger.Info("parley stops", "drain", drain.String())
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := s.sockets.Shutdown(ctx); err != nil {
		s.logger.Warn("some clients did not leave in time", "error", err)
	}
	// What is left are short requests: they get a little more than what the sockets left of the window.
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, door := range doors {
		if err := door.Shutdown(last); err != nil {
			s.logger.Warn("some requests were cut off", "error", err)
			_ = door.Close() // it is over either way
		}
	}
	if err := s.engine.Shutdown(last); err != nil {
		s.logger.Warn("some sessions were not told", "error", err)
	}
}
