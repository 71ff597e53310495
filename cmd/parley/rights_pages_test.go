package main

import (
	"io/fs"

	"parley/web"
)

// Pages, health, and the dashboard's own API, where nothing counts but its cookie.
func init() {
	built := 404
	if _, err := fs.Stat(web.Files(), "widget.js"); err == nil {
		built = 200
	}
	all := []caller{everyone}
	for _, method := range []string{"GET", "HEAD"} {
		for path, status := range map[string]int{
			"/": 302, "/widget.js": built, "/widget-more.js": built, "/live": built, "/live/": built, "/live2/:account": built, "/live2/:account/": built, "/dashboard": 301, "/dashboard/": built, "/dashboard/assets/*file": 404,
			"/demo": 301, "/demo/": built, "/demo/site.json": 200, "/demo/assets/*file": 404, "/healthz": 200, "/readyz": 200, "/openapi.yaml": 200, "/openapi": 301, "/openapi/": 200,
		} {
			addRights(right{call: method + " " + path, may: who{status: all}, only: []caller{nobody, visitor, administrator, key, forgedAdmin}})
		}
	}
	login := []caller{nobody, visitor, foreignAdmin, forgedAdmin}
	addRights(
		right{call: "GET /metrics", may: who{404: all}},
		right{call: "GET /metrics", as: "on this machine", direct: true, may: who{200: all}},
		right{call: "POST /dashboard/api/login", body: `{"email":"{email}","password":"` + rightsPassword + `"}`, may: who{200: all}, only: login},
		right{call: "POST /dashboard/api/login", as: "with a wrong password", body: `{"email":"{email}","password":"wrong"}`, may: who{401: all}, only: login},
		right{call: "GET /dashboard/api/me", cookie: true, may: dashboard(200, team)},
		right{call: "GET /dashboard/api/me", as: "by token", may: dashboard(0, nil)},
		right{call: "GET /dashboard/api/conversations", cookie: true, may: dashboard(200, team)},
		right{call: "GET /dashboard/api/conversations", as: "of all", query: "scope=all", cookie: true,
			may: who{200: {supervisor, administrator, foreignSupervisor, foreignAdmin}, 403: {counterpart, colleague, foreignManager}, 401: {everyone}}},
		right{call: "POST /dashboard/api/password", body: `{"password":"` + rightsPassword + `","old_password":"` + rightsPassword + `"}`, cookie: true,
			only: []caller{nobody, visitor, counterpart, key, forgedAdmin}, may: dashboard(200, team)},
		right{call: "POST /dashboard/api/password", as: "not proved", body: `{"password":"` + rightsPassword + `","old_password":"guessed words"}`, cookie: true, only: []caller{administrator}, may: who{403: {administrator}}},
		right{call: "POST /dashboard/api/logout", cookie: true, may: who{204: all}},
	)
}

// dashboard lets those in who have its cookie. Nobody else is anybody there.
func dashboard(status int, callers []caller) who {
	if callers == nil {
		return who{401: {everyone}}
	}
	return who{status: callers, 401: {everyone}}
}
