package main

import (
	"log/slog"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"parley/bayeux"
	"parley/chat"
	"parley/chat/webhook"
	"parley/config"
)

// webhooks is what sends events to organisations' own servers.
type webhooks struct {
	feed   *webhook.Feed
	sender *webhook.Sender
}

func openWebhooks(cfg config.Config, s chat.Store, engine *bayeux.Server, giosgFormat webhook.Format, logger *slog.Logger) webhooks {
	w := cfg.Webhooks
	settings := webhook.Config{
		AllowPrivate: w.AllowPrivate, AllowedNetworks: networks(w.AllowedNetworks), Timeout: w.Timeout,
		Workers: w.Workers, WorkersEach: w.WorkersPerWebhook, GiveUpAfter: w.GiveUpAfter, MaxAttempts: w.MaxAttempts,
		DisableAfter: w.DisableAfter, MaxQueue: w.MaxQueue, Keep: w.Keep, KeepCount: w.KeepCount,
		OfflineAfter: w.OfflineAfter, Reached: chat.NewReach(s, listeners(engine)).Reached, Giosg: giosgFormat, Logger: logger,
	}
	for _, port := range w.Ports {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil { // config.Validate has let it pass
			settings.Ports = append(settings.Ports, uint16(n))
		}
	}
	sender := webhook.NewSender(s, settings)
	return webhooks{feed: webhook.NewFeed(s, settings, sender.Wake), sender: sender}
}

// listeners names who listens to a channel on this node.
func listeners(engine *bayeux.Server) func(channel string) []string {
	return func(channel string) []string {
		present, _ := engine.Present(channel, "")
		names := make([]string, len(present))
		for i, p := range present {
			names[i] = p.Who
		}
		return names
	}
}

func (w webhooks) register(r prometheus.Registerer) {
	gauge := func(name, help string, value func(webhook.Stats) float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(w.sender.Stats()) }))
	}
	counter := func(name, help string, labels prometheus.Labels, value func(webhook.Stats) int64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels},
			func() float64 { return float64(value(w.sender.Stats())) }))
	}
	for result, value := range map[string]func(webhook.Stats) int64{
		"delivered": func(s webhook.Stats) int64 { return s.Delivered },
		"failed":    func(s webhook.Stats) int64 { return s.Failed },
		"refused":   func(s webhook.Stats) int64 { return s.Refused },
	} {
		counter("parley_webhook_requests_total", "Requests to webhooks: taken, not taken, or not made because of their address.",
			prometheus.Labels{"result": result}, value)
	}
	counter("parley_webhook_given_up_total", "Deliveries that were given up.", nil, func(s webhook.Stats) int64 { return s.GivenUp })
	counter("parley_webhook_disabled_total", "Webhooks switched off because they answered 410 or failed for too long.", nil,
		func(s webhook.Stats) int64 { return s.Disabled })
	gauge("parley_webhook_running", "Requests to webhooks under way now.", func(s webhook.Stats) float64 { return float64(s.Running) })
	gauge("parley_webhook_queue", "Deliveries that wait.", func(s webhook.Stats) float64 { return float64(s.Queue) })
	gauge("parley_webhook_queue_age_seconds", "How long the oldest of them has waited.", func(s webhook.Stats) float64 { return s.Age.Seconds() })
}
