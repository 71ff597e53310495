package openapitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Reporter is told what is wrong: a testing.TB.
type Reporter interface {
	Errorf(format string, args ...any)
}

// most bounds what is kept of a body; a longer one is not looked at.
const most = 256 << 10

// Handler checks what goes through it. What lies at or under one of the mounts is not looked at.
func (c *Checker) Handler(t Reporter, next http.Handler, mounts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, mount := range mounts {
			if strings.HasPrefix(r.URL.Path, mount) {
				next.ServeHTTP(w, r)
				return
			}
		}
		// The handler gets a request of its own: it may change it, and the server wants to find its own body in r.
		passed, place := *r, *r.URL
		passed.URL = &place
		sent, got := &copied{}, &recorded{ResponseWriter: w}
		passed.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, sent), r.Body}
		next.ServeHTTP(got, &passed)
		if got.status == 0 {
			got.status = http.StatusOK
		}
		if err := c.check(r, sent, got); err != nil {
			t.Errorf("openapi: %s %s answered with %d: %v", r.Method, r.URL.Path, got.status, err)
		}
	})
}

// copied keeps what is written to it, as long as it is not too much.
type copied struct {
	bytes.Buffer
	over bool
}

func (c *copied) Write(p []byte) (int, error) {
	if c.over = c.over || c.Len()+len(p) > most; c.over {
		return len(p), nil
	}
	return c.Buffer.Write(p)
}

// recorded keeps what an answer says.
type recorded struct {
	http.ResponseWriter
	status int
	body   copied
}

func (r *recorded) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorded) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorded) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	_, _ = r.body.Write(p) // it never fails
	return r.ResponseWriter.Write(p)
}

// gone is the status of what nobody waited for.
const gone = 499

func (c *Checker) check(r *http.Request, sent *copied, got *recorded) error {
	op, known := c.find(r)
	switch {
	case got.status == gone || r.Method == http.MethodOptions:
		return nil
	case !known && got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed:
		return fmt.Errorf("the document does not have it")
	case got.status < 400:
		c.mu.Lock()
		c.answered[op.name] = true
		c.mu.Unlock()
		if err := c.request(op, r, sent); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
	}
	return c.answer(op, r, got)
}
