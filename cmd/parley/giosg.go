package main

import (
	"log/slog"
	"net/http"

	"parley/bayeux/transport"
	"parley/chat"
	"parley/chat/visitorinfo"
	"parley/config"
	"parley/web"
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

// visitorInfo opens what tells of visitors' browsers and addresses; no atlas without a database.
func visitorInfo(cfg config.Giosg, logger *slog.Logger) (chat.Scout, chat.Atlas, error) {
	scout, err := visitorinfo.NewScout(web.Referrers())
	if err != nil || cfg.GeoCityDatabase == "" && cfg.GeoOrganizationDatabase == "" {
		return scout, nil, err
	}
	atlas, err := visitorinfo.NewAtlas(cfg.GeoCityDatabase, cfg.GeoOrganizationDatabase, logger)
	return scout, atlas, err
}
