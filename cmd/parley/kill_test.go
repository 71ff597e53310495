package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// What was answered 201 survives a kill -9: it is in the history once and in order, and
// whoever listens was told before the kill or learns of it after.
func TestKillLosesNothing(t *testing.T) {
	chattest.Slow(t)
	binary := buildBinary(t)
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			killInTheMiddle(t, newProcess(t, binary, database(t), "PARLEY_CHAT_MESSAGES_PER_SECOND=0", "PARLEY_LIMITS_PER_SECOND_PER_VISITOR=0"))
		})
	}
}

const (
	killMessages = 1000
	killAfter    = killMessages / 2
	killWriters  = 8
)

func killInTheMiddle(t *testing.T, p *process) {
	var org, manager struct{ ID int64 }
	var pass struct{ Token string }
	p.command(&org, "org", "create", "--name", "Acme")
	p.command(&manager, "manager", "create", "--name", "Anna", "--email", "anna@example.com", "--password", "long enough words")
	p.command(&pass, "token", "manager", "--id", strconv.FormatInt(manager.ID, 10))
	p.start()

	desk := listen(t, p, bayeuxtest.WebSocket, pass.Token, "/service/*") // which puts her on duty
	chat := openChat(t, p, "v81f0")
	if chat.ManagerID != manager.ID {
		t.Fatalf("the conversation went to %d, not to %d", chat.ManagerID, manager.ID)
	}
	channel := fmt.Sprintf("/conversations/%d", chat.ID)
	visitor := listen(t, p, bayeuxtest.WebSocket, "", channel)
	counterpart := listen(t, p, bayeuxtest.LongPolling, pass.Token, channel)

	writers := startWriters(p, chat.ID)
	for writers.answered.Load() < killAfter {
		time.Sleep(time.Millisecond)
		if writers.failed() {
			t.Fatal("posting failed: ", writers.failure())
		}
	}
	p.kill()
	p.start()
	visitorAgain := listen(t, p, bayeuxtest.WebSocket, "", channel)
	counterpartAgain := listen(t, p, bayeuxtest.LongPolling, pass.Token, channel)
	missed := history(t, p, chat.ID)
	answered := writers.wait(t)

	kept := history(t, p, chat.ID)
	checkHistory(t, kept, answered)
	last := kept[len(kept)-1].ID
	visitorAgain.await(last)
	counterpartAgain.await(last)
	checkDelivered(t, "the visitor", kept, visitor.end(), missed, visitorAgain.end())
	checkDelivered(t, "the manager", kept, counterpart.end(), missed, counterpartAgain.end())
	desk.end()
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	t.Logf("%d messages were in the history when the listeners were back", len(missed))
}

// checkHistory holds the history against the answers: the same messages, each once, in order.
func checkHistory(t *testing.T, kept []message, answered map[string]int64) {
	t.Helper()
	if len(kept) != killMessages || len(answered) != killMessages {
		t.Errorf("%d messages in the history, %d answered, %d posted", len(kept), len(answered), killMessages)
	}
	seen := map[string]bool{}
	for i, m := range kept {
		if i > 0 && m.ID <= kept[i-1].ID {
			t.Errorf("message %d comes after %d", m.ID, kept[i-1].ID)
		}
		if seen[m.ClientMessageID] {
			t.Errorf("%s is in the history twice", m.ClientMessageID)
		}
		seen[m.ClientMessageID] = true
		if answered[m.ClientMessageID] != m.ID {
			t.Errorf("%s was answered as %d and is kept as %d", m.ClientMessageID, answered[m.ClientMessageID], m.ID)
		}
		if want := "text of " + m.ClientMessageID; m.Content != want {
			t.Errorf("message %d says %q, not %q", m.ID, m.Content, want)
		}
	}
}

// checkDelivered wants every message of the history to have reached a listener: over the
// first session, by what it read on coming back, or over the second session; and each
// session to have been in order and without a hole. A session after a crash may begin
// with repetitions of what the first one had.
func checkDelivered(t *testing.T, who string, kept []message, first []int64, missed []message, second []int64) {
	t.Helper()
	place := map[int64]int{}
	for i, m := range kept {
		place[m.ID] = i
	}
	reached := map[int64]bool{}
	for _, m := range missed {
		reached[m.ID] = true
	}
	for name, session := range map[string][]int64{"first": first, "second": second} {
		if len(session) == 0 {
			t.Errorf("%s: nothing came over the %s session", who, name)
		}
		for i, id := range session {
			reached[id] = true
			if at, known := place[id]; !known {
				t.Errorf("%s: %d came over the %s session and is not in the history", who, id, name)
			} else if i > 0 && at != place[session[i-1]]+1 {
				t.Errorf("%s: the %s session brought %d after %d", who, name, id, session[i-1])
			}
		}
	}
	for _, m := range kept {
		if !reached[m.ID] {
			t.Errorf("%s never learned of message %d", who, m.ID)
		}
	}
}

