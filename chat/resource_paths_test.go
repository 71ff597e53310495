package chat_test

import (
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// askers are paths to which somebody listens; nil paths: to all.
type askers struct {
	paths []string
	asked int
}

func (h *askers) Under(path string) bool {
	h.asked++
	return h.paths == nil || slices.ContainsFunc(h.paths, func(p string) bool { return strings.HasPrefix(p, path+"/") })
}

func (h *askers) At(path string) bool {
	h.asked++
	return h.paths == nil || slices.Contains(h.paths, path)
}

func TestResourcePathsThatAreHeard(t *testing.T) {
	names := chat.ResourceNames{
		Organization: "o", Rooms: []string{"r", "token"}, Users: []string{"u1", "u2"}, Visitor: "v", Chat: "c", Key: "Sää/1",
	}
	t.Run("what nobody hears is not looked for", func(t *testing.T) {
		nobody := &askers{paths: []string{}}
		if paths := chat.ResourcePaths(chat.ResourceMessages, names, nobody); len(paths) != 0 || nobody.asked > 1 {
			t.Errorf("%v, %d questions", paths, nobody.asked)
		}
	})
	t.Run("the spellings that somebody hears", func(t *testing.T) {
		want := []string{
			"/api/v5/client/visitors/v/chats/c/messages", "/api/v5/orgs/o/owned_chats/c/messages", "/api/v5/orgs/o/rooms/token/chats/c/messages",
			"/api/v5/public/orgs/o/rooms/r/visitors/v/chats/c/messages", "/api/v5/users/u2/routed_chats/c/messages",
		}
		var got []string
		for _, p := range chat.ResourcePaths(chat.ResourceMessages, names, &askers{paths: want}) {
			got = append(got, p.Path)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
	t.Run("every path that is found is one of its kind", func(t *testing.T) {
		for _, kind := range []chat.ResourceKind{
			chat.ResourceOrganization, chat.ResourceUsers, chat.ResourceUser, chat.ResourceRooms, chat.ResourceRoom, chat.ResourceOnlineUsers,
			chat.ResourceOnlineVisitors, chat.ResourceOnlineVisitor, chat.ResourceRoomVisitor, chat.ResourceVariables, chat.ResourceVariable,
			chat.ResourceChats, chat.ResourceChat, chat.ResourceMemberships, chat.ResourceMembership, chat.ResourceMessages, chat.ResourceMessage,
			chat.ResourceOwnMemberships, chat.ResourceOwnMembership, chat.ResourceInvitations, chat.ResourceReceived,
		} {
			paths := chat.ResourcePaths(kind, names, &askers{})
			if len(paths) == 0 {
				t.Errorf("%s has no paths", kind)
			}
			for _, p := range paths {
				r, ok := chat.ParseResource(p.Path)
				if !ok || r.Kind != kind || r.Via != p.Via || r.Public != p.Public || r.User != p.User || r.Key != "" && r.Key != names.Key {
					t.Errorf("%+v of %s is read as %+v, %v", p, kind, r, ok)
				}
			}
		}
	})
	t.Run("without a name", func(t *testing.T) {
		for _, p := range chat.ResourcePaths(chat.ResourceChats, chat.ResourceNames{Organization: "o"}, &askers{}) {
			if p.Path != "/api/v5/orgs/o/owned_chats" {
				t.Errorf("%+v", p)
			}
		}
	})
}
