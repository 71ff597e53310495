package bayeux

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// courtesy is what a reply has because the request had it: a timestamp, and
// the answer of the timesync extension. Few requests do.
type courtesy struct {
	at    time.Time // of arrival
	stamp bool
	sync  bool
	tc    float64 // the client's clock
	l, o  float64 // lag and offset as it knows them
}

// A client whose idea of the server's clock is as good as this is not told,
// unless it has none yet.
const syncAccuracy = 25 // milliseconds

// courteous returns the message's courtesy for one more to be noted in it.
func (m *Message) courteous() *courtesy {
	if m.courtesy == nil {
		m.courtesy = &courtesy{at: time.Now()}
	}
	return m.courtesy
}

// readTimesync reads ext.timesync of a meta message.
func (m *Message) readTimesync(raw json.RawMessage) {
	var v struct{ TC, L, O float64 }
	const absurd = 1e15 // beyond it milliseconds are lost, and sums end in infinity
	if json.Unmarshal(raw, &v) != nil || v.TC == 0 || max(math.Abs(v.TC), math.Abs(v.L), math.Abs(v.O)) > absurd {
		return
	}
	c := m.courteous()
	c.sync, c.tc, c.l, c.o = true, v.TC, v.L, v.O
}

// answer adds the fields to a reply. p is how long the request was here.
func (c *courtesy) answer(r *reply, now time.Time) {
	if !c.sync {
		return
	}
	ts := float64(c.at.UnixMilli())
	a := c.tc + c.o + c.l - ts
	if c.l != 0 && math.Abs(a) < syncAccuracy {
		return
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	r.extend(`"timesync":{"tc":` + number(c.tc) + `,"ts":` + number(ts) +
		`,"p":` + number(float64(now.Sub(c.at).Milliseconds())) + `,"a":` + number(math.Round(a)) + `}`)
}

// timestamp is the specification's form, of hundredths of a second.
func timestamp(b []byte, now time.Time) []byte {
	return now.UTC().AppendFormat(append(b, `"timestamp":"`...), `2006-01-02T15:04:05.00Z",`)
}
