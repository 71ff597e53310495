package bayeux

import (
	"encoding/json"
	"sync/atomic"
	"unicode/utf8"
)

// Row is a frame of the second tongue that sockets speak: a JSON array of a
// name, an array of arguments and an object of options, as in
// ["sub",["/a","<token>"],{"query":41}]. Its fields are verbatim JSON that
// stays in the decoded buffer.
type Row struct {
	Name string
	Args []json.RawMessage
	// Query is what the answer is known by, a number or a string; nil if there
	// is none.
	Query json.RawMessage
}

// maxRowArgs is how many arguments a row may have; none has a use for more
// than two.
const maxRowArgs = 8

// DecodeRow reads a row. ok false: it is none. Query is set then, too, if b is
// an array of JSON whose options have one, so that its sender can be told.
func DecodeRow(b []byte, lim Limits) (r Row, ok bool) {
	if !utf8.Valid(b) {
		return Row{}, false
	}
	s := scanner{b: b, depth: 8}
	if s.next() != '[' {
		return Row{}, false
	}
	place, good := 0, true
	whole := s.array(func() bool {
		place++
		switch c := s.next(); {
		case place == 1 && c == '"':
			inner, escaped, ok := s.str()
			r.Name = unquote(inner, escaped)
			return ok
		case place == 2 && c == '[':
			return s.array(func() bool {
				raw, ok := s.value()
				r.Args = append(r.Args, raw)
				return ok && len(r.Args) <= maxRowArgs
			})
		case place == 3 && c == '{':
			return s.object(r.option(&s, lim))
		}
		good = good && place > 3
		_, ok := s.value()
		return ok && place < 8
	})
	s.space()
	if !whole || s.i != len(b) {
		return Row{}, false
	}
	return r, good && r.Name != "" && r.Args != nil
}

// DecodeRow is DecodeRow within the server's limits.
func (srv *Server) DecodeRow(b []byte) (Row, bool) { return DecodeRow(b, srv.cfg.limits()) }

// option reads what the answer is known by.
func (r *Row) option(s *scanner, lim Limits) func(name []byte) (ok, taken bool) {
	return func(name []byte) (ok, taken bool) {
		if string(name) != "query" {
			return true, false
		}
		raw, ok := s.value()
		r.Query = nil
		scalar := len(raw) > 0 && (raw[0] == '"' || raw[0] == '-' || raw[0]-'0' <= 9)
		if scalar && (lim.IDBytes == 0 || len(raw) <= lim.IDBytes) {
			r.Query = raw
		}
		return ok, true
	}
}

// Text is an argument that is a string, "" if it is none.
func (r *Row) Text(i int) string {
	if i >= len(r.Args) || len(r.Args[i]) < 2 || r.Args[i][0] != '"' {
		return ""
	}
	inner := r.Args[i][1 : len(r.Args[i])-1]
	return unquote(inner, true)
}

// Answer is the row that answers one with a query. It says nothing of why
// something failed.
func (r *Row) Answer(failed bool) Frame {
	b := make([]byte, 0, 48+len(r.Query))
	b = append(append(b, `["__qr__",[[]],{"query":`...), r.Query...)
	if failed {
		b = append(b, `,"fail":true`...)
	}
	return append(b, `}]`...)
}

// rowCache is an event as a row, once somebody has asked for it.
type rowCache struct{ frame atomic.Pointer[Frame] }

// Row is the event as a row, ["changed",["<channel>",data]]. It is made when
// the first asks, and shared.
func (ev *Event) Row() Frame {
	if f := ev.row.frame.Load(); f != nil {
		return *f
	}
	b := make(Frame, 0, len(ev.Channel)+len(ev.Data)+20)
	b = append(b, `["changed",[`...)
	b = appendString(b, ev.Channel)
	b = append(append(append(b, ','), ev.Data...), `]]`...)
	if !ev.row.frame.CompareAndSwap(nil, &b) {
		return *ev.row.frame.Load()
	}
	return b
}
