package bayeux

import (
	"bytes"
	"slices"
)

// parts are the fields of a message, for those who change one that is encoded.
type parts []part

type part struct {
	name string
	raw  []byte
}

// readParts reads a frame of the server's own making.
func readParts(f Frame) (p parts) {
	s := scanner{b: f.Object(), depth: 1 << 20}
	if s.next() == '{' {
		s.object(func(name []byte) (ok, taken bool) {
			raw, ok := s.value()
			p = append(p, part{string(name), bytes.Clone(raw)})
			return ok, true
		})
	}
	return p
}

func (p parts) find(name string) int {
	return slices.IndexFunc(p, func(f part) bool { return f.name == name })
}

// get returns a field as JSON, nil if there is none.
func (p parts) get(name string) []byte {
	if i := p.find(name); i >= 0 {
		return p[i].raw
	}
	return nil
}

// text returns a field that is a string.
func (p parts) text(name string) string {
	raw := p.get(name)
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	return unquote(raw[1:len(raw)-1], bytes.IndexByte(raw, '\\') >= 0)
}

func (p *parts) set(name string, raw []byte) {
	if i := p.find(name); i >= 0 {
		(*p)[i].raw = raw
		return
	}
	*p = append(*p, part{name, raw})
}

func (p *parts) drop(name string) {
	*p = slices.DeleteFunc(*p, func(f part) bool { return f.name == name })
}

func (p parts) frame() Frame {
	b := []byte(`[{`)
	for i, f := range p {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(appendString(b, f.name), ':'), f.raw...)
	}
	return append(b, `}]`...)
}
