package main

import (
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 16 << 10
	// A request and its answer. What is held, or streams, has its own limits in bayeux/transport.
	bodyTime   = 30 * time.Second
	answerTime = time.Minute
)

// newHTTP makes a server that speaks HTTP/1.1 and HTTP/2, the latter without TLS too, as a proxy in front may.
func (s *server) newHTTP(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: handler, Protocols: protocols,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, ReadTimeout: bodyTime, WriteTimeout: answerTime,
		MaxHeaderBytes: headerSize,
		// A peer that is gone without a word would hold its requests for ever.
		HTTP2:    &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
}

// crowd bounds the connections of a server, websockets included, which leave net/http's count.
type crowd struct {
	limit   int64 // 0 for none
	sockets func() int64
	plain   atomic.Int64
	refused atomic.Int64
}

// watch closes a connection at once for which there is no place.
func (c *crowd) watch(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if n := c.plain.Add(1); c.limit > 0 && n+c.sockets() > c.limit {
			c.refused.Add(1)
			_ = conn.Close() // nothing was said yet
		}
	case http.StateClosed, http.StateHijacked:
		c.plain.Add(-1)
	}
}
