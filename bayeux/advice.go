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
	return append(b, `},`...)
}

// retry is the advice of every success.
func (srv *Server) retry() advice {
	c := &srv.cfg
	return advice{"retry", c.Interval.Milliseconds(), c.Timeout.Milliseconds(), c.Grace.Milliseconds()}
}

func (srv *Server) never() advice {
	return advice{"none", 0, srv.cfg.Timeout.Milliseconds(), 0}
}

// again advises a new handshake after a pause of at least least, spread so
// that those who lost their sessions together do not come back together. Its
// interval is not left out ever: Faye's client shakes hands 80 times a second
// without.
func (srv *Server) again(least time.Duration) advice {
	pause := least + 250*time.Millisecond + rand.N(1250*time.Millisecond)
	return advice{"handshake", pause.Milliseconds(), srv.cfg.Timeout.Milliseconds(), 0}
}
