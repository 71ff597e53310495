package chat

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"parley/models"
)

// EnterRequest says who is in a room, and what her page tells of her.
type EnterRequest struct {
	// Room is as the gate has found it.
	Room      models.Room
	VisitorID string
	// Lasts is for how long she counts as being there when nothing more is heard; 0: as it was, or a minute.
	Lasts time.Duration
	Signals
}

// Stay is what a visitor learns of her being in a room.
type Stay struct {
	Room      models.Room
	VisitorID string
	Lasts     time.Duration
}

// EnterRoom lets a visitor into a room, or notes that she is still there, and tells whether she was never there
// before. Only she herself may, with her token. While she is heard from, the database is told nothing but what is new.
// Refusals: presence_invalid, session_id_invalid, too_many_rooms, too_many_requests, visitor_erasing.
func (s *Service) EnterRoom(ctx context.Context, p Principal, r EnterRequest) (Stay, bool, error) {
	return s.lobby.enter(ctx, p, r, false)
}

// Heard is EnterRoom for a visitor who has been in the room before; visitor_not_found when she has not.
func (s *Service) Heard(ctx context.Context, p Principal, r EnterRequest) (Stay, error) {
	stay, _, err := s.lobby.enter(ctx, p, r, true)
	return stay, err
}

// LeaveRoom lets a visitor go. Who is not there may go, too.
func (s *Service) LeaveRoom(ctx context.Context, p Principal, room models.Room, visitorID string) error {
	if err := s.gate.mayEnter(p, room, visitorID); err != nil {
		return err
	}
	if key, ok := s.lobby.stays.leave(room.ID, visitorID); ok {
		return s.lobby.end(ctx, []stayKey{key})
	}
	return nil
}

// Stay tells a visitor about her being in a room; visitor_not_found when she is not there.
func (s *Service) Stay(p Principal, room models.Room, visitorID string) (Stay, error) {
	stay := Stay{Room: room, VisitorID: visitorID}
	if err := s.gate.mayEnter(p, room, visitorID); err != nil {
		return stay, err
	}
	var there bool
	if stay.Lasts, there = s.lobby.stays.lasts(room.ID, visitorID); !there {
		return stay, E(NotFound, "visitor_not_found", "There is no visitor %s in this room", visitorID)
	}
	return stay, nil
}

// Touch notes that a visitor was heard from who is in the room, or in any when it is none: her stay begins anew. It
// costs nothing, and does nothing for who is not there.
func (s *Service) Touch(room models.Room, visitorID string) { s.lobby.stays.touch(room.ID, visitorID) }

// IsPresent tells whether a visitor is in a room now.
func (s *Service) IsPresent(room models.Room, visitorID string) bool {
	return s.lobby.stays.present(room.ID, visitorID)
}

// mayEnter lets a visitor into rooms of her organisation. Her token says who she is, however visitors are believed
// elsewhere. Who the room's organisation lets in at all was asked where the room was found, by MayResource.
func (g *Gate) mayEnter(p Principal, room models.Room, visitorID string) error {
	switch {
	case p.Party == Stranger:
		return tokenMissing()
	case p.Party != Visitor:
		return forbidden("Only visitors enter rooms")
	case p.VisitorID != visitorID:
		return forbidden("The token belongs to another visitor")
	case p.OrganizationID != 0 && p.OrganizationID != room.OrganizationID:
		return E(NotFound, "room_not_found", "There is no such room")
	}
	return nil
}

func validStay(lasts time.Duration) error {
	if lasts == 0 || lasts >= minStay && lasts <= maxStay {
		return nil
	}
	return E(Invalid, "presence_invalid", "presence_expires_in is a number of seconds from %d to %d", int(minStay.Seconds()), int(maxStay.Seconds()))
}

