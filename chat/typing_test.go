package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

// ear hears what is not kept.
type ear struct {
	mu    sync.Mutex
	heard []string // channel, scope and data
}

func (e *ear) Publish(_ context.Context, channel, scope string, data []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprint(channel, " ", scope, " ", string(data)))
	return nil
}

func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

func TestTyping(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		e := &ear{}
		w.service = chat.New(w, w.gate, chat.Config{Broadcaster: e})
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		before, err := w.View(ctx).Conversation(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		type published struct {
			Entity string          `json:"entity"`
			Typing chat.TypingView `json:"typing"`
		}
		typing := func(p chat.Principal, r chat.TypingRequest) (all map[string]published) {
			t.Helper()
			r.ConversationID = c.ID
			if err := w.service.Typing(ctx, p, r); err != nil {
				t.Fatal(err)
			}
			all = map[string]published{}
			for _, line := range e.take() {
				parts := strings.SplitN(line, " ", 3)
				if parts[1] != fmt.Sprint(w.Org.ID) {
					t.Errorf("scope %s", parts[1])
				}
				var one published
				if err := json.Unmarshal([]byte(parts[2]), &one); err != nil || one.Entity != "typing" {
					t.Errorf("%s: %v", parts[2], err)
				}
				all[parts[0]] = one
			}
			return all
		}
		conversation, staff := fmt.Sprint("/conversations/", c.ID), fmt.Sprint("/staff/", c.ID)
		got := typing(stranger, chat.TypingRequest{Typing: true, Preview: "Where is\x00 my "})
		if v := got[conversation].Typing; len(got) != 2 || !v.Typing || v.Preview != nil || v.SenderType != models.SenderVisitor || v.SenderID != "v1" || v.ExpiresIn != 6 {
			t.Errorf("the visitor's: %+v", got)
		}
		if v := got[staff].Typing; v.Preview == nil || *v.Preview != "Where is my " {
			t.Errorf("for managers: %+v", v)
		}
		got = typing(stranger, chat.TypingRequest{Preview: "gone"})
		if v := got[staff].Typing; v.Typing || *v.Preview != "" {
			t.Errorf("stopped: %+v", v)
		}
		got = typing(as(w.Anna), chat.TypingRequest{Typing: true, Preview: "hidden"})
		if v := got[conversation].Typing; len(got) != 1 || v.Preview != nil || *v.Name != "Anna" || v.SenderID != float64(w.Anna.ID) {
			t.Errorf("a manager's: %+v", got)
		}
		// What comes too fast is dropped.
		passed := 0
		for range 50 {
			if len(typing(as(w.Anna), chat.TypingRequest{Typing: true})) > 0 {
				passed++
			}
		}
		if passed == 0 || passed > 10 {
			t.Errorf("%d of 50 at once were passed on", passed)
		}
		w.wantEvents()
		after, err := w.View(ctx).Conversation(c.ID)
		if err != nil || after.EventSeq != before.EventSeq || after.UpdatedAt != before.UpdatedAt {
			t.Errorf("typing was kept: %+v, %v", after, err)
		}

		clara := as(w.Manager(w.Organization("Kettles"), "Clara"))
		for name, call := range map[string]struct {
			p    chat.Principal
			r    chat.TypingRequest
			code string
		}{
			"another visitor":      {visitor("v2"), chat.TypingRequest{ConversationID: c.ID}, "forbidden"},
			"a colleague":          {as(w.boris), chat.TypingRequest{ConversationID: c.ID}, "forbidden"},
			"another organisation": {clara, chat.TypingRequest{ConversationID: c.ID}, "conversation_not_found"},
			"nowhere":              {stranger, chat.TypingRequest{ConversationID: 4711}, "conversation_not_found"},
			"too much":             {stranger, chat.TypingRequest{ConversationID: c.ID, Preview: strings.Repeat("x", 4001)}, "preview_invalid"},
			"a nameless backend":   {w.backend(w.Org), chat.TypingRequest{ConversationID: c.ID}, "sender_missing"},
		} {
			err := w.service.Typing(ctx, call.p, call.r)
			t.Run(name, func(t *testing.T) { wantCode(t, err, call.code) })
		}
		if heard := e.take(); heard != nil {
			t.Errorf("refused, and yet heard: %v", heard)
		}
	})
}