// writers post all messages from several goroutines. What gets no answer is posted
// again, under the same client_message_id, until it does.
type writers struct {
	group    sync.WaitGroup
	next     atomic.Int64
	answered atomic.Int64
	refused  atomic.Int64 // for the moment

	mu    sync.Mutex
	ids   map[string]int64
	wrong error // an answer that is neither 200 nor 201
}

func startWriters(p *process, conversation int64) *writers {
	w := &writers{ids: map[string]int64{}}
	client := &http.Client{Timeout: patience}
	for range killWriters {
		w.group.Go(func() {
			for {
				n := w.next.Add(1)
				if n > killMessages || !w.post(client, p.origin, conversation, fmt.Sprintf("m-%d", n)) {
					return
				}
			}
		})
	}
	return w
}

// post returns false when there is no use in going on.
func (w *writers) post(client *http.Client, origin string, conversation int64, clientID string) bool {
	return w.postAs(client, origin, conversation, "v81f0", clientID)
}

func (w *writers) postAs(client *http.Client, origin string, conversation int64, visitor, clientID string) bool {
	form := url.Values{"sender[type]": {"visitor"}, "sender[id]": {visitor}, "content": {"text of " + clientID}, "client_message_id": {clientID}}
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); {
		status, body, err := postForm(client, fmt.Sprintf("%s/chat/conversation/%d", origin, conversation), form)
		if err != nil {
			time.Sleep(20 * time.Millisecond) // nobody there, or gone before the answer
			continue
		}
		if status == http.StatusServiceUnavailable && strings.Contains(string(body), `"unavailable"`) {
			w.refused.Add(1)
			time.Sleep(50 * time.Millisecond) // sooner than it was told to
			continue
		}
		var answer struct{ Message message }
		if err = json.Unmarshal(body, &answer); status != http.StatusCreated && status != http.StatusOK || err != nil {
			w.fail(fmt.Errorf("%s: %d %s", clientID, status, body))
			return false
		}
		w.mu.Lock()
		w.ids[clientID] = answer.Message.ID
		w.mu.Unlock()
		w.answered.Add(1)
		return true
	}
	w.fail(fmt.Errorf("%s was never answered", clientID))
	return false
}

func (w *writers) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = cmp.Or(w.wrong, err)
}

func (w *writers) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrong
}

func (w *writers) failed() bool { return w.failure() != nil }

// wait returns the answered ids by client_message_id.
func (w *writers) wait(t *testing.T) map[string]int64 {
	t.Helper()
	w.group.Wait()
	if err := w.failure(); err != nil {
		t.Fatal("posting failed: ", err)
	}
	return w.ids
}

type message struct {
	ID              int64
	Content         string
	ClientMessageID string `json:"client_message_id"`
}

type conversation struct {
	ID        int64
	ManagerID int64 `json:"manager_id"`
}

func postForm(client *http.Client, address string, form url.Values) (status int, body []byte, err error) {
	response, err := client.Post(address, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

func openChat(t *testing.T, p *process, visitor string) conversation {
	t.Helper()
	form := url.Values{"sender[type]": {"visitor"}, "sender[id]": {visitor}}
	status, body, err := postForm(http.DefaultClient, p.origin+"/chat/service/"+visitor, form)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Conversation conversation }
	if err := json.Unmarshal(body, &answer); status != http.StatusCreated || err != nil {
		t.Fatalf("opening: %d %s", status, body)
	}
	return answer.Conversation
}

// history reads all there is, oldest first, page by page as a client that was away does.
func history(t *testing.T, p *process, conversation int64) (all []message) {
	t.Helper()
	for last := int64(0); ; {
		form := url.Values{"sender[type]": {"visitor"}, "sender[id]": {"v81f0"}, "direction": {"after"},
			"since_id": {strconv.FormatInt(last, 10)}, "count": {strconv.Itoa(math.MaxInt16)}}
		status, body, err := postForm(http.DefaultClient, fmt.Sprintf("%s/chat/conversation/%d/messages", p.origin, conversation), form)
		var page []message
		if err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("history: %v, %d %s", err, status, body)
		}
		if len(page) == 0 {
			return all
		}
		all = slices.Concat(all, page)
		last = page[len(page)-1].ID
	}
}
