package files_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat/files"
)

// cupboard speaks as much of S3 as one bucket needs, uploads in parts included.
type cupboard struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string][]byte
	kinds   map[string]string
	parts   map[string]map[int][]byte // by upload
	begun   int
	largest int
}

func (c *cupboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutPrefix(r.URL.Path, "/files")
	if !ok || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=") {
		http.Error(w, "who are you?", http.StatusForbidden)
		return
	}
	body, err := plainBody(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.largest = max(c.largest, len(body))
	q := r.URL.Query()
	upload := q.Get("uploadId")
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		c.begun++
		upload = fmt.Sprint("u", c.begun)
		c.parts[upload] = map[int][]byte{}
		c.kinds[key] = r.Header.Get("Content-Type")
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", upload)
	case r.Method == http.MethodPut && upload != "":
		n, _ := strconv.Atoi(q.Get("partNumber"))
		c.parts[upload][n] = body
		w.Header().Set("ETag", fmt.Sprintf(`"%s-%d"`, upload, n))
	case r.Method == http.MethodPost && upload != "":
		var whole []byte
		for n := 1; n <= len(c.parts[upload]); n++ {
			whole = append(whole, c.parts[upload][n]...)
		}
		c.objects[key] = whole
		delete(c.parts, upload)
		io.WriteString(w, "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>")
	case r.Method == http.MethodDelete && upload != "":
		delete(c.parts, upload)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut:
		c.objects[key], c.kinds[key] = body, r.Header.Get("Content-Type")
	case r.Method == http.MethodDelete:
		delete(c.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && key == "", r.Method == http.MethodGet && key == "/":
		io.WriteString(w, "<ListBucketResult></ListBucketResult>")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		c.read(w, r, key)
	default:
		c.t.Errorf("%s %s was not expected", r.Method, r.URL)
	}
}

func (c *cupboard) read(w http.ResponseWriter, r *http.Request, key string) {
	content, there := c.objects[key]
	if !there {
		w.WriteHeader(http.StatusNotFound)
		if r.Method == http.MethodGet {
			io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
		}
		return
	}
	http.ServeContent(w, r, "", long, bytes.NewReader(content))
}

// plainBody takes a body out of the pieces that signing may have cut it into.
func plainBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return raw, err
	}
	var body []byte
	for {
		head, rest, _ := bytes.Cut(raw, []byte("\r\n"))
		size, _, _ := strings.Cut(string(head), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || int(n) > len(rest) {
			return nil, fmt.Errorf("a piece of %q: %w", hex.EncodeToString(head), err)
		}
		if n == 0 {
			return body, nil
		}
		body = append(body, rest[:n]...)
		raw = bytes.TrimPrefix(rest[n:], []byte("\r\n"))
	}
}

func TestS3(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "parley")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	c := &cupboard{t: t, objects: map[string][]byte{}, kinds: map[string]string{}, parts: map[string]map[int][]byte{}}
	server := httptest.NewServer(c)
	defer server.Close()
	address := "s3://files?region=eu-central-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL)
	b, err := files.Open(ctx, address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // the test is over
	suite(t, b)
	if len(c.objects) != 0 || len(c.parts) != 0 {
		t.Errorf("left behind: %d files, %d uploads", len(c.objects), len(c.parts))
	}
	if c.begun == 0 || c.largest > 5<<20+1<<10 {
		t.Errorf("%d uploads in parts, the largest of %d bytes", c.begun, c.largest)
	}
	for key, kind := range c.kinds {
		if kind != "application/octet-stream" {
			t.Errorf("%s is kept as %q", key, kind)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	server.Close()
	if err := b.Ping(ctx); err == nil {
		t.Error("a bucket that is gone answers")
	}
}

var long = time.Date(2013, 8, 16, 0, 0, 0, 0, time.UTC)
