package chat

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/models"
)

const (
	// uploadLife is how long an upload may take from a file's first byte to the message.
	uploadLife = 2 * time.Hour
	// pictureWait is how long an upload waits for its turn to have a small picture made, and for the picture.
	pictureWait = 20 * time.Second
	thumbEnding = ".thumb"
)

// UploadRequest says to which conversation files come, and for whom.
type UploadRequest struct {
	ConversationID int64
	Sender         Sender
	// Address is what the sender's network address is counted by; empty: not at all.
	Address string
}

// Upload is a message with files on its way: Add each file, then Finish. What was added and did not become a
// message is removed: by Abandon, or, should the process end, when its time has come. It is one caller's.
type Upload struct {
	service *Service
	actor   Principal
	// counted: its bytes count for the visitor and the address. A backend, who speaks for others, is not bounded.
	counted bool
	address string
	message models.Message
	keys    []string
	done    bool
}

// AttachmentLimits is what clients should know before they send files.
type AttachmentLimits struct {
	Enabled       bool     `json:"enabled"`
	MaxBytes      int64    `json:"max_bytes"`
	MaxPerMessage int      `json:"max_per_message"`
	Types         []string `json:"types"`
}

// AttachmentLimits tells them; nobody needs a right for that.
func (s *Service) AttachmentLimits() AttachmentLimits {
	cfg := s.cfg.Attachments
	if cfg.Blobs == nil {
		return AttachmentLimits{Types: []string{}}
	}
	return AttachmentLimits{Enabled: true, MaxBytes: cfg.MaxBytes, MaxPerMessage: cfg.MaxPerMessage, Types: cfg.Types}
}

// BeginUpload settles who sends files, and that they may. It refuses as Post does, and with attachments_off where
// there are none.
func (s *Service) BeginUpload(ctx context.Context, p Principal, r UploadRequest) (*Upload, error) {
	if s.cfg.Attachments.Blobs == nil {
		return nil, E(Unprocessable, "attachments_off", "This server takes no files")
	}
	if p.Party == Backend && r.Sender == (Sender{}) {
		return nil, senderMissing()
	}
	c, actor, err := s.conversation(ctx, p, r.Sender, r.ConversationID)
	if err != nil {
		return nil, err
	}
	if c.Status != models.StatusOpen {
		return nil, notPossible(c.State())
	}
	u := &Upload{service: s, actor: actor, counted: actor.Party == Visitor && p.Party != Backend, address: r.Address}
	if u.counted {
		if err := s.posts.Take(c.VisitorID); err != nil {
			return nil, err
		}
	}
	u.message = models.Message{
		UUID: newUUID(), OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID,
	}
	return u, sign(s.store.View(ctx), &u.message, actor)
}

// Add keeps a file: what r gives until its end. It refuses what is too large as soon as that shows, what is too
// much, empty, or of a type that is not taken; an error of r is returned as it is. After an error the upload is
// good for Abandon only.
func (u *Upload) Add(ctx context.Context, name string, r io.Reader) error {
	cfg := u.service.cfg.Attachments
	if len(u.message.Attachments) == cfg.MaxPerMessage {
		return E(Invalid, "attachments_too_many", "A message has at most %d files", cfg.MaxPerMessage)
	}
	body := &counted{r: r, upload: u, left: cfg.MaxBytes}
	head := make([]byte, cfg.Media.HeadBytes())
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if head = head[:n]; n == 0 {
		return E(Invalid, "attachment_empty", "The file is empty")
	}
	a := models.Attachment{
		UUID: uuid.NewString(), OrganizationID: u.message.OrganizationID, ConversationID: u.message.ConversationID,
		VisitorID: u.message.VisitorID, Name: models.FileName(name), ContentType: cfg.Media.Detect(head),
		BlobKey: newBlobKey(),
	}
	if runnable(a.Name) || a.ContentType != CompoundFile && !cfg.takes(a.ContentType) {
		return typeRefused()
	}
	if err := u.reserve(ctx, a.BlobKey, a.BlobKey+thumbEnding); err != nil {
		return err
	}
	if err := cfg.Blobs.Put(ctx, a.BlobKey, io.MultiReader(bytes.NewReader(head), body)); err != nil {
		return err
	}
	a.Size = body.n
	a.ContentType = cfg.Media.Refine(a.ContentType, head, func(offset, length int64) ([]byte, error) {
		return u.read(ctx, a.BlobKey, offset, length)
	})
	if !cfg.takes(a.ContentType) {
		return typeRefused()
	}
	if inline(a.ContentType) {
		u.picture(ctx, &a)
	}
	u.message.Attachments = append(u.message.Attachments, a)
	return nil
}

func typeRefused() *Error {
	return E(Unsupported, "attachment_type_refused", "Files of this type are not taken")
}

// reserve schedules the removal of files that are about to be written: it is called off when they have become a
// message's.
func (u *Upload) reserve(ctx context.Context, keys ...string) error {
	removals := make([]models.BlobRemoval, len(keys))
	for i, key := range keys {
		removals[i] = models.BlobRemoval{Key: key, DueAt: now().Add(uploadLife)}
	}
	u.keys = append(u.keys, keys...)
	return u.service.store.Update(ctx, func(tx Tx) error { return tx.ScheduleRemovals(removals) })
}

func (u *Upload) read(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	r, err := u.service.cfg.Attachments.Blobs.Open(ctx, key, offset, length)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, length))
	return data, errors.Join(err, r.Close())
}

