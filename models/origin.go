package models

import (
	"encoding/json"
	"slices"
)

// Origins is a list of origins such as "https://example.com", as it is kept: a JSON array. Empty means whatever
// the settings say.
type Origins string

// NewOrigins makes it of a list.
func NewOrigins(list []string) Origins {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings can be written
	}
	return Origins(text)
}

// List reads it back; never nil.
func (o Origins) List() []string {
	list := []string{}
	if o != "" {
		_ = json.Unmarshal([]byte(o), &list) // NewOrigins wrote it
	}
	return list
}

// Allow tells whether pages of origin may come.
func (o Origins) Allow(origin string) bool { return o == "" || slices.Contains(o.List(), origin) }

// MarshalJSON writes the list.
func (o Origins) MarshalJSON() ([]byte, error) { return json.Marshal(o.List()) }
