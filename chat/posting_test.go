package chat_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestPostsTogether posts to one conversation from many sides, the visitor's twice each. Nothing is lost, nothing is
// there twice, and what waits in the outbox is what the posters were answered, whatever they write and are called.
func TestPostsTogether(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		const hostile = `{"entity":"message","message":{"id":0,"id":0}} \"message\":{\"id\":0`
		ev, _, err := w.service.Open(ctx, as(w.Anna), chat.OpenRequest{VisitorID: "v1", Name: hostile})
		if err != nil {
			t.Fatal(err)
		}
		id := ev.Conversation.ID
		if seen, err := w.View(ctx).SeenConversation(id); err != nil || (seen.Version != 0) != strings.HasSuffix(t.Name(), "postgres") {
			t.Errorf("the version is %d, %v: PostgreSQL has one", seen.Version, err)
		}
		answers := map[int64]string{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				p, r := stranger, chat.PostRequest{ConversationID: id, Content: hostile, ClientMessageID: fmt.Sprint(i / 2)}
				if i >= 8 {
					p, r.ClientMessageID = as(w.Anna), fmt.Sprint(i)
				}
				for n := range 5 {
					r := r
					r.ClientMessageID = fmt.Sprint(r.ClientMessageID, "-", n)
					ev, _, err := w.service.Post(ctx, p, r)
					if err != nil {
						t.Error(err)
						return
					}
					text, _ := json.Marshal(ev)
					mu.Lock()
					answers[ev.Message.ID] = string(text)
					mu.Unlock()
				}
			})
		}
		group.Wait()
		const want = 4*5 + 4*5
		c, err := w.View(ctx).Conversation(id)
		if err != nil || len(answers) != want || c.MessageCount != want || c.UnreadManager != 20 || c.UnreadVisitor != 20 {
			t.Errorf("%d answers, the conversation is %+v, %v", len(answers), c, err)
		}
		pending, err := w.Pending(ctx, nil, 1000)
		if err != nil {
			t.Fatal(err)
		}
		last, found := int64(0), 0
		for _, e := range pending {
			var ev chat.Event
			if e.Kind != models.EventMessage || json.Unmarshal([]byte(e.Payload), &ev) != nil {
				continue
			}
			if ev.Message.ID <= last || answers[ev.Message.ID] != e.Payload {
				t.Errorf("after %d the outbox has %s, the answer was %s", last, e.Payload, answers[ev.Message.ID])
			}
			last = ev.Message.ID
			found++
		}
		if found != want {
			t.Errorf("%d events, want %d", found, want)
		}
	})
}
