package bayeux

import "encoding/json"

// scanner walks over JSON and checks it on the way, without building values.
// encoding/json would do, but takes names of fields in any case, and four
// times as long.
type scanner struct {
	b     []byte
	i     int
	depth int // levels still allowed
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// next skips white space and returns the byte there, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) eat(c byte) bool {
	if s.next() == c && s.i < len(s.b) {
		s.i++
		return true
	}
	return false
}

// value skips one value and returns its bytes.
func (s *scanner) value() (raw []byte, ok bool) {
	c := s.next()
	start := s.i
	switch {
	case c == '"':
		_, _, ok = s.str()
	case c == '{':
		ok = s.object(nil)
	case c == '[':
		ok = s.array(nil)
	case c == 't':
		ok = s.word("true")
	case c == 'f':
		ok = s.word("false")
	case c == 'n':
		ok = s.word("null")
	default:
		ok = s.number()
	}
	return s.b[start:s.i], ok
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i > start
}

func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *scanner) number() bool {
	if s.at('-') {
		s.i++
	}
	if s.at('0') {
		s.i++
	} else if !s.digits() {
		return false
	}
	if s.at('.') {
		s.i++
		if !s.digits() {
			return false
		}
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('+') || s.at('-') {
			s.i++
		}
		return s.digits()
	}
	return true
}

// str skips a string and returns what stands between its quotes.
func (s *scanner) str() (inner []byte, escaped, ok bool) {
	s.i++
	start := s.i
	for s.i < len(s.b) {
		c := s.b[s.i]
		s.i++
		switch {
		case c == '"':
			return s.b[start : s.i-1], escaped, true
		case c < ' ':
			return nil, false, false
		case c == '\\':
			escaped = true
			if !s.escape() {
				return nil, false, false
			}
		}
	}
	return nil, false, false
}

func (s *scanner) escape() bool {
	if s.i >= len(s.b) {
		return false
	}
	c := s.b[s.i]
	s.i++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if s.i >= len(s.b) || !hexDigit(s.b[s.i]) {
				return false
			}
			s.i++
		}
		return true
	}
	return false
}

func hexDigit(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// object walks over an object; field is shown each name before its value and
// takes the value, or leaves it.
func (s *scanner) object(field func(name []byte) (ok, taken bool)) bool {
	s.i++
	if s.depth--; s.depth < 0 {
		return false
	}
	defer func() { s.depth++ }()
	if s.eat('}') {
		return true
	}
	for {
		if s.next() != '"' {
			return false
		}
		name, escaped, ok := s.str()
		if !ok || !s.eat(':') {
			return false
		}
		if escaped {
			name = []byte(unquote(name, true))
		}
		taken := false
		if field != nil {
			if ok, taken = field(name); !ok {
				return false
			}
		}
		if !taken {
			if _, ok := s.value(); !ok {
				return false
			}
		}
		if s.eat(',') {
			continue
		}
		return s.eat('}')
	}
}

// array walks over an array; element takes each value.
func (s *scanner) array(element func() bool) bool {
	s.i++
	if s.depth--; s.depth < 0 {
		return false
	}
	defer func() { s.depth++ }()
	if s.eat(']') {
		return true
	}
	for {
		ok := false
		if element != nil {
			ok = element()
		} else {
			_, ok = s.value()
		}
		if !ok {
			return false
		}
		if s.eat(',') {
			continue
		}
		return s.eat(']')
	}
}

// unquote reads what stands between a string's quotes.
func unquote(inner []byte, escaped bool) string {
	if !escaped {
		return string(inner)
	}
	quoted := make([]byte, 0, len(inner)+2)
	quoted = append(append(append(quoted, '"'), inner...), '"')
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}

// validJSON reports whether b is one JSON value, at most depth levels deep.
func validJSON(b []byte, depth int) bool {
	s := scanner{b: b, depth: depth}
	_, ok := s.value()
	s.space()
	return ok && s.i == len(b)
}
