package chat

import "encoding/json"

// Change is one field of a partial update: what is not Set stays as it is.
type Change[T any] struct {
	Set bool
	To  T
}

// To is a change.
func To[T any](value T) Change[T] { return Change[T]{Set: true, To: value} }

// UnmarshalJSON reads the new value.
func (c *Change[T]) UnmarshalJSON(b []byte) error {
	c.Set = true
	return json.Unmarshal(b, &c.To)
}

// into writes the value where there is one.
func (c Change[T]) into(field *T) {
	if c.Set {
		*field = c.To
	}
}
