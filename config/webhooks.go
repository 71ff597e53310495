package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// Webhooks bounds what is sent to organisations' own servers.
type Webhooks struct {
	AllowPrivate      bool          `mapstructure:"allow_private" doc:"Whether requests may go to this machine and to private networks: what an admin of any organisation can then reach."`
	AllowedNetworks   []string      `mapstructure:"allowed_networks" doc:"Addresses or networks (CIDR) that requests may go to although they are not public."`
	Ports             []string      `mapstructure:"ports" doc:"Ports that requests may go to. None: all."`
	Timeout           time.Duration `mapstructure:"timeout" doc:"How long a request may take, its answer included."`
	Workers           int           `mapstructure:"workers" doc:"Most requests at a time."`
	WorkersPerWebhook int           `mapstructure:"workers_per_webhook" doc:"Most requests at a time to one webhook; one that fails gets one."`
	GiveUpAfter       time.Duration `mapstructure:"give_up_after" doc:"How long a delivery is tried again, with growing pauses of up to three hours."`
	MaxAttempts       int           `mapstructure:"max_attempts" doc:"Most attempts of a delivery."`
	DisableAfter      time.Duration `mapstructure:"disable_after" doc:"How long nothing may go well with a webhook before it is switched off. One that answers 410 is switched off at once."`
	MaxQueue          int           `mapstructure:"max_queue" doc:"Most deliveries that wait for one webhook; one more switches it off."`
	Keep              time.Duration `mapstructure:"keep" doc:"How long deliveries are remembered when they are finished."`
	KeepCount         int           `mapstructure:"keep_count" doc:"How many of these for each webhook."`
	OfflineAfter      time.Duration `mapstructure:"offline_after" doc:"How long a message is unread before message.recipient_offline is sent, if its recipient is not there."`
}

func defaultWebhooks() Webhooks {
	return Webhooks{
		AllowedNetworks: []string{}, Ports: []string{}, Timeout: 10 * time.Second, Workers: 64, WorkersPerWebhook: 4,
		GiveUpAfter: 72 * time.Hour, MaxAttempts: 40, DisableAfter: 120 * time.Hour, MaxQueue: 20_000,
		Keep: 7 * 24 * time.Hour, KeepCount: 10_000, OfflineAfter: 30 * time.Second,
	}
}

func (w Webhooks) validate() error {
	for _, network := range w.AllowedNetworks {
		_, addrErr := netip.ParseAddr(network)
		_, prefixErr := netip.ParsePrefix(network)
		if addrErr != nil && prefixErr != nil {
			return fmt.Errorf("webhooks.allowed_networks: %q is neither an IP address nor a network like 10.0.0.0/8", network)
		}
	}
	for _, port := range w.Ports {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("webhooks.ports: %q is not a port from 1 to 65535", port)
		}
	}
	return cmp.Or(
		atLeast("webhooks.timeout", w.Timeout, 100*time.Millisecond),
		atLeast("webhooks.workers", w.Workers, 1),
		atLeast("webhooks.workers_per_webhook", w.WorkersPerWebhook, 1),
		atLeast("webhooks.give_up_after", w.GiveUpAfter, time.Second),
		atLeast("webhooks.max_attempts", w.MaxAttempts, 1),
		atLeast("webhooks.disable_after", w.DisableAfter, time.Second),
		atLeast("webhooks.max_queue", w.MaxQueue, 1),
		atLeast("webhooks.keep", w.Keep, time.Second),
		atLeast("webhooks.keep_count", w.KeepCount, 1),
		atLeast("webhooks.offline_after", w.OfflineAfter, time.Millisecond),
	)
}
