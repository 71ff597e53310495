package bayeux

import (
	"encoding/json"
	"unicode/utf8"
)

// Message is one message of a client. Its raw fields are verbatim JSON, nil
// when absent, and stay in the decoded buffer: they may be used until that
// buffer is used again.
type Message struct {
	Channel        string
	ClientID       string
	ConnectionType string
	Version        bool // sent, whatever it says: neither Faye nor CometD read it
	Types          []string
	ID             json.RawMessage
	Data           json.RawMessage
	Ext            json.RawMessage
	Subscription   json.RawMessage
	Timeout        int64 // advice.timeout in milliseconds, negative when absent

	extra    extra // of Ext
	courtesy *courtesy

	oddChannel, oddClient, oddType bool // present, but no strings
	noTypes                        bool
	fault                          *Error
}

// Limits bound what Decode takes. Zero means no limit, except for Depth,
// which then is 64.
type Limits struct {
	Messages     int // in one batch
	Depth        int // of nesting
	IDBytes      int // of an id as JSON
	ChannelBytes int
}

// Decode reads a batch, or one bare message as several clients send it, and
// appends its messages to dst. An element that is no object, or whose id or
// channel is too long, becomes a message that Process answers with
// 400::Bad request; ErrBadRequest means that b as a whole is none of it.
func Decode(dst []Message, b []byte, lim Limits) ([]Message, error) {
	if lim.Depth <= 0 {
		lim.Depth = 64
	}
	if !utf8.Valid(b) {
		return dst, ErrBadRequest
	}
	s := scanner{b: b, depth: lim.Depth}
	ok := false
	switch s.next() {
	case '{':
		dst, ok = s.message(dst, lim)
	case '[':
		n := len(dst)
		ok = s.array(func() bool {
			if lim.Messages > 0 && len(dst)-n >= lim.Messages {
				return false
			}
			var good bool
			dst, good = s.message(dst, lim)
			return good
		})
	}
	s.space()
	if !ok || s.i != len(b) {
		return dst, ErrBadRequest
	}
	return dst, nil
}

func (s *scanner) message(dst []Message, lim Limits) ([]Message, bool) {
	dst = append(dst, Message{Timeout: -1, noTypes: true})
	m := &dst[len(dst)-1]
	if s.next() != '{' {
		m.fault = ErrBadRequest
		_, ok := s.value()
		return dst, ok
	}
	ok := s.object(func(name []byte) (ok, taken bool) { return m.field(s, name) })
	if m.extra.timesync != nil && isMeta(m.Channel) {
		m.readTimesync(m.extra.timesync)
	}
	if lim.IDBytes > 0 && len(m.ID) > lim.IDBytes {
		m.ID, m.fault = nil, ErrBadRequest
	}
	if lim.ChannelBytes > 0 && len(m.Channel) > lim.ChannelBytes {
		m.Channel, m.fault = "", ErrBadRequest
	}
	return dst, ok
}

// field reads one field of a message; a name seen before is overwritten, as
// JSON.parse does.
func (m *Message) field(s *scanner, name []byte) (ok, taken bool) {
	switch string(name) {
	case "channel":
		m.Channel, m.oddChannel, ok = s.text(channelName)
	case "clientId":
		m.ClientID, m.oddClient, ok = s.text(unquote)
	case "connectionType":
		m.ConnectionType, m.oddType, ok = s.text(unquote)
	case "id":
		m.ID, ok = s.value()
	case "data":
		m.Data, ok = s.value()
	case "ext":
		ok = m.readExt(s)
	case "timestamp":
		_, ok = s.value()
		m.courteous().stamp = true
	case "subscription":
		m.Subscription, ok = s.value()
	case "version":
		var raw []byte
		raw, ok = s.value()
		m.Version = truthy(raw)
	case "supportedConnectionTypes":
		ok = s.types(m)
	case "advice":
		ok = s.advice(m)
	default:
		return true, false
	}
	return ok, true
}

// text reads a string. null counts as absent; odd tells of any other type.
func (s *scanner) text(read func([]byte, bool) string) (v string, odd, ok bool) {
	if s.next() == '"' {
		inner, escaped, ok := s.str()
		if !ok {
			return "", false, false
		}
		return read(inner, escaped), false, true
	}
	raw, ok := s.value()
	return "", string(raw) != "null", ok
}

// channelName saves the allocation for the names that nearly all requests bear.
func channelName(inner []byte, escaped bool) string {
	switch string(inner) {
	case MetaConnect:
		return MetaConnect
	case MetaSubscribe:
		return MetaSubscribe
	case MetaHandshake:
		return MetaHandshake
	}
	return unquote(inner, escaped)
}

func (s *scanner) types(m *Message) bool {
	m.Types, m.noTypes = nil, true
	if s.next() != '[' {
		_, ok := s.value()
		return ok
	}
	m.noTypes = false
	return s.array(func() bool {
		v, odd, ok := s.text(unquote)
		if !odd && v != "" {
			m.Types = append(m.Types, v)
		}
		return ok
	})
}

func (s *scanner) advice(m *Message) bool {
	m.Timeout = -1
	if s.next() != '{' {
		_, ok := s.value()
		return ok
	}
	return s.object(func(name []byte) (ok, taken bool) {
		if string(name) != "timeout" {
			return true, false
		}
		raw, ok := s.value()
		m.Timeout = millis(raw)
		return ok, true
	})
}

// millis reads a JSON number of milliseconds; negative means none.
func millis(raw []byte) int64 {
	var f float64
	if len(raw) == 0 || len(raw) > 32 || json.Unmarshal(raw, &f) != nil || string(raw) == "null" || f < 0 {
		return -1
	}
	return int64(min(f, 1e12))
}

// truthy is JavaScript's idea of it, by which Faye tells a missing parameter.
func truthy(raw []byte) bool {
	switch string(raw) {
	case "", "null", "false", "0", `""`:
		return false
	}
	return true
}
