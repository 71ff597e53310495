package models

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Scopes is a set of what an API key may do. The zero value may do nothing. It is kept as a number, in which the
// bits never change their meaning; JSON is a list of names, such as ["chat","push"].
type Scopes int64

const (
	// ScopeChat: conversations are opened, read, written in, given away and ended.
	ScopeChat Scopes = 1 << iota
	// ScopePush: notifications, and what is published on channels.
	ScopePush
	// ScopeVisitors: visitors get tokens, are identified and merged.
	ScopeVisitors
	// ScopeEvents: channels are listened to, and events read.
	ScopeEvents
	// ScopeWebhooks: webhooks are managed.
	ScopeWebhooks
	// ScopePeople: the organisation, its managers and their schedules are read and changed.
	ScopePeople
	// ScopeNumbers: figures and search.
	ScopeNumbers
	// ScopeData: what is kept of people is exported and erased.
	ScopeData

	// AllScopes are all, those that are still to come included.
	AllScopes Scopes = -1
)

var scopeNames = []string{"chat", "push", "visitors", "events", "webhooks", "people", "numbers", "data"}

// ScopeNames lists all names there are.
func ScopeNames() []string { return append([]string(nil), scopeNames...) }

// ParseScopes reads names; none make an empty set.
func ParseScopes(names []string) (Scopes, error) {
	var set Scopes
	for _, name := range names {
		scope, ok := scopeNamed(name)
		if !ok {
			return 0, fmt.Errorf("models: there is no scope %q", name)
		}
		set |= scope
	}
	return set, nil
}

func scopeNamed(name string) (Scopes, bool) {
	for i, known := range scopeNames {
		if name == known {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has tells whether all of the others are among these.
func (s Scopes) Has(others Scopes) bool { return s&others == others }

// Names lists them; never nil.
func (s Scopes) Names() []string {
	list := []string{}
	for i, name := range scopeNames {
		if s.Has(1 << i) {
			list = append(list, name)
		}
	}
	return list
}

func (s Scopes) String() string { return strings.Join(s.Names(), ",") }

// MarshalJSON writes the names.
func (s Scopes) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads a list of names.
func (s *Scopes) UnmarshalJSON(b []byte) (err error) {
	var names []string
	if err = json.Unmarshal(b, &names); err == nil {
		*s, err = ParseScopes(names)
	}
	return err
}
