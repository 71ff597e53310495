package chat

import (
	"crypto/rand"
	"encoding/base32"
	"regexp"
	"strings"

	"parley/models"
)

// RoomReader reads rooms. Unless it says otherwise a room that was deleted is found, too: what took place there stays.
type RoomReader interface {
	Room(id int64) (models.Room, error)
	RoomsByID(ids []int64) (map[int64]models.Room, error)
	// RoomByUUID finds a room by its uuid or its token.
	RoomByUUID(name string) (models.Room, error)
	// RoomByDomain finds the room that is there for a domain now, whichever organisation's.
	RoomByDomain(domain string) (models.Room, error)
	MainRoom(organizationID int64) (models.Room, error)
	// Rooms lists an organisation's, in the order of creation.
	Rooms(q RoomQuery) ([]models.Room, error)
	// CountRooms counts those that are there now.
	CountRooms(organizationID int64) (int, error)
}

// RoomTx changes rooms. Whoever does has locked their organisation.
type RoomTx interface {
	// CreateRoom is ErrTaken, and the transaction may go on, when another room has the domain.
	CreateRoom(r *models.Room) error
	SaveRoom(r models.Room) error
}

// RoomQuery asks for a page of an organisation's rooms.
type RoomQuery struct {
	OrganizationID int64
	// Deleted: those that were deleted, too.
	Deleted bool
	PageQuery
}

// MainRoom is the room that a new organisation begins with.
func MainRoom(o models.Organization) models.Room {
	r := newRoom(o.ID, o.Name, o.CreatedAt)
	r.Main = true
	return r
}

func newRoom(organizationID int64, name string, at models.Time) models.Room {
	return models.Room{
		UUID: newUUID(), Token: newRoomToken(), OrganizationID: organizationID, Name: name, LanguageCode: "en",
		CreatedAt: at, UpdatedAt: at,
	}
}

// newRoomToken is 48 characters of lower-case base32.
func newRoomToken() string {
	var b [30]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// RoomByName finds a room that is there now by its uuid or token. Another organisation's is not found.
func RoomByName(r RoomReader, organizationID int64, name string) (models.Room, error) {
	room, err := r.RoomByUUID(name)
	if err == nil && (room.OrganizationID != organizationID || room.DeletedAt != nil) {
		err = ErrNoRecord
	}
	if err != nil {
		return models.Room{}, orNotFound(err, "room_not_found", "There is no such room")
	}
	return room, nil
}

// RoomOf finds the room in which a conversation takes place.
func RoomOf(r RoomReader, c models.Conversation) (models.Room, error) {
	if c.RoomID == 0 {
		return r.MainRoom(c.OrganizationID)
	}
	return r.Room(c.RoomID)
}

const maxDomain = 253

var (
	domainForm   = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)
	portForm     = regexp.MustCompile(`:[0-9]{1,5}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
)

// NormalDomain is a host's name as rooms have it: in lower case, without a port or a dot at its end. Names in other
// scripts are in punycode, as browsers send them. It tells whether that is a name at all.
func NormalDomain(host string) (string, bool) {
	host = portForm.ReplaceAllString(strings.TrimSpace(host), "")
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host, len(host) <= maxDomain && domainForm.MatchString(host)
}
