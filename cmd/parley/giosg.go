package main

import (
	"net/http"

	"parley/bayeux/transport"
	"parley/config"
)

// Where giosg's API answers, and its sockets are opened.
const (
	giosgPath     = "/api/v5"
	giosgSettings = "/api/v2/visitor/settings"
	giosgSocket   = "/api/v5/socket"
)

// publicURL tells callers by which name the server is called: the settings', else the request's own.
func publicURL(cfg config.Config, proxies transport.Proxies) func(*http.Request) string {
	return func(r *http.Request) string {
		switch {
		case cfg.Giosg.PublicURL != "":
			return cfg.Giosg.PublicURL
		case r.TLS != nil || proxies.Secure(r):
			return "https://" + r.Host
		}
		return "http://" + r.Host
	}
}
