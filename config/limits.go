package config

import "cmp"

// Limits bound how much one caller may ask for, so that nobody takes what is everybody's. Five seconds' worth may come
// at once unless it says otherwise; 0 means no limit.
type Limits struct {
	ReadsPerIP      float64 `mapstructure:"reads_per_second_per_ip" doc:"Calls a second of one address (IPv6: of one /64 network) that read, mark as read or type. Managers and keys are not counted\nby address. 0: any number, here and below."`
	FilesPerIP      float64 `mapstructure:"files_per_second_per_ip" doc:"Files a second that one address may fetch; ten times as many at once."`
	MissesPerIP     float64 `mapstructure:"misses_per_second_per_ip" doc:"Calls a second of one address for what is not there, or without the token that they need; thirty at once.\nTen times as many with credentials that are not good. Who goes beyond that waits."`
	RequestsPerIP   float64 `mapstructure:"bayeux_requests_per_second_per_ip" doc:"Subscriptions and publications a second of one address."`
	PerVisitor      float64 `mapstructure:"per_second_per_visitor" doc:"Calls, subscriptions and publications a second of one visitor."`
	PerKey          float64 `mapstructure:"per_second_per_key" doc:"Calls, subscriptions and publications a second of one API key."`
	PerOrganization float64 `mapstructure:"per_second_per_organization" doc:"Calls, handshakes, subscriptions and publications a second of one organisation's managers and keys together, and as many\nof its visitors."`
}

func defaultLimits() Limits {
	return Limits{
		ReadsPerIP: 20, FilesPerIP: 50, MissesPerIP: 1, RequestsPerIP: 10_000,
		PerVisitor: 50, PerKey: 2000, PerOrganization: 10_000,
	}
}

func (l Limits) validate() error {
	return cmp.Or(
		atLeast("limits.reads_per_second_per_ip", l.ReadsPerIP, 0),
		atLeast("limits.files_per_second_per_ip", l.FilesPerIP, 0),
		atLeast("limits.misses_per_second_per_ip", l.MissesPerIP, 0),
		atLeast("limits.bayeux_requests_per_second_per_ip", l.RequestsPerIP, 0),
		atLeast("limits.per_second_per_visitor", l.PerVisitor, 0),
		atLeast("limits.per_second_per_key", l.PerKey, 0),
		atLeast("limits.per_second_per_organization", l.PerOrganization, 0),
	)
}
