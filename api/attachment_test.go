package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/api"
	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/files"
)

const maxFile = 1 << 20

func (h *house) keepFiles() chat.AttachmentConfig {
	h.t.Helper()
	h.folder = h.t.TempDir()
	bucket, err := files.Open(ctx, "file://"+h.folder, "")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { bucket.Close() }) //nolint:errcheck // the test is over
	return chat.AttachmentConfig{
		Blobs: bucket, Media: files.NewMedia(), MaxBytes: maxFile, MaxPerMessage: 2,
		Types: []string{"image/png", "image/gif", "text/plain", "application/pdf"},
	}
}

func (h *house) kept() (n int) {
	h.t.Helper()
	err := filepath.WalkDir(h.folder, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// part is a part of a form: a file when it has a file's name.
type part struct{ name, file, content string }

func form(t testing.TB, parts ...part) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		header := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name=%q`, p.name)
		if p.file != "" {
			disposition += fmt.Sprintf(`; filename=%q`, p.file)
		}
		header.Set("Content-Disposition", disposition)
		into, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(into, p.content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func (h *house) upload(conversation int64, header []string, parts ...part) answer {
	h.t.Helper()
	body, kind := form(h.t, parts...)
	return h.post(fmt.Sprint("/chat/conversation/", conversation, "/attachments"), body, append(header, "Content-Type", kind)...)
}

func (h *house) conversation(visitor string) int64 {
	h.t.Helper()
	h.onDuty(h.anna)
	return h.post("/chat/service/"+visitor, nil).conversation()
}

func (a answer) attachments(t *testing.T) (list []chat.AttachmentView) {
	t.Helper()
	var body struct {
		Message struct{ Attachments []chat.AttachmentView }
	}
	if err := json.Unmarshal([]byte(a.raw), &body); err != nil {
		t.Fatal(err)
	}
	return body.Message.Attachments
}

func picture(t testing.TB, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAttachmentJourney(t *testing.T) {
	eachDatabase(t, nil, func(t *testing.T, h *house) {
		id := h.conversation("v1")
		png := picture(t, 400, 200)
		a := h.upload(id, nil, part{"client_message_id", "", "c-1"}, part{"file", "Чай \"1\".png", png}, part{"file", "b.txt", "Hello"}, part{"content", "", "Look"})
		if a.StatusCode != 201 || a.message()["content"] != "Look" || a.body["event"] != "created" || a.message()["client_message_id"] != "c-1" {
			t.Fatalf("%d %s", a.StatusCode, a.raw)
		}
		list := a.attachments(t)
		if len(list) != 2 || list[0].Name != `Чай "1".png` || list[1].ContentType != "text/plain" {
			t.Fatalf("%s", a.raw)
		}
		if b := h.upload(id, nil, part{"file", "Чай \"1\".png", png}, part{"file", "b.txt", "Hello"}, part{"content", "", "Look"}, part{"client_message_id", "", "c-1"}); b.StatusCode != 200 || b.message()["id"] != a.message()["id"] {
			t.Errorf("again: %d %s", b.StatusCode, b.raw)
		}
		if b := h.do("GET", fmt.Sprint("/chat/conversation/", id, "/messages"), nil); !strings.Contains(b.raw, list[0].URL) || !strings.Contains(b.raw, *list[0].ThumbnailURL) {
			t.Errorf("history: %s", b.raw)
		}
		for _, row := range []struct{ path, kind, disposition, content string }{
			{list[0].URL, "image/png", `inline; filename="___ _1_.png"; filename*=UTF-8''%D0%A7%D0%B0%D0%B9%20%221%22.png`, png},
			{"/chat/attachment/" + list[0].ID + "/anything.html", "image/png", `inline; filename=`, png},
			{list[1].URL, "application/octet-stream", "attachment; filename=b.txt", "Hello"},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				b := h.do(method, row.path, nil, "Origin", "https://shop.example")
				want := map[string]string{
					"Content-Type": row.kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
					"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "private, max-age=3600", "Accept-Ranges": "bytes",
					"Access-Control-Allow-Origin": "https://shop.example", "Content-Length": fmt.Sprint(len(row.content)),
				}
				for name, value := range want {
					if got := b.Header.Values(name); len(got) != 1 || got[0] != value {
						t.Errorf("%s %s: %s is %q, want %q", method, row.path, name, got, value)
					}
				}
				if !strings.HasPrefix(b.Header.Get("Content-Disposition"), row.disposition) || b.Header.Get("ETag") == "" {
					t.Errorf("%s %s: %v", method, row.path, b.Header)
				}
				if method == "GET" && b.raw != row.content {
					t.Errorf("%s: %d bytes, want %d", row.path, len(b.raw), len(row.content))
				}
			}
		}
		small := h.do("GET", *list[0].ThumbnailURL, nil)
		if shape, _, err := image.DecodeConfig(strings.NewReader(small.raw)); err != nil || shape.Width != 320 || small.Header.Get("Content-Type") != "image/png" {
			t.Errorf("small: %+v %v, %v", shape, small.Header, err)
		}
		h.do("GET", "/chat/attachment/"+list[1].ID+"/thumbnail", nil).wantError(t, 404, "attachment_not_found")
		if b := h.do("GET", list[1].URL, nil, "Range", "bytes=1-3"); b.StatusCode != 206 || b.raw != "ell" || b.Header.Get("Content-Range") != "bytes 1-3/5" {
			t.Errorf("a range: %d %q %v", b.StatusCode, b.raw, b.Header)
		}
		if b := h.do("GET", list[1].URL, nil, "Range", "bytes=-2"); b.StatusCode != 206 || b.raw != "lo" {
			t.Errorf("the end: %d %q", b.StatusCode, b.raw)
		}
		if b := h.do("GET", list[1].URL, nil, "Range", "bytes=9-"); b.StatusCode != 416 {
			t.Errorf("beyond the end: %d", b.StatusCode)
		}
		if b := h.do("GET", list[1].URL, nil, "Range", "bytes=0-0,2-2"); b.StatusCode != 200 || b.raw != "Hello" {
			t.Errorf("several ranges: %d %q", b.StatusCode, b.raw)
		}
		if b := h.do("GET", list[1].URL, nil, "If-None-Match", h.do("HEAD", list[1].URL, nil).Header.Get("ETag")); b.StatusCode != 304 {
			t.Errorf("known: %d", b.StatusCode)
		}
		if strings.Contains(h.log.String(), list[0].ID) {
			t.Error("the log tells what is the right to a file")
		}
	})
}

func TestAttachmentRights(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{SignedVisitors: true}, nil)
	h.onDuty(h.anna)
	token := func(visitor string) string {
		signed, _, err := h.keys.Visitor(visitor, h.Org.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	mine := []string{"Authorization", "Bearer " + token("v1")}
	id := h.post("/chat/service/v1", nil, mine...).conversation()
	file := part{"file", "a.txt", "Hello"}
	h.upload(id, nil, file).wantError(t, 401, "token_missing")
	h.upload(id, nil, file, part{"token", "", token("v1")}).wantError(t, 401, "token_missing")
	h.upload(id, []string{"Authorization", "Bearer nonsense"}, file).wantError(t, 401, "token_invalid")
	h.upload(id, []string{"Authorization", "Bearer " + token("v2")}, file).wantError(t, 403, "forbidden")
	h.upload(id, []string{"Authorization", "Bearer " + h.token(h.boris)}, file).wantError(t, 403, "forbidden")
	h.upload(id, mine, part{"sender", "", "manager:1"}, file).wantError(t, 403, "sender_mismatch")
	h.upload(id+1, mine, file).wantError(t, 404, "conversation_not_found")
	h.upload(id, nil, part{"content", "", "no file, no token"}).wantError(t, 401, "token_missing")
	if n := h.kept(); n != 0 {
		t.Errorf("%d files are kept of what was refused", n)
	}
	h.upload(id, mine, file, part{"sender[type]", "", "visitor"}).wantError(t, 400, "body_invalid")
	a := h.upload(id, nil, part{"token", "", token("v1")}, file)
	if a.StatusCode != 201 {
		t.Fatalf("a token in the form: %d %s", a.StatusCode, a.raw)
	}
	other := h.Organization("Kettles")
	clara := h.Manager(other, "Clara")
	at := a.attachments(t)[0].URL
	h.do("GET", at, nil).wantError(t, 401, "token_missing")
	h.do("GET", at+"?token="+token("v1"), nil).wantError(t, 401, "token_missing")
	h.do("GET", at, nil, "Authorization", "Bearer "+token("v2")).wantError(t, 404, "attachment_not_found")
	h.do("GET", at, nil, "Authorization", "Bearer "+h.token(clara)).wantError(t, 404, "attachment_not_found")
	for _, who := range []string{token("v1"), h.token(h.anna), h.token(h.boris)} {
		if b := h.do("GET", at, nil, "Authorization", "Bearer "+who); b.StatusCode != 200 || b.raw != "Hello" {
			t.Errorf("%d %s", b.StatusCode, b.raw)
		}
	}
	if b := h.do("OPTIONS", at, nil, "Origin", "https://shop.example", "Access-Control-Request-Headers", "authorization"); b.StatusCode != 204 || b.Header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("preflight: %d %v", b.StatusCode, b.Header)
	}
}

func TestAttachmentForms(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	id := h.conversation("v1")
	file := part{"file", "a.txt", "Hello"}
	for _, row := range []struct {
		name   string
		parts  []part
		status int
		code   string
	}{
		{"no file", []part{{"content", "", "x"}}, 400, "attachment_missing"},
		{"a browser's form without a choice", []part{{"content", "", "x"}, {"file", "", ""}}, 400, "attachment_missing"},
		{"empty", []part{{"file", "a.txt", ""}}, 400, "attachment_empty"},
		{"a page called a picture", []part{{"file", "a.png", "<html><script>"}}, 415, "attachment_type_refused"},
		{"drawn by a script", []part{{"file", "a.svg", "<svg onload=alert(1)>"}}, 415, "attachment_type_refused"},
		{"a program", []part{{"file", "a.txt", "MZ\x90\x00\x03"}}, 415, "attachment_type_refused"},
		{"too large", []part{{"file", "a.txt", strings.Repeat("a", maxFile+1)}}, 413, "attachment_too_large"},
		{"far too large", []part{{"file", "a.txt", strings.Repeat("a", 3*maxFile)}}, 413, "body_too_large"},
		{"three of two", []part{file, file, file}, 400, "attachments_too_many"},
		{"long words", []part{{"content", "", strings.Repeat("a", 1<<16+1)}, file}, 413, "body_too_large"},
		{"contradictions", []part{{"sender", "", "visitor"}, {"sender[type]", "", "visitor"}, file}, 400, "body_invalid"},
		{"strange words", []part{{"content", "", "\xff"}, file}, 400, "content_invalid"},
		{"strange id", []part{file, {"client_message_id", "", "\x00"}}, 400, "client_message_id_invalid"},
		{"fields without end", append(make([]part, 101), file), 400, "body_invalid"},
	} {
		t.Run(row.name, func(t *testing.T) { h.upload(id, nil, row.parts...).wantError(t, row.status, row.code) })
	}
	at := fmt.Sprint("/chat/conversation/", id, "/attachments")
	multi := []string{"Content-Type", "multipart/form-data; boundary=b"}
	for name, body := range map[string]string{
		"nothing": "", "no parts": "--b--\r\n", "half a part": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nHel",
		"half a header": "--b\r\nContent-Disp", "a long header": "--b\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"a long preface": strings.Repeat("x\r\n", 1<<16) + "--b--",
	} {
		if a := h.post(at, body, multi...); a.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.raw)
		}
	}
	h.post(at, "{}").wantError(t, 400, "body_invalid")
	h.post(at, "", "Content-Type", "multipart/form-data").wantError(t, 400, "body_invalid")
	h.post("/chat/conversation/x/attachments", "").wantError(t, 404, "conversation_not_found")
	if a := h.do("GET", "/chat/attachments", nil); a.StatusCode != 200 || !strings.Contains(a.raw, `{"enabled":true,"max_bytes":1048576,"max_per_message":2,`) {
		t.Errorf("limits: %s", a.raw)
	}
	h.do("GET", "/chat/attachment/x/a.txt", nil).wantError(t, 404, "attachment_not_found")
	// A GIF that browsers without manners might take for a script is a picture to them.
	a := h.upload(id, nil, part{"file", "a.gif", "GIF89a/*\x00\x00\x00\x00*/=1;alert(1)"})
	if b := h.do("GET", a.attachments(t)[0].URL, nil); b.Header.Get("Content-Type") == "text/html" || b.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", b.StatusCode, b.Header)
	}
}

// TestTokenBeforeBody: who is not let in need not send the files.
func TestTokenBeforeBody(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	id := h.conversation("v1")
	c := h.dialled()
	fmt.Fprintf(c, "POST /chat/conversation/%d/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nonsense\r\nExpect: 100-continue\r\n"+
		"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n", id)
	c.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the reading shows it
	answer := make([]byte, 12)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "HTTP/1.1 401" {
		t.Errorf("%q, %v", answer, err)
	}
}

// TestUploadHoldsNothing: two hundred megabytes against a limit of one, and nothing of them is held.
func TestUploadHoldsNothing(t *testing.T) {
	h := newHouse(t, sqlite(t), chat.Rules{}, nil)
	id := h.conversation("v1")
	const size = 200 << 20
	var sent atomic.Int64
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(head), &counting{n: &sent, left: size}, strings.NewReader("\r\n--b--\r\n"))
	r, err := http.NewRequest("POST", fmt.Sprint(h.url, "/chat/conversation/", id, "/attachments"), body) // of unknown length
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 413 || !strings.Contains(string(raw), "attachment_too_large") {
		t.Errorf("%d %s, %v", response.StatusCode, raw, err)
	}
	runtime.ReadMemStats(&after)
	if held := after.TotalAlloc - before.TotalAlloc; held > 8<<20 {
		t.Errorf("%d bytes were taken", held)
	}
	if n := sent.Load(); n > size/2 {
		t.Errorf("%d bytes were read", n)
	}
	if n := h.kept(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// counting gives some letters and counts them.
type counting struct {
	n    *atomic.Int64
	left int
}

func (c *counting) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), c.left)]
	for i := range p {
		p[i] = 'a'
	}
	c.left -= len(p)
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// TestSteadyUploads: a sender that is slow but steady gets through, although it takes longer than an ordinary
// body may; one that trickles does not.
func TestSteadyUploads(t *testing.T) {
	const answerTime = 500 * time.Millisecond
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) { c.AnswerTime = answerTime })
	id := h.conversation("v1")
	content := strings.Repeat("tea ", 5000)
	body, kind := form(t, part{"file", "a.txt", content})
	send := func(piece int, pause time.Duration) (status string) {
		c := h.dialled()
		fmt.Fprintf(c, "POST /chat/conversation/%d/attachments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", id, kind, len(body))
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			for rest := body; rest != "" && ctx.Err() == nil; time.Sleep(pause) {
				n := min(piece, len(rest))
				if _, err := io.WriteString(c, rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		defer cancel()
		c.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the reading shows it
		text, err := io.ReadAll(c)
		if err, ok := err.(net.Error); ok && err.Timeout() {
			t.Error("the server did not let go")
		}
		status, _, _ = strings.Cut(string(text), "\r\n")
		return status
	}
	began := time.Now()
	if status := send(2000, 100*time.Millisecond); status != "HTTP/1.1 201 Created" || time.Since(began) < answerTime {
		t.Errorf("steady: %q after %v", status, time.Since(began))
	}
	if status := send(1, 50*time.Millisecond); status == "HTTP/1.1 201 Created" {
		t.Errorf("a trickle: %q", status)
	}
}

// TestSteadyDownloads: a reader that is slow but steady gets all of it.
func TestSteadyDownloads(t *testing.T) {
	chattest.Slow(t)
	const answerTime = 300 * time.Millisecond
	h := newHouse(t, sqlite(t), chat.Rules{}, func(c *api.Config) { c.AnswerTime = answerTime })
	content := strings.Repeat("tea ", maxFile/4)
	at := h.upload(h.conversation("v1"), nil, part{"file", "a.txt", content}).attachments(t)[0].URL
	c := h.dialled().(*net.TCPConn)
	c.SetReadBuffer(4 << 10) //nolint:errcheck // the kernel may know better
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", at)
	c.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the reading shows it
	began, n := time.Now(), 0
	for piece := make([]byte, 64<<10); ; time.Sleep(50 * time.Millisecond) {
		got, err := io.ReadFull(c, piece)
		if n += got; err != nil {
			break
		}
	}
	if n < len(content) || time.Since(began) < answerTime {
		t.Errorf("%d bytes of %d in %v", n, len(content), time.Since(began))
	}
}
