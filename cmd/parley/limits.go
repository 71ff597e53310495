package main

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"parley/bayeux"
	"parley/chat"
	"parley/config"
)

// limitsOf gathers what the settings say of callers.
func limitsOf(cfg config.Config) chat.Limits {
	return chat.Limits{
		MessagesPerSecond: cfg.Chat.MessagesPerSecond, MessagesBurst: cfg.Chat.MessagesBurst,
		OpensPerMinute:   float64(cfg.Chat.OpensPerMinute),
		VisitorPerSecond: cfg.Limits.PerVisitor, KeyPerSecond: cfg.Limits.PerKey, OrganizationPerSecond: cfg.Limits.PerOrganization,
		ReadsPerSecond: cfg.Limits.ReadsPerIP, FilesPerSecond: cfg.Limits.FilesPerIP, MissesPerSecond: cfg.Limits.MissesPerIP,
	}
}

// slowed bounds what one address asks of a handler that has no limits of its own: so much a second, five seconds' worth
// at once.
func slowed(perSecond float64, client func(*http.Request) netip.Addr) func(http.Handler) http.Handler {
	const burst = 5
	limiter := chat.NewLimiter(perSecond, int(perSecond*burst))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			source := strconv.FormatUint(uint64(bayeux.SourceOf(client(r))), 16)
			var refusal *chat.Error
			if !errors.As(limiter.Take(source), &refusal) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(refusal.RetryAfter, time.Second).Seconds()))))
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusTooManyRequests)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": refusal.Text, "code": refusal.Code}) // the client is gone if it fails
		})
	}
}
