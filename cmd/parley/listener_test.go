package main

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
)

// listener is a Bayeux session with one subscription that notes the messages it is told of.
type listener struct {
	t      *testing.T
	client *bayeuxtest.Client
	done   chan struct{}

	mu   sync.Mutex
	ids  []int64
	more chan struct{} // closed and replaced when ids grow
}

// listen shakes hands, with a token unless it is empty, and subscribes.
func listen(t *testing.T, p *process, transport, token, channel string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	options := bayeuxtest.Options{Transport: transport}
	if token != "" {
		options.Ext = map[string]string{"token": token}
	}
	client, err := bayeuxtest.Dial(ctx, p.origin+"/faye", options)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, client: client, done: make(chan struct{}), more: make(chan struct{})}
	t.Cleanup(func() { l.end() })
	if err := client.Subscribe(ctx, channel); err != nil {
		t.Fatalf("subscribing to %s: %v", channel, err)
	}
	go l.read()
	return l
}

// read ends with the session, after everything that the session brought.
func (l *listener) read() {
	defer close(l.done)
	for {
		event, err := l.client.Next(context.Background())
		if err != nil {
			break
		}
		l.note(event)
	}
	for {
		select {
		case event := <-l.client.Messages():
			l.note(event)
		default:
			return
		}
	}
}

func (l *listener) note(event bayeuxtest.Event) {
	var told struct {
		Entity, Event string
		Message       message
	}
	if err := json.Unmarshal(event.Data, &told); err != nil {
		l.t.Errorf("%s brought %s: %v", event.Channel, event.Data, err)
	}
	if told.Entity != "message" || told.Event != "created" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = append(l.ids, told.Message.ID)
	close(l.more)
	l.more = make(chan struct{})
}

// await waits until the listener was told of a message.
func (l *listener) await(id int64) {
	l.t.Helper()
	for timeout := time.After(patience); ; {
		l.mu.Lock()
		there, more := slices.Contains(l.ids, id), l.more
		l.mu.Unlock()
		if there {
			return
		}
		select {
		case <-more:
		case <-l.done:
			l.t.Fatalf("the session ended before message %d: %v", id, l.client.Err())
		case <-timeout:
			l.t.Fatalf("message %d did not come within %s", id, patience)
		}
	}
}

// end drops the session and returns what it was told, in order. It may be called again.
func (l *listener) end() []int64 {
	l.client.Drop()
	<-l.done
	return l.ids
}
