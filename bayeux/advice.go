package bayeux

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// advice is complete or absent: Faye merges it into what it had, cometd.js
// replaces what it had, aiocometd wants interval in it.
type advice struct {
	reconnect string // "" for no advice
	interval  int64  // all in milliseconds
	timeout   int64
	maximum   int64 // maxInterval; 0 leaves it out
	crowded   bool  // multiple-clients: too many polls of one browser
}

func (a *advice) append(b []byte) []byte {
	if a.reconnect == "" {
		return b
	}
	b = append(b, `"advice":{"reconnect":"`...)
	b = append(b, a.reconnect...)
	b = append(b, `","interval":`...)
	b = strconv.AppendInt(b, a.interval, 10)
	b = append(b, `,"timeout":`...)
	b = strconv.AppendInt(b, a.timeout, 10)
	if a.maximum > 0 {
		b = append(b, `,"maxInterval":`...)
		b = strconv.AppendInt(b, a.maximum, 10)
	}
	if a.crowded {
		b = append(b, `,"multiple-clients":true`...)
	}
	return append(b, `},`...)
}

// retry is the advice of every success.
func (srv *Server) retry() advice {
	c := &srv.cfg
	return advice{"retry", c.Interval.Milliseconds(), c.Timeout.Milliseconds(), c.Grace.Milliseconds(), false}
}

// apart is the advice to a client beside which others of its browser poll.
func (srv *Server) apart() advice {
	a := srv.retry()
	a.crowded, a.interval = true, max(a.interval, crowdedPause.Milliseconds())
	return a
}

func (srv *Server) never() advice {
	return advice{reconnect: "none", timeout: srv.cfg.Timeout.Milliseconds()}
}

// again advises a new handshake after a pause of at least least, spread so
// that those who lost their sessions together do not come back together. Its
// interval is not left out ever: Faye's client shakes hands 80 times a second
// without.
func (srv *Server) again(least time.Duration) advice {
	pause := least + 250*time.Millisecond + rand.N(1250*time.Millisecond) // #nosec G404 -- nothing to guess
	return advice{reconnect: "handshake", interval: pause.Milliseconds(), timeout: srv.cfg.Timeout.Milliseconds()}
}
