package models

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFileName bounds an attachment's name, in bytes.
const MaxFileName = 255

// Attachment is a file that belongs to a message.
type Attachment struct {
	ID int64 `gorm:"primaryKey"`
	// UUID names it to clients, and cannot be guessed: where a conversation's id is the right to it, so is this.
	UUID           string `gorm:"column:uuid"`
	OrganizationID int64
	ConversationID int64
	MessageID      int64
	VisitorID      string
	// Name is what its sender called it, cleaned by FileName.
	Name string
	// ContentType is what its content is, whatever the sender said.
	ContentType string
	// Size is in bytes.
	Size int64
	// Width and Height are an image's as it is shown, in pixels; 0 when they are not known.
	Width, Height int
	// BlobKey is where the content is kept, ThumbKey where its small picture is, if there is one.
	BlobKey   string
	ThumbKey  *string
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// BlobRemoval is a file that is to be removed when DueAt has come.
type BlobRemoval struct {
	Key   string `gorm:"primaryKey"`
	DueAt Time
}

// FileName makes a name of what a client calls a file: one line without a folder, without what turns the
// direction of writing and so may hide the ending, at most MaxFileName bytes, which keep the ending; "file" when
// nothing is left.
func FileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if len(name) > MaxFileName {
		ending := path.Ext(name)
		if len(ending) > 16 {
			ending = ""
		}
		name = strings.TrimRight(cut(name, MaxFileName-len(ending)), " .") + ending
	}
	if name == "" {
		return "file"
	}
	return name
}

// cut shortens s to at most n bytes, never inside a character.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
