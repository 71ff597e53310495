package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// fileAge is how long a browser may show a file without asking. A deleted one may be seen for as long.
const fileAge = "private, max-age=3600"

// file hands out an attachment, whose name in the path is for people alone.
func (a *conversationAPI) file(c *gin.Context) {
	f, ok := a.found(c)
	if !ok {
		return
	}
	kind, disposition := "application/octet-stream", "attachment"
	if f.Inline {
		kind, disposition = f.ContentType, "inline"
	}
	content := &remote{ctx: c.Request.Context(), file: f}
	if c.GetHeader("Range") == "" {
		if err := content.open(); err != nil { // while it can still be said
			fail(c, err)
			return
		}
	}
	defer content.Close() //nolint:errcheck // it was read
	harmless(c, kind, disposition, f.Name, f.UUID)
	a.serve(c, f, content)
}

// thumbnail hands out an image's small picture.
func (a *conversationAPI) thumbnail(c *gin.Context) {
	f, ok := a.found(c)
	if !ok {
		return
	}
	picture, err := f.Thumbnail(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	harmless(c, http.DetectContentType(picture), "inline", f.Name, f.UUID+"-small")
	a.serve(c, f, bytes.NewReader(picture))
}

// found finds the attachment for whoever the header says is calling: no token stands in an address.
func (a *conversationAPI) found(c *gin.Context) (chat.File, bool) {
	var f chat.File
	credential, _ := bearer(c)
	principal, err := a.authenticate(c, credential)
	if err == nil {
		err = a.take(call{Context: c, principal: principal}, a.limits.files)
	}
	if err == nil {
		f, err = a.service.File(c.Request.Context(), principal, c.Param("uuid"))
	}
	if chat.KindOf(err) == chat.NotFound {
		_ = a.limits.misses.Take(address(c))
	}
	if err != nil {
		c.Header("Cache-Control", "no-store")
		fail(c, err)
	}
	return f, err == nil
}

// harmless says what a browser may do with a file: show a picture, save anything else, run nothing.
func harmless(c *gin.Context, kind, disposition, name, tag string) {
	h := c.Writer.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", dispositionOf(disposition, name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", fileAge)
	h.Add("Vary", "Authorization")
	h.Set("ETag", `"`+tag+`"`)
}

// dispositionOf names the file twice: in ASCII for whoever knows no better, and as it is (RFC 6266).
func dispositionOf(disposition, name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			return '_'
		}
		return r
	}, name)
	text := mime.FormatMediaType(disposition, map[string]string{"filename": ascii})
	if ascii != name {
		text += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return text
}

func (a *conversationAPI) serve(c *gin.Context, f chat.File, content io.ReadSeeker) {
	if strings.Contains(c.GetHeader("Range"), ",") {
		c.Request.Header.Del("Range") // each would be a request to where the file is kept
	}
	w := &patient{ResponseWriter: c.Writer, connection: http.NewResponseController(c.Writer), limit: a.answerTime}
	http.ServeContent(w, c.Request, "", f.CreatedAt.Time(), content)
}

// patient writes for as long as the client takes each piece in time.
type patient struct {
	http.ResponseWriter
	connection *http.ResponseController
	limit      time.Duration
}

func (p *patient) Write(b []byte) (int, error) {
	end := time.Now().Add(p.limit)
	_ = p.connection.SetWriteDeadline(end)
	_ = p.connection.SetReadDeadline(end) // nothing is read, and that is no reason to think that the client left
	return p.ResponseWriter.Write(b)
}

// remote reads a file from where it is kept. Seeking costs nothing until it is read from there.
type remote struct {
	ctx    context.Context
	file   chat.File
	offset int64
	r      io.ReadCloser // nil until it is read
	at     int64         // where r is
}

func (r *remote) open() (err error) {
	r.r, err = r.file.Open(r.ctx, r.offset, -1)
	r.at = r.offset
	return err
}

func (r *remote) Read(p []byte) (int, error) {
	if r.offset >= r.file.Size {
		return 0, io.EOF
	}
	if r.r != nil && r.at != r.offset {
		if err := r.Close(); err != nil {
			return 0, err
		}
	}
	if r.r == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	n, err := r.r.Read(p)
	r.offset += int64(n)
	r.at = r.offset
	return n, err
}

func (r *remote) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.file.Size
	}
	if offset < 0 {
		return 0, errors.New("api: a place before the file")
	}
	r.offset = offset
	return offset, nil
}

func (r *remote) Close() error {
	if r.r == nil {
		return nil
	}
	err := r.r.Close()
	r.r = nil
	return err
}
