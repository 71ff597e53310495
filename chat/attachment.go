package chat

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"parley/models"
)

// Blobs keeps files by key.
type Blobs interface {
	// Put keeps what r gives until its end. When r fails nothing is kept, and r's error is returned.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open reads length bytes from offset, or with -1 to the end. A file that is not there is ErrNoRecord.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Remove removes a file; one that is not there is no error.
	Remove(ctx context.Context, key string) error
}

// Media tells what files are.
type Media interface {
	// HeadBytes is how many of a file's first bytes Detect wants.
	HeadBytes() int
	// Detect names the type of content by its first bytes. What a browser or a machine might run has none.
	Detect(head []byte) string
	// Refine tells, of a type that more than the head decides about, what it is; read reads from a place in the
	// file.
	Refine(kind string, head []byte, read func(offset, length int64) ([]byte, error)) string
	// Picture measures an image and makes a small one of it. Besides an error it returns what is known.
	Picture(ctx context.Context, r io.Reader) (Picture, error)
}

// CompoundFile is the type of a file whose head does not tell what is in it: the old office's documents, and
// installers.
const CompoundFile = "application/x-ole-storage"

// Picture is what is known of an image: its measures in pixels, 0 when they cannot be read, and a small JPEG or PNG
// of it, if there is one.
type Picture struct {
	Width, Height int
	Thumbnail     []byte
}

// AttachmentConfig is the settings of attachments. Without Blobs there are none.
type AttachmentConfig struct {
	Blobs Blobs
	Media Media
	// MaxBytes bounds a file (10 MiB), MaxPerMessage how many a message has (10).
	MaxBytes      int64
	MaxPerMessage int
	// Types are what is taken, as Media names them.
	Types []string
	// BytesPerHour bounds what one visitor sends, and ten times as much what one address does; 0: no limit.
	BytesPerHour int64
}

func (c AttachmentConfig) withDefaults() AttachmentConfig {
	if c.MaxBytes == 0 {
		c.MaxBytes = 10 << 20
	}
	if c.MaxPerMessage == 0 {
		c.MaxPerMessage = 10
	}
	return c
}

func (c AttachmentConfig) takes(kind string) bool {
	return kind != "" && slices.Contains(c.Types, kind)
}

// AttachmentReader is what a Reader reads of attachments. Reading a message reads its attachments, too.
type AttachmentReader interface {
	// Attachment finds one by its UUID.
	Attachment(uuid string) (models.Attachment, error)
	// DueRemovals lists files that are to be removed since until or longer, the oldest first.
	DueRemovals(until models.Time, limit int) ([]models.BlobRemoval, error)
}

// AttachmentTx is what a Tx writes of attachments. However an attachment's record goes, be it with its
// organisation, its files are scheduled for removal in the same transaction.
type AttachmentTx interface {
	// CreateAttachments adds those of a message, which counts them in Attached already.
	CreateAttachments(attachments []models.Attachment) error
	// DeleteAttachments removes a message's, if it has any.
	DeleteAttachments(messageID int64) error
	// ScheduleRemovals notes files that are to be removed.
	ScheduleRemovals(removals []models.BlobRemoval) error
	// HastenRemovals makes those of the files due that are on the schedule still.
	HastenRemovals(keys []string) error
	// CancelRemovals takes files off the schedule that are not due at now yet, and tells how many it found.
	CancelRemovals(keys []string, now models.Time) (int64, error)
	// DeleteRemovals forgets files that were removed.
	DeleteRemovals(keys []string) error
}

// removeAttachments takes a message's attachments away: their records now, their files soon after the transaction.
func removeAttachments(tx Tx, m *models.Message) error {
	if m.Attached == 0 {
		return nil
	}
	m.Attached, m.Attachments = 0, nil
	return tx.DeleteAttachments(m.ID)
}

// AttachmentView is an attachment as clients see it. URLs are paths on this server; ThumbnailURL, Width and Height
// are null for what is no image, or none that can be read.
type AttachmentView struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	ContentType  string  `json:"content_type"`
	Size         int64   `json:"size"`
	Width        *int    `json:"width"`
	Height       *int    `json:"height"`
	URL          string  `json:"url"`
	ThumbnailURL *string `json:"thumbnail_url"`
}

// viewAttachments is never nil.
func viewAttachments(attachments []models.Attachment) []AttachmentView {
	views := make([]AttachmentView, len(attachments))
	for i, a := range attachments {
		at := "/chat/attachment/" + a.UUID + "/"
		views[i] = AttachmentView{
			ID: a.UUID, Name: a.Name, ContentType: a.ContentType, Size: a.Size, URL: at + url.PathEscape(lastSegment(a.Name)),
		}
		if a.Width > 0 {
			views[i].Width, views[i].Height = &a.Width, &a.Height
		}
		if a.ThumbKey != nil {
			thumbnail := at + thumbnailSegment
			views[i].ThumbnailURL = &thumbnail
		}
	}
	return views
}

const thumbnailSegment = "thumbnail"

// lastSegment is the name in an attachment's URL, which is for people alone. Paths under /chat may end with .json,
// as the original's do, and mean the same without.
func lastSegment(name string) string {
	if strings.TrimSuffix(name, ".json") == thumbnailSegment {
		return "file"
	}
	return name
}

// sameAttachments tells whether two messages carry the same files, as far as their records tell.
func sameAttachments(a, b []models.Attachment) bool {
	return slices.EqualFunc(a, b, func(a, b models.Attachment) bool {
		return a.Name == b.Name && a.Size == b.Size && a.ContentType == b.ContentType
	})
}

func attachmentNotFound() *Error {
	return E(NotFound, "attachment_not_found", "There is no such attachment")
}
