package chat

import (
	"context"
	"io"

	"parley/models"
)

// inline tells which types a browser may show by itself: pictures made of pixels.
func inline(kind string) bool {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

// File is an attachment to be read.
type File struct {
	models.Attachment
	// Inline: a browser may show it by itself, as what ContentType says. Everything else is to be saved only.
	Inline bool
	blobs  Blobs
}

// Open reads from offset, length bytes or with -1 to the end.
func (f File) Open(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	r, err := f.blobs.Open(ctx, f.BlobKey, offset, length)
	return r, orNotFound(err, "attachment_not_found", "There is no such attachment")
}

// maxThumbnail bounds what is read of a small picture: far more than one has.
const maxThumbnail = 1 << 20

// Thumbnail reads the small picture, a PNG or a JPEG.
func (f File) Thumbnail(ctx context.Context) ([]byte, error) {
	if f.ThumbKey == nil {
		return nil, attachmentNotFound()
	}
	r, err := f.blobs.Open(ctx, *f.ThumbKey, 0, -1)
	if err != nil {
		return nil, orNotFound(err, "attachment_not_found", "There is no such attachment")
	}
	defer r.Close() //nolint:errcheck // it was read
	return io.ReadAll(io.LimitReader(r, maxThumbnail))
}

// File finds an attachment for somebody who may see it: its visitor, and those who may read the visitor's history.
// Where a conversation's id is enough for that, so is the attachment's. Whose it is not, for them there is none.
func (s *Service) File(ctx context.Context, p Principal, uuid string) (File, error) {
	if err := s.gate.Admit(p, Sender{}); err != nil {
		return File{}, err
	}
	if s.cfg.Attachments.Blobs == nil || len(uuid) > 64 || !plain(uuid) {
		return File{}, attachmentNotFound()
	}
	a, err := s.store.View(ctx).Attachment(uuid)
	if err != nil {
		return File{}, orNotFound(err, "attachment_not_found", "There is no such attachment")
	}
	if p.OrganizationID != 0 && p.OrganizationID != a.OrganizationID || p.Party == Visitor && p.VisitorID != a.VisitorID {
		return File{}, attachmentNotFound()
	}
	if p.Party == Stranger {
		if err := s.gate.bareID(ctx, a.VisitorID, nil); err != nil {
			return File{}, err
		}
	}
	if err := s.gate.countActor(p, Principal{}, a.OrganizationID); err != nil {
		return File{}, err
	}
	_, there, err := s.gate.current(ctx, p)
	if err == nil && !there {
		err = tokenInvalid()
	}
	return File{Attachment: a, Inline: inline(a.ContentType) && a.Width > 0, blobs: s.cfg.Attachments.Blobs}, err
}
