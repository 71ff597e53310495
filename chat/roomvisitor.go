package chat

import "parley/models"

// RoomVisitorReader reads visitors as rooms know them.
type RoomVisitorReader interface {
	RoomVisitor(roomID int64, visitorID string) (models.RoomVisitor, error)
	// RoomVisitorsOf lists what rooms know of a visitor, by rising ids.
	RoomVisitorsOf(visitorID string, after int64, limit int) ([]models.RoomVisitor, error)
	// OnlineVisitors lists who is in a room.
	OnlineVisitors(q OnlineQuery) ([]models.RoomVisitor, error)
	// AnyOnline lists who is in any room, room after room, from a record on; the zero value is the beginning.
	AnyOnline(after models.RoomVisitor, limit int) ([]models.RoomVisitor, error)
	// Domains lists the domains of an organisation's rooms that are there now.
	Domains(organizationID int64) ([]string, error)
	// VisitorSecret finds what a page keeps to be the same visitor again.
	VisitorSecret(hash string) (models.VisitorSecret, error)
	// Unseen looks at up to limit visitors, by rising ids, and tells who of them came to a room, or to be let in, and
	// did nothing of it since before: they may be forgotten, if nothing else is known of them. next is where the
	// following begin, "" after the last.
	Unseen(after string, before models.Time, limit int) (ids []string, next string, err error)
}

// RoomVisitorTx changes them.
type RoomVisitorTx interface {
	// LockRoomVisitor and LockRoomVisitors come after the visitor's lock.
	LockRoomVisitor(roomID int64, visitorID string) (models.RoomVisitor, error)
	// LockRoomVisitors finds those who are online among records, by rising ids.
	LockRoomVisitors(ids []int64) ([]models.RoomVisitor, error)
	// CreateRoomVisitor's caller has locked the visitor.
	CreateRoomVisitor(v *models.RoomVisitor) error
	SaveRoomVisitor(v models.RoomVisitor) error
	// EndRoomVisitors notes that they are not online any more, SawRoomVisitors that they were seen at a time.
	EndRoomVisitors(ids []int64, at models.Time) error
	SawRoomVisitors(ids []int64, at models.Time) error

	CreateVisitorSecret(s models.VisitorSecret) error
	// DeleteVisitorSecrets lets no page be the visitor again by what it keeps.
	DeleteVisitorSecrets(visitorID string) error
}

// OnlineQuery asks for a page of those who are in a room, in the order in which they came.
type OnlineQuery struct {
	RoomID int64
	// From is the place after which the page begins, or, with Back, before which it ends. Nil: the list's beginning.
	From  *OnlinePlace
	Back  bool
	Limit int
}

// OnlinePlace is where a visitor stands in such a list.
type OnlinePlace struct {
	At        models.Time
	VisitorID string
}

// PlaceOf is where a visitor who is online stands.
func PlaceOf(v models.RoomVisitor) OnlinePlace {
	place := OnlinePlace{VisitorID: v.VisitorID}
	if v.OnlineAt != nil {
		place.At = *v.OnlineAt
	}
	return place
}
