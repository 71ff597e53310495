package bayeux

import (
	"bytes"
	"encoding/json"
	"time"
)

// Frame is one encoded message as an array of one, the way a socket sends it.
// Frames are shared: nobody changes their bytes.
type Frame []byte

// Object is the message without the array around it.
func (f Frame) Object() []byte { return f[1 : len(f)-1] }

// Event is a publication on its way to any number of sessions, encoded once.
type Event struct {
	Channel string
	Data    json.RawMessage
	Frame   Frame
	ID      int64 // by which it can be asked for again; 0 if it cannot

	row rowCache
}

// newEvent copies data. Only channel and data are forwarded: a publisher's
// clientId is a key to its queue, its id would complete a remote call that
// cometd.js has pending under the same number, its ext holds credentials.
// id is for the answer to such a call, otherwise nil; ext are fields for it.
func newEvent(channel string, data, id []byte, ext ...string) *Event {
	if bytes.IndexByte(data, '\n') >= 0 || bytes.IndexByte(data, '\r') >= 0 {
		var one bytes.Buffer // an event stream ends a field at a line's end
		if json.Compact(&one, data) == nil {
			data = one.Bytes()
		}
	}
	b := make([]byte, 0, len(channel)+len(data)+len(id)+32)
	b = append(b, `[{"channel":`...)
	b = appendString(b, channel)
	b = append(b, `,"data":`...)
	at := len(b)
	b = append(b, data...)
	end := len(b)
	if id != nil {
		b = append(append(b, `,"id":`...), id...)
		b = append(b, `,"successful":true`...) // as those who call look for it
	}
	for i, field := range ext {
		if i == 0 {
			b = append(b, `,"ext":{`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, field...)
	}
	if len(ext) > 0 {
		b = append(b, '}')
	}
	b = append(b, `}]`...)
	return &Event{Channel: channel, Data: json.RawMessage(b[at:end:end]), Frame: b}
}

// reply is a message of the server about a request.
type reply struct {
	channel      string
	id           []byte
	clientID     string
	subscription []byte
	err          *Error
	handshake    bool // carries version and connection types
	advice       advice
	ext          []byte // its fields
	courtesy     *courtesy
}

// extend adds a field to the reply's ext.
func (r *reply) extend(field string) {
	if len(r.ext) > 0 {
		r.ext = append(r.ext, ',')
	}
	r.ext = append(r.ext, field...)
}

const connectionTypes = `["websocket","eventsource","long-polling","cross-origin-long-polling","callback-polling"]`

func (r *reply) frame() Frame {
	if r.courtesy != nil {
		r.courtesy.answer(r, time.Now())
	}
	b := make([]byte, 0, 96+len(r.channel)+len(r.id)+len(r.clientID)+len(r.subscription)+r.spare())
	b = append(b, `[{`...)
	if r.channel != "" {
		b = append(b, `"channel":`...)
		b = append(appendString(b, r.channel), ',')
	}
	if r.id != nil {
		b = append(b, `"id":`...)
		b = append(append(b, r.id...), ',')
	}
	if r.clientID != "" {
		b = append(b, `"clientId":`...)
		b = append(appendString(b, r.clientID), ',')
	}
	if r.subscription != nil {
		b = append(b, `"subscription":`...)
		b = append(append(b, r.subscription...), ',')
	}
	if r.handshake {
		b = append(b, `"version":"1.0","minimumVersion":"1.0","supportedConnectionTypes":`+connectionTypes+`,`...)
	}
	b = r.advice.append(b)
	if r.courtesy != nil && r.courtesy.stamp {
		b = timestamp(b, time.Now())
	}
	if len(r.ext) > 0 {
		b = append(b, `"ext":{`...)
		b = append(append(b, r.ext...), `},`...)
	}
	if r.err != nil {
		b = append(b, `"successful":false,"error":`...)
		b = appendString(b, r.err.Error())
	} else {
		b = append(b, `"successful":true`...)
	}
	return append(b, `}]`...)
}

// spare is a guess of what the rarer fields take.
func (r *reply) spare() (n int) {
	n = len(r.ext)
	if r.courtesy != nil {
		n += 48
	}
	if r.handshake {
		n += 176
	}
	if r.advice.reconnect != "" {
		n += 80
	}
	if r.err != nil {
		n += 64
	}
	return n
}

const hexDigits = "0123456789abcdef"

// appendString appends s, which is valid UTF-8, as a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