// enter does both EnterRoom and Heard; known: she has been there before.
func (l *Lobby) enter(ctx context.Context, p Principal, r EnterRequest, known bool) (Stay, bool, error) {
	stay := Stay{Room: r.Room, VisitorID: r.VisitorID}
	if err := errors.Join(l.gate.mayEnter(p, r.Room, r.VisitorID), validStay(r.Lasts), r.clean()); err != nil {
		return stay, false, err
	}
	said := r.prints(l.stays.seed)
	var there bool
	if stay.Lasts, there = l.stays.heard(r.Room.ID, r.VisitorID, r.Lasts, said); there {
		return stay, false, nil
	}
	var err error
	if stay.Lasts, err = l.stays.begin(r.Room.ID, r.VisitorID, r.Lasts); err != nil {
		return stay, false, err
	}
	came, err := l.come(ctx, r, known)
	key := stayKey{r.Room.ID, r.VisitorID, came.row.ID}
	if err != nil {
		l.turnAway(key)
		return stay, false, err
	}
	l.stays.settle(key, said)
	if came.moved {
		l.places.want(whereabouts{key, came.address})
	}
	return stay, came.isNew, nil
}

// turnAway takes back that somebody is there, unless the database knows her from before.
func (l *Lobby) turnAway(key stayKey) {
	if left, ok := l.stays.leave(key.room, key.visitor); ok && left.row == 0 {
		l.stays.forget([]stayKey{left})
	}
}

// coming is what became of a visitor's entry.
type coming struct {
	row   models.RoomVisitor
	isNew bool
	// moved: where she is has to be looked up, by this address.
	moved   bool
	address netip.Addr
}

// come writes down what is new.
func (l *Lobby) come(ctx context.Context, r EnterRequest, known bool) (c coming, err error) {
	wrote := false
	err = l.store.Update(ctx, func(tx Tx) error {
		c = coming{}
		if err := ensureVisitor(tx, r.VisitorID, r.Room.OrganizationID); err != nil {
			return err
		}
		at := now()
		c.row, err = tx.LockRoomVisitor(r.Room.ID, r.VisitorID)
		if c.isNew = errors.Is(err, ErrNoRecord); c.isNew && !known {
			c.row, err = models.RoomVisitor{
				RoomID: r.Room.ID, OrganizationID: r.Room.OrganizationID, VisitorID: r.VisitorID, CreatedAt: at, UpdatedAt: at,
			}, nil
		}
		if err != nil {
			return orNotFound(err, "visitor_not_found", "There is no visitor %s in this room", r.VisitorID)
		}
		wrote, err = l.arrive(tx, r, &c, at)
		return err
	})
	if err == nil && wrote {
		l.committed()
	}
	return c, err
}

// arrive brings the record up to date and tells what changed; it writes nothing when nothing did.
func (l *Lobby) arrive(tx Tx, r EnterRequest, c *coming, at models.Time) (wrote bool, err error) {
	before := c.row
	was, err := AboutOf(before)
	if err != nil {
		return false, err
	}
	about := was
	begins := r.visit(&c.row, at)
	r.into(&about, l.scout, begins, func() []string {
		var own []string
		if err == nil {
			own, err = tx.Domains(r.Room.OrganizationID)
		}
		if page, bad := url.Parse(r.PageURL); bad == nil { // where there is no room for the site
			own = append(own, page.Hostname())
		}
		return own
	})
	if err != nil {
		return false, err
	}
	c.address, err = netip.ParseAddr(about.IPAddress)
	c.moved = err == nil && (about.IPAddress != was.IPAddress || !before.Online)
	names := was.differences(about)
	if begins {
		names = append(names, "session_id", "visit_count")
	}
	if before.Online && len(names) == 0 {
		return false, nil
	}
	if c.row.About, err = about.text(); err != nil {
		return false, err
	}
	c.row.SeenAt, c.row.UpdatedAt = at, at
	action := ResourceChanged
	if !before.Online {
		action, names = ResourceAdded, nil
		c.row.Online, c.row.OnlineAt = true, &at
	}
	if c.isNew {
		err = tx.CreateRoomVisitor(&c.row)
	} else {
		err = tx.SaveRoomVisitor(c.row)
	}
	if err != nil {
		return false, err
	}
	return true, tellRoomVisitor(tx, c.row, action, names...)
}
