package giosg

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"parley/chat"
	"parley/models"
)

// notice is one change of a resource, which is told on the channels of its collection and its own.
type notice struct {
	// kinds are those whose paths are its channels, collections first.
	kinds  []chat.ResourceKind
	action string
	// id is what clients know the resource by.
	id    string
	names chat.ResourceNames
	// only leaves out paths; nil: none.
	only func(chat.ResourcePath) (bool, error)
	// attributes are those that changed; identity goes along with them.
	attributes []string
	identity   []string
	// view is the resource as the team or, in public, its visitor sees it; chat.ErrNoRecord: it is gone.
	view func(public bool) (any, error)
	// conversation is the one of several to which an event without any is told; else zero.
	conversation models.Conversation
}

// told is a notice on one channel.
type told struct {
	path     chat.ResourcePath
	action   string
	id       string
	resource json.RawMessage // nil with what was removed

	conversation models.Conversation // the notice's
}

// speller is a listener to whom two names of one room would be the same. It chooses one of them.
type speller interface {
	spelled(rooms []string) []string
}

// tell finds the channels of a notice that are listened to, and what is said there. A resource that is gone meanwhile is
// told of no more.
func (n notice) tell(who chat.Listeners) (list []told, err error) {
	views := map[bool]json.RawMessage{}
	if s, ok := who.(speller); ok {
		n.names.Rooms = s.spelled(n.names.Rooms)
	}
	for _, kind := range n.kinds {
		for _, path := range chat.ResourcePaths(kind, n.names, who) {
			if n.only != nil {
				if ok, err := n.only(path); err != nil {
					return nil, err
				} else if !ok {
					continue
				}
			}
			view, made := views[path.Public]
			if !made {
				if view, err = n.resource(path.Public); isGone(err) {
					return nil, nil
				} else if err != nil {
					return nil, err
				}
				views[path.Public] = view
			}
			if view == nil && n.action != chat.ResourceRemoved {
				continue // nothing of what changed is for who listens there
			}
			list = append(list, told{path, n.action, n.id, view, n.conversation})
		}
	}
	return list, nil
}

// isGone tells of an error that something is not there any more.
func isGone(err error) bool {
	return errors.Is(err, chat.ErrNoRecord) || err != nil && chat.KindOf(err) == chat.NotFound
}

// resource is the whole of it when it is new, and what changed of it later.
func (n notice) resource(public bool) (json.RawMessage, error) {
	if n.action == chat.ResourceRemoved {
		return nil, nil
	}
	view, err := n.view(public)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(view)
	if err != nil || n.action == chat.ResourceAdded {
		return text, err
	}
	return pick(text, cmp.Or(len(n.identity), 1), append(slices.Clone(n.identity), n.attributes...))
}

// pick leaves of an object the named members, in that order; nil if there is none but the first few, which are its
// identity.
func pick(object []byte, identity int, members []string) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		return nil, fmt.Errorf("giosg: a resource is no object: %w", err)
	}
	var b bytes.Buffer
	some := false
	for i, name := range members {
		value, there := all[name]
		if !there || slices.Contains(members[:i], name) {
			continue
		}
		sep := byte(',')
		if b.Len() == 0 {
			sep = '{'
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "%q:%s", name, value)
		some = some || i >= identity
	}
	if !some {
		return nil, nil
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
