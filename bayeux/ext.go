package bayeux

import (
	"bytes"
	"encoding/json"
)

// extra is what the protocol's own extensions have in a message's ext, as raw
// JSON, nil when absent, and what is left without them.
type extra struct {
	ack      json.RawMessage
	timesync json.RawMessage
	binary   json.RawMessage
	replay   json.RawMessage
	rest     json.RawMessage // what the Policy reads; nil if nothing is left
}

func (x *extra) named(name []byte) *json.RawMessage {
	switch string(name) {
	case "ack":
		return &x.ack
	case "timesync":
		return &x.timesync
	case "binary":
		return &x.binary
	case "replay":
		return &x.replay
	}
	return nil
}

// readExt reads a message's ext, whatever it is. The rest is verbatim if the
// protocol has no part in it. Otherwise it is a copy: a client that counts in
// ext.ack shows the same credentials with every connect.
func (m *Message) readExt(s *scanner) (ok bool) {
	m.extra = extra{}
	m.Ext = nil
	if s.next() != '{' {
		if m.Ext, ok = s.value(); string(m.Ext) == "null" {
			m.Ext = nil
		}
		m.extra.rest = m.Ext
		return ok
	}
	start, all, own := s.i, 0, 0
	ok = s.object(func(name []byte) (ok, taken bool) {
		all++
		field := m.extra.named(name)
		if field == nil {
			return true, false
		}
		own++
		*field, ok = s.value()
		return ok, true
	})
	m.Ext = s.b[start:s.i]
	switch {
	case !ok:
	case own == 0:
		m.extra.rest = m.Ext
	case own < all:
		m.extra.rest = others(m.Ext, s.depth)
	}
	return ok
}

// others copies an object, which is valid, without what extra names.
func others(object []byte, depth int) []byte {
	s := scanner{b: object, depth: depth}
	out := append(make([]byte, 0, len(object)), '{')
	s.object(func(name []byte) (ok, taken bool) {
		if new(extra).named(name) != nil {
			return true, false
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendString(out, string(name)), ':')
		raw, ok := s.value()
		out = append(out, raw...)
		return ok, true
	})
	return append(out, '}')
}

// ext are the fields that subscribers get of a publisher's ext: what CometD's
// binary extension says of the data, and nothing else.
func (p *Publication) ext() []string {
	if p.fields != "" {
		return []string{p.fields}
	}
	if p.Binary == nil {
		return nil
	}
	return []string{`"binary":` + oneLine(p.Binary)}
}

// oneLine returns valid JSON without line ends, at which an event stream ends
// a field.
func oneLine(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return "null"
	}
	return b.String()
}
