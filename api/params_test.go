package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

func parse(method, target, contentType, body string) (params, error) {
	gin.SetMode(gin.ReleaseMode)
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(method, target, strings.NewReader(body))
	c.Request.Header.Set("Content-Type", contentType)
	return readParams(c, 1<<16)
}

func TestReadParams(t *testing.T) {
	const form, object = "application/x-www-form-urlencoded", "application/json"
	for _, c := range []struct{ name, target, kind, body, want string }{
		{"nothing", "/", "", "", `{}`},
		{"query", "/?a=1&b[c]=2", "", "", `{"a":"1","b":{"c":"2"}}`},
		{"form", "/", form, "content=a+b&sender%5Btype%5D=visitor&sender[id]=v1", `{"content":"a b","sender":{"type":"visitor","id":"v1"}}`},
		{"the last of several", "/", form, "a=1&a=2", `{"a":"2"}`},
		{"the body wins", "/?a=1", object, `{"a":2}`, `{"a":2}`},
		{"JSON", "/", object + "; charset=utf-8", `{"a":{"b":[1,null,true]}}`, `{"a":{"b":[1,null,true]}}`},
		{"JSON that says it is text", "/", "text/plain", ` {"a":1}`, `{"a":1}`},
		{"JSON that says it is a form", "/", form, `{"a":1}`, `{"a":1}`},
		{"JSON that says nothing", "/", "", `{"a":1}`, `{"a":1}`},
		{"deep", "/", form, "a[b][c][d]=1", `{"a":{"b":{"c":{"d":"1"}}}}`},
	} {
		got, err := parse(http.MethodPost, c.target, c.kind, c.body)
		raw, _ := json.Marshal(got)
		var a, b any
		json.Unmarshal(raw, &a)
		json.Unmarshal([]byte(c.want), &b)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %s, %v; want %s", c.name, raw, err, c.want)
		}
	}
	for _, body := range []string{"a[b", "a[b]c", "a[b]c[d]", "a=1&a[b]=2", "a[b]=2&a=1", "a[b][c][d][e][f][g]=1", "%"} {
		if got, err := parse(http.MethodPost, "/", form, body); chat.KindOf(err) != chat.Invalid {
			t.Errorf("%q: %v, %v", body, got, err)
		}
	}
}

func FuzzReadParams(f *testing.F) {
	f.Add("application/json", `{"sender":{"type":"visitor","id":1},"content":"x"}`)
	f.Add("application/x-www-form-urlencoded", `sender[type]=visitor&sender[id]=v1`)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n")
	f.Add("text/plain", `{`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		p, err := parse(http.MethodPost, "/?count=1", kind, body)
		if err != nil {
			if chat.KindOf(err) == chat.Internal {
				t.Errorf("an inner error: %v", err)
			}
			return
		}
		for _, read := range []func() error{
			func() error { _, err := p.sender(); return err },
			func() error { _, err := p.text("content", "content_invalid"); return err },
			func() error { _, _, err := p.integer("count", "count_invalid"); return err },
		} {
			if err := read(); err != nil && chat.KindOf(err) != chat.Invalid {
				t.Error(err)
			}
		}
		if _, err := json.Marshal(p); err != nil {
			t.Error(err)
		}
	})
}
