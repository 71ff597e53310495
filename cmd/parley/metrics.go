package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/bayeux"
	"parley/chat"
)

// newRegistry collects the process's, the engine's and the relay's figures; the router adds its own.
func newRegistry(engine *bayeux.Server, relay *chat.Relay) *prometheus.Registry {
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
	counter("parley_bayeux_handshakes_total", "Sessions begun.", engineFigure(func(s bayeux.Stats) int64 { return s.Handshakes }))
	counter("parley_bayeux_publications_total", "Publications by clients and the server.", engineFigure(func(s bayeux.Stats) int64 { return s.Publications }))
	counter("parley_bayeux_deliveries_total", "Events put into sessions' queues.", engineFigure(func(s bayeux.Stats) int64 { return s.Deliveries }))
	counter("parley_bayeux_queue_overflows_total", "Sessions ended because their queue was full.", engineFigure(func(s bayeux.Stats) int64 { return s.Overflows }))
	counter("parley_bayeux_expired_total", "Sessions that expired.", engineFigure(func(s bayeux.Stats) int64 { return s.Expired }))
	counter("parley_bayeux_revoked_total", "Subscriptions ended because the right to them ended.", engineFigure(func(s bayeux.Stats) int64 { return s.Revoked }))
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
