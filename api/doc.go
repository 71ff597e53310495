// Package api is the HTTP door to chat: the original's /chat/... calls, the dashboard's own API, health and
// metrics, and the pages that are served from the binary. gin stays in here. Every URL is on one page,
// router.go; every refusal is chat's, given a status in error.go; every call is described in openapi/spec, and package
// openapi says how a route is added there.
package api
