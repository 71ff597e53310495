package chat

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"parley/models"
)

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
