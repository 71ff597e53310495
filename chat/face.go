package chat

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/models"
)

// Keys of the variables that are more than that.
const (
	usernameKey = "username"
	avatarKey   = "avatar"
)

// FaceKeys are the keys that faces are made of.
func FaceKeys() []string { return []string{usernameKey, avatarKey} }

const (
	// maxFaceName bounds a name in characters; what is longer is cut.
	maxFaceName = 200
	// maxFaceURL bounds an address in bytes; a longer one is none.
	maxFaceURL = 2000
)

// FaceOf says whose face it is: a visitor's in a place, as Conversation.RoomID knows it; 0 is the main room.
type FaceOf struct {
	Place     int64
	VisitorID string
}

// Face is what a room calls a visitor, for managers.
type Face struct {
	// Name is the variable username, Avatar the address of a picture, http or https; nil: it is not said, or cannot
	// be shown.
	Name   *string `json:"name"`
	Avatar *string `json:"avatar_url"`
	// NameSigned and AvatarSigned: a backend said so.
	NameSigned   bool `json:"name_signed"`
	AvatarSigned bool `json:"avatar_signed"`
}

// With is the face with what one more variable says.
func (f Face) With(key string, value json.RawMessage, signed bool) Face {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return f
	}
	switch key {
	case usernameKey:
		if f.Name = faceName(text); f.Name != nil {
			f.NameSigned = signed
		}
	case avatarKey:
		if f.Avatar = faceAvatar(text); f.Avatar != nil {
			f.AvatarSigned = signed
		}
	}
	return f
}

// NameOf is what managers are shown as a visitor's name: what a backend has verified; else what the room calls her, else
// what she said herself.
func (f Face) NameOf(v models.Visitor) *string {
	if f.Name == nil || v.IdentifiedAt != nil && v.Name != nil {
		return v.Name
	}
	return f.Name
}

// faceName takes out what would not be seen, or move what stands around it.
func faceName(text string) *string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
	clean = strings.Join(strings.Fields(clean), " ")
	if runes := []rune(clean); len(runes) > maxFaceName {
		clean = strings.TrimSpace(string(runes[:maxFaceName]))
	}
	if clean == "" {
		return nil
	}
	return &clean
}

func faceAvatar(text string) *string {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || len(text) > maxFaceURL || !plain(text) || strings.ContainsAny(text, " \\\"'<>") ||
		u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil
	}
	return &text
}

// faceOf finds what a visitor is called where a conversation takes place.
func faceOf(r VariableReader, c models.Conversation) (Face, error) {
	faces, err := r.Faces([]string{c.VisitorID})
	return faces[FaceOf{c.RoomID, c.VisitorID}], err
}

// tellFace lets those know who see a visitor's name and picture in a room: the members of her open conversations there,
// and managers, to whom her card comes with it. She is locked.
func (s *Service) tellFace(tx Tx, v models.Visitor, room models.Room, at models.Time) error {
	open, err := tx.OpenIn(v.ID, room.Place())
	if err != nil {
		return err
	}
	for _, id := range open {
		c, err := tx.LockConversation(id)
		if err != nil {
			return err
		}
		if err := tellMember(tx, c, 0, ResourceChanged, "member_name", "member_public_name", "member_avatar"); err != nil {
			return err
		}
		face, err := faceOf(tx, c)
		if err != nil {
			return err
		}
		card := *viewVisitor(v)
		card.Face = &face
		ev := Event{Entity: models.EventVisitor, Event: updated, VisitorCard: &card}
		if err := record(tx, &c, updated, ev, at); err != nil {
			return err
		}
		if err := tx.SaveConversation(c); err != nil {
			return err
		}
	}
	return nil
}
