package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/bayeux"
	"parley/bayeux/transport"
	"parley/chat"
)

// newRegistry collects the process's, the engine's, the connections' and the relay's figures; the router adds
// its own.
func newRegistry(engine *bayeux.Server, sockets *transport.Handler, doors *crowd, relay *chat.Relay) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	engineFigure := func(pick func(bayeux.Stats) int64) func() float64 {
		return func() float64 { return float64(pick(engine.Stats())) }
	}
	gauge("parley_bayeux_sessions", "Bayeux sessions now.", engineFigure(func(s bayeux.Stats) int64 { return s.Sessions }))
	gauge("parley_bayeux_subscriptions", "Subscriptions now.", engineFigure(func(s bayeux.Stats) int64 { return s.Subscriptions }))
	gauge("parley_bayeux_held_connects", "Connects held now.", engineFigure(func(s bayeux.Stats) int64 { return s.Held }))
	gauge("parley_bayeux_history_publications", "Publications kept in memory now.", engineFigure(func(s bayeux.Stats) int64 { return s.Kept }))
	gauge("parley_bayeux_history_bytes", "Memory that these take.", engineFigure(func(s bayeux.Stats) int64 { return s.KeptBytes }))
	counter("parley_bayeux_replays_total", "Subscribes that asked for what they missed.", engineFigure(func(s bayeux.Stats) int64 { return s.Replays }))
	counter("parley_bayeux_handshakes_total", "Sessions begun.", engineFigure(func(s bayeux.Stats) int64 { return s.Handshakes }))
	counter("parley_bayeux_publications_total", "Publications by clients and the server.", engineFigure(func(s bayeux.Stats) int64 { return s.Publications }))
	counter("parley_bayeux_deliveries_total", "Events put into sessions' queues.", engineFigure(func(s bayeux.Stats) int64 { return s.Deliveries }))
	counter("parley_bayeux_queue_overflows_total", "Sessions ended because their queue was full.", engineFigure(func(s bayeux.Stats) int64 { return s.Overflows }))
	counter("parley_bayeux_expired_total", "Sessions that expired.", engineFigure(func(s bayeux.Stats) int64 { return s.Expired }))
	counter("parley_bayeux_revoked_total", "Subscriptions ended because the right to them ended.", engineFigure(func(s bayeux.Stats) int64 { return s.Revoked }))
	counter("parley_bayeux_duplicate_publishes_total", "Publishes that were answered again and not published again.", engineFigure(func(s bayeux.Stats) int64 { return s.Duplicates }))
	counter("parley_bayeux_disconnected_total", "Sessions ended by their client.", engineFigure(func(s bayeux.Stats) int64 { return s.Disconnected }))
	counter("parley_bayeux_replaced_connects_total", "Held connects displaced by newer ones.", engineFigure(func(s bayeux.Stats) int64 { return s.Replaced }))
	counter("parley_bayeux_refused_handshakes_total", "Handshakes refused for the limits of one address.", engineFigure(func(s bayeux.Stats) int64 { return s.Crowded }))
	counter("parley_bayeux_too_fast_total", "Handshakes, subscriptions and publications refused because there were too many.", engineFigure(func(s bayeux.Stats) int64 { return s.Hurried }))

	figure := func(pick func(transport.Stats) int64) func() float64 {
		return func() float64 { return float64(pick(sockets.Stats())) }
	}
	gauge("parley_bayeux_sockets", "Websockets now.", figure(func(s transport.Stats) int64 { return s.Sockets }))
	gauge("parley_bayeux_streams", "Event streams now.", figure(func(s transport.Stats) int64 { return s.Streams }))
	counter("parley_bayeux_sockets_opened_total", "Websockets opened.", figure(func(s transport.Stats) int64 { return s.Opened }))
	counter("parley_bayeux_sockets_refused_total", "Websockets and event streams for which there was no place.", figure(func(s transport.Stats) int64 { return s.Refused }))
	counter("parley_bayeux_late_bodies_total", "Requests whose body did not come in time.", figure(func(s transport.Stats) int64 { return s.Late }))
	for reason, pick := range map[string]func(transport.Stats) int64{
		"slow":   func(s transport.Stats) int64 { return s.Slow },
		"silent": func(s transport.Stats) int64 { return s.Silent },
		"lonely": func(s transport.Stats) int64 { return s.Lonely },
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "parley_bayeux_evicted_total", Help: "Connections given up: their reader was too slow, no pong came, or no session.",
			ConstLabels: prometheus.Labels{"reason": reason},
		}, figure(pick)))
	}
	gauge("parley_http_connections", "Connections now, without websockets.", func() float64 { return float64(doors.plain.Load()) })
	counter("parley_http_connections_refused_total", "Connections closed because there were too many.", func() float64 { return float64(doors.refused.Load()) })
	counter("parley_relay_events_total", "Committed events handed on.", func() float64 {
		n, _ := relay.Stats()
		return float64(n)
	})
	gauge("parley_relay_lag_seconds", "Age of the oldest event of the batch handed on last.", func() float64 {
		_, lag := relay.Stats()
		return lag.Seconds()
	})
	return r
}
