package api

import (
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

const (
	// uploadRate is how many bytes a second must come in the long run, once AnswerTime has passed, and uploadTime
	// how long they may take in all.
	uploadRate = 4 << 10
	uploadTime = time.Hour
	// maxPartHeader bounds what stands before a part's content, with what the parser reads ahead.
	maxPartHeader = 16 << 10
	// formOverhead is what a form may have beside its files and fields.
	formOverhead = 64 << 10
)

// uploading is a form with files that is being read. Its files go where they are kept as they come; nothing of
// them waits here.
type uploading struct {
	*gin.Context
	api            *conversationAPI
	conversationID int64
	principal      chat.Principal
	proven         bool // by the header, whatever the form says
	fields         params
	fieldCount     int
	fieldBytes     int64
	body           *steady
	upload         *chat.Upload // nil until the first file
}

// attachmentLimits tells clients what they may send.
func (a *conversationAPI) attachmentLimits(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"attachments": a.service.AttachmentLimits()})
}

// attach makes a message of a form: files, and the fields of a message without any. A token in the header is
// checked before the body is read; in the form token and sender come before the files.
func (a *conversationAPI) attach(c *gin.Context) {
	ev, isNew, err := a.receive(c)
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(a.answerTime)) // the files took their time
	if chat.KindOf(err) == chat.NotFound {
		_ = a.limits.misses.Take(address(c))
	}
	answer(c, ev, isNew, err)
}

func (a *conversationAPI) receive(c *gin.Context) (chat.Event, bool, error) {
	u := &uploading{Context: c, api: a, fields: params{}}
	var err error
	if u.conversationID, err = pathID(c, "conversation_id", "conversation_not_found"); err != nil {
		return chat.Event{}, false, err
	}
	credential, given := bearer(c)
	if u.proven = given; given {
		if u.principal, err = a.authenticate(c, credential); err != nil {
			return chat.Event{}, false, err
		}
	}
	limits := a.service.AttachmentLimits()
	if c.Request.ContentLength > int64(limits.MaxPerMessage)*limits.MaxBytes+a.maxBody+formOverhead && limits.Enabled {
		return chat.Event{}, false, chat.E(chat.TooLarge, "body_too_large", "The body is larger than files and fields may be")
	}
	kind, attributes, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "multipart/form-data" || attributes["boundary"] == "" {
		return chat.Event{}, false, bodyInvalid("Files come as multipart/form-data")
	}
	u.body = newSteady(c, a.answerTime)
	defer u.abandon()
	if err := u.read(multipart.NewReader(u.body, attributes["boundary"])); err != nil {
		u.drain(limits.MaxBytes)
		return chat.Event{}, false, err
	}
	return u.finish()
}

// drain takes what is still coming from somebody who was let in, within bounds: browsers do not look at an answer
// before they have sent everything, and take a line that is cut for a failure that passes.
func (u *uploading) drain(most int64) {
	if u.upload != nil {
		u.body.room = most
		_, _ = io.Copy(io.Discard, u.body) // it is refused either way
	}
}

func (u *uploading) abandon() {
	if u.upload != nil {
		u.upload.Abandon(u.Request.Context())
	}
}

func (u *uploading) read(form *multipart.Reader) error {
	for {
		u.body.room = maxPartHeader
		part, err := form.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bodyInvalid("The form cannot be read")
		}
		u.body.room = math.MaxInt64 // what follows counts for itself
		if part.FileName() != "" {
			err = u.file(part)
		} else {
			err = u.field(part)
		}
		if err != nil {
			return err
		}
	}
}

