package api

import (
	"crypto/rand"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

const requestIDKey = "request_id"

var plainID = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// observer gives each request an id, a log line and a place in the histogram. It names routes and never paths:
// a conversation's id may be somebody's right to it.
type observer struct {
	logger    *slog.Logger
	durations *prometheus.HistogramVec
}

func newObserver(registry prometheus.Registerer, logger *slog.Logger) (*observer, error) {
	o := &observer{logger: logger, durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "parley_http_request_duration_seconds", Help: "Time to answer an HTTP request, by route, method and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"route", "method", "status"})}
	return o, registry.Register(o.durations)
}

func (o *observer) request(c *gin.Context) {
	began := time.Now()
	id := c.GetHeader("X-Request-ID")
	if !plainID.MatchString(id) {
		id = rand.Text()
	}
	c.Set(requestIDKey, id)
	c.Header("X-Request-ID", id)
	c.Next()

	took := time.Since(began)
	route := routeOf(c)
	if route == "" {
		route = "unknown"
	}
	status := c.Writer.Status()
	o.durations.WithLabelValues(route, method(c), strconv.Itoa(status)).Observe(took.Seconds())
	level := slog.LevelDebug
	attributes := []any{"request_id", id, "method", method(c), "route", route, "status", status, "ip", clientOf(c), "took", took}
	switch {
	case status >= 500 && len(c.Errors) > 0:
		level = slog.LevelError
		attributes = append(attributes, "error", c.Errors.Last().Err)
	case status >= 500:
		level = slog.LevelError
	case status >= 400:
		level = slog.LevelInfo
	}
	o.logger.Log(c.Request.Context(), level, "http request", attributes...)
}

// method keeps strangers from making up label values.
func method(c *gin.Context) string {
	switch m := c.Request.Method; m {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
		return m
	}
	return "other"
}
