package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"parley/chat/chattest"
)

// TestKillLosesNoWebhook: what was answered 201 reaches the organisation's own server after a kill -9 amid deliveries,
// with one id however often, and each conversation in its order.
func TestKillLosesNoWebhook(t *testing.T) {
	chattest.Slow(t)
	binary := buildBinary(t)
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			killAmidDeliveries(t, newProcess(t, binary, database(t), "PARLEY_CHAT_MESSAGES_PER_SECOND=0", "PARLEY_CHAT_OPENS_PER_MINUTE=0",
				"PARLEY_WEBHOOKS_ALLOWED_NETWORKS=127.0.0.1", "PARLEY_WEBHOOKS_TIMEOUT=500ms"))
		})
	}
}

// shop is an organisation's server that hears of messages.
type shop struct {
	mu     sync.Mutex
	ids    map[int64]string  // by message
	orders map[int64][]int64 // by conversation, each message when it first came
	again  int
	wrong  []string
}

func (s *shop) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var told struct {
		ID   string
		Data struct {
			Message struct {
				ID             int64
				ConversationID int64 `json:"conversation_id"`
			}
		}
	}
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &told)
	}
	time.Sleep(3 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := told.Data.Message
	if err != nil || m.ID == 0 || told.ID != r.Header.Get("Webhook-Id") {
		s.wrong = append(s.wrong, fmt.Sprint(err, " ", string(raw)))
		return
	}
	before, known := s.ids[m.ID]
	switch {
	case !known:
		s.ids[m.ID] = told.ID
		s.orders[m.ConversationID] = append(s.orders[m.ConversationID], m.ID)
	case before != told.ID:
		s.wrong = append(s.wrong, fmt.Sprint("message ", m.ID, " came with two ids"))
	default:
		s.again++
	}
}

func (s *shop) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func killAmidDeliveries(t *testing.T, p *process) {
	const conversations, each = 4, 100
	receiver := &shop{ids: map[int64]string{}, orders: map[int64][]int64{}}
	server := httptest.NewServer(receiver)
	defer server.Close()
	var ignored any
	p.command(&ignored, "org", "create", "--name", "Acme")
	p.command(&ignored, "webhook", "create", "--url", server.URL, "--events", "message.created")
	p.start()

	var posting sync.WaitGroup
	posted := make([][]int64, conversations)
	ids := make([]int64, conversations)
	w := &writers{ids: map[string]int64{}}
	client := &http.Client{Timeout: patience}
	for i := range conversations {
		visitor := fmt.Sprint("v", i)
		status, body, err := postForm(client, p.origin+"/chat/offline/"+visitor, url.Values{"content": {"hello"}, "email": {"a@example.com"}})
		var left struct {
			Conversation struct {
				ID            int64
				LastMessageID int64 `json:"last_message_id"`
			}
		}
		if err == nil {
			err = json.Unmarshal(body, &left)
		}
		if err != nil || status != http.StatusCreated {
			t.Fatalf("leaving a message: %v, %d %s", err, status, body)
		}
		ids[i], posted[i] = left.Conversation.ID, []int64{left.Conversation.LastMessageID}
		posting.Go(func() {
			for n := range each {
				name := fmt.Sprintf("%s-%d", visitor, n)
				if !w.postAs(client, p.origin, ids[i], visitor, name) {
					return
				}
				w.mu.Lock()
				posted[i] = append(posted[i], w.ids[name])
				w.mu.Unlock()
			}
		})
	}
	for deadline := time.Now().Add(patience); receiver.count() < conversations*each/4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d messages came", receiver.count())
		}
	}
	p.kill()
	at := receiver.count()
	p.start()
	posting.Wait()
	if err := w.failure(); err != nil {
		t.Fatal(err)
	}
	const all = conversations * (each + 1)
	for deadline := time.Now().Add(2 * patience); receiver.count() < all; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d messages came", receiver.count(), all)
		}
	}
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	receiver.mu.Lock()
	defer receiver.mu.Unlock()
	for i, id := range ids {
		if got, want := fmt.Sprint(receiver.orders[id]), fmt.Sprint(posted[i]); got != want {
			t.Errorf("conversation %d:\ncame   %s\nposted %s", i, got, want)
		}
	}
	for _, wrong := range receiver.wrong {
		t.Error(wrong)
	}
	t.Logf("killed after %d; %d came twice", at, receiver.again)
}
