package models

// Room is where conversations take place: a site's pages, or something that a site names. Each organisation has one
// main room, in which conversations are that were opened without naming any.
type Room struct {
	ID   int64  `gorm:"primaryKey"`
	UUID string `gorm:"column:uuid"`
	// Token is a second public name, 48 characters of lower-case base32.
	Token          string
	OrganizationID int64
	// Domain is the host whose pages it is for; nil: a room of another kind. No two rooms have the same.
	Domain       *string
	Name         string
	LanguageCode string
	Main         bool
	// SignaturesRequired: what a page says of its visitor counts only with a signature. Checksums: md5 and sha1 are
	// signatures, too.
	SignaturesRequired bool
	Checksums          bool
	CreatedAt          Time `gorm:"autoCreateTime:false"`
	UpdatedAt          Time `gorm:"autoUpdateTime:false"`
	// UpdatedBy is the manager who changed it last; nil: a backend, a command, or nobody.
	UpdatedBy *int64
	DeletedAt *Time
}

// Place is the number that conversations in the room have in their RoomID.
func (r Room) Place() int64 {
	if r.Main {
		return 0
	}
	return r.ID
}

// RoomKeyKind is what a room's key is for.
type RoomKeyKind string

// Kinds: a secret is shared, for HMAC and checksums; a public key is of RSA, in PEM.
const (
	RoomSecret    RoomKeyKind = "secret"
	RoomPublicKey RoomKeyKind = "public"
)

// RoomKey is one that visitors' data is signed with.
type RoomKey struct {
	ID             int64  `gorm:"primaryKey"`
	UUID           string `gorm:"column:uuid"`
	RoomID         int64
	OrganizationID int64
	Name           string
	Kind           RoomKeyKind
	Key            string
	CreatedAt      Time `gorm:"autoCreateTime:false"`
}

// ChatType is what a conversation is for.
type ChatType string

// Types. Of those of the first a visitor has at most one open in a room.
const (
	ChatVisitor  ChatType = ""
	ChatTask     ChatType = "task"
	ChatExternal ChatType = "external"
)

// ChatTypeOf reads a type's name; false: there is none such.
func ChatTypeOf(name string) (ChatType, bool) {
	switch name {
	case "visitor":
		return ChatVisitor, true
	case string(ChatTask), string(ChatExternal):
		return ChatType(name), true
	}
	return "", false
}

// Name is what clients call the type.
func (t ChatType) Name() string {
	if t == ChatVisitor {
		return "visitor"
	}
	return string(t)
}
