package giosg_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestLimits: what comes too fast is refused with 429, and who else calls is not.
func TestLimits(t *testing.T) {
	eachDatabase(t, options{limits: chat.Limits{ReadsPerSecond: 1, MissesPerSecond: 1, KeyPerSecond: 2, OpensPerMinute: 3}}, func(t *testing.T, h *house) {
		// until calls as often as it takes to hear of it; the burst bounds how often that is.
		until := func(burst int, call func() answer) {
			t.Helper()
			for i := range burst + 5 {
				a := call()
				if a.StatusCode != 429 {
					continue
				}
				if a.Header.Get("Retry-After") == "" || !strings.Contains(a.raw, `"detail"`) {
					t.Errorf("%v %s", a.Header, a.raw)
				}
				if i < burst/2 {
					t.Errorf("refused after %d calls", i)
				}
				return
			}
			t.Errorf("%d calls were let in", burst+5)
		}
		key := h.key(models.ScopeChat)
		until(10, func() answer { return h.get(key, h.org("/rooms")) })
		h.get(h.key(models.ScopeChat), h.org("/rooms")).want(200)
		until(10, func() answer { return h.get("", h.org("/rooms")) })
		h.get(h.of(h.ann), h.org("/rooms")).want(200)
		guess := 0
		until(300, func() answer { guess++; return h.get(fmt.Sprint("Token pk_1_", guess), h.org("/rooms")) })
	})
}

// TestUnreadable: what cannot be read is told so.
func TestUnreadable(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		ann := h.of(h.ann)
		h.get(ann, h.org("/rooms?%zz")).want(400)
		h.do(ann, "POST", h.org("/rooms"), `{"name":"x"}{`).want(400)
		h.do(ann, "POST", h.org("/rooms"), `null`).want(400)
		h.do(ann, "POST", h.org("/rooms"), `{"name":"`+"\xff"+`"}`).want(201, "name", `"�"`)
		h.do(ann, "POST", h.org("/rooms"), `{"name":`+strings.Repeat(`{"a":`, 50)+`1`+strings.Repeat(`}`, 50)+`}`).want(400, "detail", `"JSON parse error - nested too deeply"`)
	})
}
