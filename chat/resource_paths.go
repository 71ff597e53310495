package chat

import (
	"maps"
	"net/url"
	"slices"
)

// ResourceNames are what the names in a resource's paths may be: all that somebody may have written there. Paths with a
// name that has none are left out.
type ResourceNames struct {
	Organization string
	Rooms, Users []string
	Visitor      string
	Chat, Key    string
}

func (n *ResourceNames) of(name string, one *[1]string) []string {
	switch name {
	case "org":
		one[0] = n.Organization
	case "visitor":
		one[0] = n.Visitor
	case "chat":
		one[0] = n.Chat
	case "key":
		one[0] = url.PathEscape(n.Key)
	case "room":
		return n.Rooms
	case "user":
		return n.Users
	}
	if one[0] == "" {
		return nil
	}
	return one[:]
}

// Listeners tell which paths anybody asks for, so that nobody goes through those that nobody does.
type Listeners interface {
	// Under tells of whatever lies below a path, At of the path itself.
	Under(path string) bool
	At(path string) bool
}

// ResourcePath is one of a resource's paths.
type ResourcePath struct {
	Path   string
	Via    Via
	Public bool
	// User is the one whose path it is; empty: nobody's.
	User string
}

// ResourcePaths finds the paths of a kind, in every spelling, for which there are listeners. It costs what there is to
// ask the listeners on the way to them.
func ResourcePaths(kind ResourceKind, names ResourceNames, who Listeners) (paths []ResourcePath) {
	w := resourceWalk{kind: kind, names: &names, who: who}
	w.walk(resources, ResourcePrefix[:len(ResourcePrefix)-1], "")
	return w.paths
}

type resourceWalk struct {
	kind  ResourceKind
	names *ResourceNames
	who   Listeners
	paths []ResourcePath
}

func (w *resourceWalk) walk(n *resourceNode, path, user string) {
	if n.kind == w.kind && w.who.At(path) {
		w.paths = append(w.paths, ResourcePath{Path: path, Via: n.via, Public: n.public, User: user})
	}
	leads := resourceReach[n]
	if !leads.below[w.kind] || !w.who.Under(path) {
		return
	}
	for _, word := range leads.words {
		if next := n.words[word]; next.kind == w.kind || resourceReach[next].below[w.kind] {
			w.walk(next, path+"/"+word, user)
		}
	}
	if n.named == nil || n.named.kind != w.kind && !resourceReach[n.named].below[w.kind] {
		return
	}
	var room [1]string
	for _, name := range w.names.of(n.name, &room) {
		if n.name == "user" {
			user = name
		}
		w.walk(n.named, path+"/"+name, user)
	}
}

// reach is where a place in the grammar leads: its words in order, and the kinds below it.
type reach struct {
	words []string
	below map[ResourceKind]bool
}

var resourceReach = reaches(resources, map[*resourceNode]reach{})

func reaches(n *resourceNode, known map[*resourceNode]reach) map[*resourceNode]reach {
	r := reach{words: slices.Sorted(maps.Keys(n.words)), below: map[ResourceKind]bool{}}
	next := slices.Collect(maps.Values(n.words))
	if n.named != nil {
		next = append(next, n.named)
	}
	for _, child := range next {
		reaches(child, known)
		r.below[child.kind] = true
		maps.Copy(r.below, known[child].below)
	}
	known[n] = r
	return known
}
