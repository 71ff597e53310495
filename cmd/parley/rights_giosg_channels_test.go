package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// notChannels are paths on which nothing is ever told.
var notChannels = []string{"me", "messagerouter", "public auth", "public room_visitors"}

// TestGiosgChannelRights: who may read a path may listen to it, on giosg's socket and with Faye alike, and nobody else. An
// API key needs the scope for listening as well.
func TestGiosgChannelRights(t *testing.T) {
	chattest.Slow(t)
	w := newRealm(t, chattest.SQLite(t), config.VisitorsCapability)
	w.here.refresh(right{})
	w.there.refresh(right{})
	for name, r := range giosgRights {
		path := w.giosgPath(r.path)
		for i, c := range callers() {
			in := slices.Contains(r.read, c)
			if c == narrowKey {
				in = slices.Contains(r.read, key)
			}
			in = in && !slices.Contains(notChannels, name)
			as := right{call: "SUBSCRIBE " + path, scope: r.scope | models.ScopeEvents}
			if c == wrongKey { // it has all that listening needs, and nothing of what it is about
				as.scope, in = r.scope&^models.ScopeEvents, slices.Contains(r.read, key) && r.scope == models.AllScopes && in
				if r.scope == 0 || r.scope == models.AllScopes {
					continue
				}
			}
			status, answer := w.row(path, w.tokenOr(as, c))
			if i%4 == 0 { // the same gate is asked
				status, answer = w.speak(as, c)
			}
			if ok := status == http.StatusOK; ok != in && !nothingThere(path, ok) {
				t.Errorf("%s (%s) by %s: %d, want it to be let in: %v; %s", name, path, c, status, in, answer)
			}
		}
	}
}

// nothingThere: what is not there cannot be listened to by those who may read it.
func nothingThere(path string, ok bool) bool { return !ok && strings.Contains(path, "nothing") }

func (w *realm) tokenOr(r right, c caller) any {
	if token := w.token(r, c); token != "" {
		return token
	}
	return nil
}