func (u *uploading) field(part *multipart.Part) error {
	name := part.FormName()
	if u.fieldCount++; u.fieldCount > maxFields {
		return bodyInvalid("The form has too many fields")
	}
	raw, err := io.ReadAll(io.LimitReader(part, u.api.maxBody-u.fieldBytes+1))
	if err != nil {
		return bodyInvalid("The body did not arrive")
	}
	if u.fieldBytes += int64(len(raw)); u.fieldBytes > u.api.maxBody {
		return chat.E(chat.TooLarge, "body_too_large", "The fields have more than %d bytes", u.api.maxBody)
	}
	if name == "file" && len(raw) == 0 {
		return nil // a browser's form in which no file was chosen
	}
	if !utf8.ValidString(name) {
		return bodyInvalid("A field's name is no text")
	}
	if key := rootOf(name); u.upload != nil && (key == "token" || key == "sender") {
		return bodyInvalid("token and sender come before the files")
	}
	return u.fields.set(name, string(raw))
}

// rootOf is the a of "a[b][c]".
func rootOf(name string) string {
	for i := range len(name) {
		if name[i] == '[' {
			return name[:i]
		}
	}
	return name
}

func (u *uploading) file(part *multipart.Part) error {
	if err := u.begin(); err != nil {
		return err
	}
	return u.upload.Add(u.Request.Context(), part.FileName(), arriving{part})
}

// begin settles who sends the files, before the first of them is read.
func (u *uploading) begin() error {
	if u.upload != nil {
		return nil
	}
	if !u.proven {
		credential, err := u.fields.text("token", "token_invalid")
		if err != nil {
			return err
		}
		if u.principal, err = u.api.authenticate(u.Context, credential); err != nil {
			return err
		}
	}
	sender, err := u.fields.sender()
	if err != nil {
		return err
	}
	c := call{Context: u.Context, params: u.fields, principal: u.principal, sender: sender}
	if err := u.api.take(c, u.api.limits.posts); err != nil {
		return err
	}
	u.upload, err = u.api.service.BeginUpload(u.Request.Context(), u.principal, chat.UploadRequest{
		ConversationID: u.conversationID, Sender: sender, Address: address(u.Context),
	})
	return err
}

func (u *uploading) finish() (chat.Event, bool, error) {
	if err := u.begin(); err != nil { // there was no file, and that is hers to hear who may send some
		return chat.Event{}, false, err
	}
	content, err := u.fields.text("content", "content_invalid")
	if err != nil {
		return chat.Event{}, false, err
	}
	clientID, err := u.fields.text("client_message_id", "client_message_id_invalid")
	if err != nil {
		return chat.Event{}, false, err
	}
	return u.upload.Finish(u.Request.Context(), content, clientID)
}

// arriving is a part of a body. That it breaks off is the client's affair.
type arriving struct{ io.Reader }

func (a arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = bodyInvalid("The body did not arrive")
	}
	return n, err
}

// steady reads a body as long as it comes steadily: after a first while at uploadRate in the mean. Time in which
// nobody reads does not count. Each read takes from room, of which there may be too little.
type steady struct {
	body       io.Reader
	connection *http.ResponseController
	grace      time.Duration
	waited     time.Duration
	n, room    int64
}

func newSteady(c *gin.Context, grace time.Duration) *steady {
	return &steady{body: c.Request.Body, connection: http.NewResponseController(c.Writer), grace: grace}
}

func (s *steady) Read(p []byte) (int, error) {
	if s.room <= 0 {
		return 0, bodyInvalid("A part's header is too long")
	}
	p = p[:min(int64(len(p)), s.room)]
	allowed := min(s.grace+time.Duration(s.n)*time.Second/uploadRate, uploadTime)
	began := time.Now()
	_ = s.connection.SetReadDeadline(began.Add(allowed - s.waited)) // not every writer has deadlines: a test's recorder
	n, err := s.body.Read(p)
	ended := time.Now()
	s.waited += ended.Sub(began)
	s.n += int64(n)
	s.room -= int64(n)
	if err == io.EOF {
		// The server goes on reading, to hear whether the client leaves: it should not think so for lack of words.
		_ = s.connection.SetReadDeadline(ended.Add(uploadTime))
	}
	return n, err
}