// picture measures an image and keeps a small one of it, if that works: a file is a file without.
func (u *Upload) picture(ctx context.Context, a *models.Attachment) {
	ctx, cancel := context.WithTimeout(ctx, pictureWait)
	defer cancel()
	cfg := u.service.cfg.Attachments
	r, err := cfg.Blobs.Open(ctx, a.BlobKey, 0, -1)
	if err == nil {
		var p Picture
		p, err = cfg.Media.Picture(ctx, r)
		a.Width, a.Height = p.Width, p.Height
		err = errors.Join(err, r.Close())
		if key := a.BlobKey + thumbEnding; err == nil {
			if err = cfg.Blobs.Put(ctx, key, bytes.NewReader(p.Thumbnail)); err == nil {
				a.ThumbKey = &key
			}
		}
	}
	if err != nil {
		u.service.cfg.Logger.Debug("a picture has no small one", "attachment", a.UUID, "error", err)
	}
}

// Finish makes the message of the files, and tells whether it is new: the same client_message_id with the same
// content and files yields the message that it made the first time. content may be empty.
func (u *Upload) Finish(ctx context.Context, content, clientMessageID string) (Event, bool, error) {
	if len(u.message.Attachments) == 0 {
		return Event{}, false, E(Invalid, "attachment_missing", "There is no file")
	}
	m := u.message
	err := validClientID(clientMessageID)
	if strings.TrimSpace(content) != "" && err == nil {
		m.Content, err = validMessage(content, clientMessageID)
	}
	if err != nil {
		return Event{}, false, err
	}
	if clientMessageID != "" {
		m.ClientMessageID = &clientMessageID
	}
	m.Attached = len(m.Attachments)
	var ev Event
	var isNew bool
	err = u.service.update(ctx, func(tx Tx) (err error) {
		ev, isNew, err = u.service.post(tx, u.actor, m)
		return orNotFound(err, "conversation_not_found", "There is no conversation %d", m.ConversationID)
	})
	u.done = err == nil && isNew
	return ev, isNew, err
}

// Abandon has what was kept removed soon. After a Finish that made a message it does nothing.
func (u *Upload) Abandon(ctx context.Context) {
	if u.done || len(u.keys) == 0 {
		return
	}
	u.done = true
	// Whatever became of Finish: what a message has taken is not on the schedule any more.
	err := u.service.store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.HastenRemovals(u.keys) })
	if err != nil {
		u.service.cfg.Logger.Error("an upload that failed is removed late", "error", err)
	}
}

// adopt writes the attachments of a message that was just created, whose files are to stay from now on.
func adopt(tx Tx, m *models.Message) error {
	if m.Attached == 0 {
		return nil
	}
	keys := make([]string, 0, 2*len(m.Attachments))
	attachments := make([]models.Attachment, len(m.Attachments)) // the transaction may be run again
	for i, a := range m.Attachments {
		a.MessageID, a.CreatedAt = m.ID, m.CreatedAt
		attachments[i] = a
		keys = append(keys, a.BlobKey)
		if a.ThumbKey != nil {
			keys = append(keys, *a.ThumbKey)
		}
	}
	found, err := tx.CancelRemovals(keys, now())
	if err != nil {
		return err
	}
	if found != int64(len(keys)) {
		return E(Conflict, "upload_expired", "The upload took too long")
	}
	return tx.CreateAttachments(attachments)
}

// counted counts a file's bytes, and refuses them when they are too many.
type counted struct {
	r      io.Reader
	upload *Upload
	left   int64 // of what a file may have
	n      int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.left {
		return 0, E(TooLarge, "attachment_too_large", "A file has at most %d bytes", c.left)
	}
	if n > 0 {
		if refusal := c.upload.spend(n); refusal != nil {
			return 0, refusal
		}
	}
	return n, err
}

func (u *Upload) spend(n int) error {
	if !u.counted {
		return nil
	}
	if u.address != "" {
		if err := u.service.uploads.addresses.Spend(u.address, n); err != nil {
			return err
		}
	}
	return u.service.uploads.visitors.Spend(u.message.VisitorID, n)
}

// uploadLimits count the bytes of an hour.
type uploadLimits struct{ visitors, addresses *Limiter }

func newUploadLimits(perHour int64) uploadLimits {
	return uploadLimits{visitors: newHourly(perHour), addresses: newHourly(10 * perHour)}
}

// newBlobKey draws a name that nobody guesses, in one of a thousand folders.
func newBlobKey() string {
	name := strings.ToLower(rand.Text())
	return fmt.Sprintf("%s/%s", name[:2], name[2:])
}

// runnable tells whether a machine would run a file for its name, whatever it holds.
func runnable(name string) bool {
	at := strings.LastIndexByte(name, '.')
	return at >= 0 && runnables[strings.ToLower(name[at+1:])]
}

var runnables = func() map[string]bool {
	set := map[string]bool{}
	for ending := range strings.FieldsSeq(`app apk bat cmd com cpl docm dotm exe gadget hta htm html inf ins jar js
		jse lnk mht mhtml mjs msc msh msi msp mst pif ppam pps1 ppsm pptm ps1 ps2 psc1 psm1 py rb reg scf scr sh shb
		shs svg svgz swf sys url vb vbe vbs wasm ws wsc wsf wsh xbap xhtml xlam xlsm xltm xml xsl`) {
		set[ending] = true
	}
	return set
}()
