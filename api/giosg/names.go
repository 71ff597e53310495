package giosg

import (
	"sync"
	"time"

	"parley/chat"
	"parley/models"
)

// names remembers what never changes: by which UUIDs clients know organisations, rooms and users. Who is there of an
// organisation's users is believed for a moment.
type names struct {
	mu            sync.Mutex
	organizations map[int64]string
	rooms         map[int64][]string
	mains         map[int64]int64 // the main room, by organisation
	users         map[int64]string
	teams         map[int64]team
}

// team are an organisation's users.
type team struct {
	uuids []string
	until time.Time
}

const (
	// maxNames bounds each of the lists; one that is full is begun anew.
	maxNames = 10_000
	// teamKept is how long it is believed who is there.
	teamKept = 5 * time.Second
)

func newNames() *names {
	return &names{
		organizations: map[int64]string{}, rooms: map[int64][]string{}, mains: map[int64]int64{}, users: map[int64]string{}, teams: map[int64]team{},
	}
}

// known finds a name, or asks for it.
func known[T any](n *names, list map[int64]T, id int64, ask func() (T, error)) (T, error) {
	n.mu.Lock()
	name, ok := list[id]
	n.mu.Unlock()
	if ok {
		return name, nil
	}
	name, err := ask()
	if err != nil {
		return name, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(list) >= maxNames {
		clear(list)
	}
	list[id] = name
	return name, nil
}

func (n *names) organization(r chat.Reader, id int64) (string, error) {
	return known(n, n.organizations, id, func() (string, error) {
		o, err := r.Organization(id)
		return o.UUID, err
	})
}

// user finds those who left, too.
func (n *names) user(r chat.Reader, id int64) (string, error) {
	return known(n, n.users, id, func() (string, error) {
		m, err := r.FormerManager(id)
		return m.UUID, err
	})
}

// room is what a room may be called in a path.
func (n *names) room(r chat.Reader, id int64) ([]string, error) {
	return known(n, n.rooms, id, func() ([]string, error) {
		room, err := r.Room(id)
		return []string{room.UUID, room.Token}, err
	})
}

// place is that of the room in which a conversation is.
func (n *names) place(r chat.Reader, c models.Conversation) (names []string, err error) {
	id := c.RoomID
	if id == 0 {
		id, err = known(n, n.mains, c.OrganizationID, func() (int64, error) {
			room, err := r.MainRoom(c.OrganizationID)
			return room.ID, err
		})
	}
	if err != nil {
		return nil, err
	}
	return n.room(r, id)
}

// team lists an organisation's users.
func (n *names) team(r chat.Reader, organizationID int64) ([]string, error) {
	n.mu.Lock()
	all, ok := n.teams[organizationID]
	n.mu.Unlock()
	if ok && time.Now().Before(all.until) {
		return all.uuids, nil
	}
	managers, err := r.Managers(organizationID)
	if err != nil {
		return nil, err
	}
	all = team{until: time.Now().Add(teamKept)}
	for _, m := range managers {
		all.uuids = append(all.uuids, m.UUID)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.teams) >= maxNames {
		clear(n.teams)
	}
	n.teams[organizationID] = all
	return all.uuids, nil
}

// changed forgets who is there of an organisation's users.
func (n *names) changed(organizationID int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.teams, organizationID)
}
