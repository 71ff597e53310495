package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

// TestVisitorsSeeNothingInternal goes through every door that a visitor has, with and without a token, after
// managers have said what is meant for managers. Whatever comes out is searched for it.
func TestVisitorsSeeNothingInternal(t *testing.T) {
	for name, c := range map[string]struct {
		rules chat.Rules
		who   chat.Principal
	}{
		"capability":        {chat.Rules{OpenChannels: []string{"/**"}}, stranger},
		"signed":            {chat.Rules{SignedVisitors: true, OpenChannels: []string{"/**"}}, visitor("v1")},
		"trusted managers":  {chat.Rules{TrustedManagers: true}, stranger},
		"token, capability": {chat.Rules{}, visitor("v1")},
	} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, c.rules, func(t *testing.T, w *world) { visitorsDoors(t, w, c.who) })
		})
	}
}

// internal are the words that no visitor may see.
var internal = []string{"sec-note", "sec-tag", "sec-transfer", "sec-preview", "sec-former", "sec-canned", `"tags"`, `"note"`, `"transition"`, `"staff"`, `"preview"`}

func visitorsDoors(t *testing.T, w *world, who chat.Principal) {
	e := &ear{}
	w.service = chat.New(w, w.gate, chat.Config{Broadcaster: e})
	w.onDuty(w.Anna, w.boris)
	var out []string // what the visitor got, each with its door
	keep := func(door string, got any, err error) {
		t.Helper()
		raw, _ := json.Marshal(got)
		out = append(out, fmt.Sprint(door, ": ", string(raw), " ", err))
	}
	opened, _, err := w.service.Open(ctx, who, chat.OpenRequest{VisitorID: "v1"})
	keep("open", opened, err)
	id := opened.Conversation.ID
	mine, _, err := w.service.Post(ctx, who, chat.PostRequest{ConversationID: id, Content: "sec-former"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Edit(ctx, who, w.change(id, mine.Message.ID, "now")); err != nil {
		t.Fatal(err)
	}
	// What was said at first was public then: only its copies are looked for.
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	last := pending[len(pending)-1].ID
	counterpart := as(w.Anna)
	if *opened.Conversation.ManagerID == w.boris.ID {
		counterpart = as(w.boris)
	}
	other := w.Anna.ID + w.boris.ID - counterpart.ManagerID
	for _, err := range []error{
		second(w.service.AddNote(ctx, counterpart, chat.Sender{}, id, "sec-note")),
		second(w.service.Tag(ctx, counterpart, chat.Sender{}, id, []string{"sec-tag"}, nil)),
		w.service.Typing(ctx, who, chat.TypingRequest{ConversationID: id, Typing: true, Preview: "sec-preview"}),
		second(w.service.Transfer(ctx, counterpart, chat.Sender{}, id, chat.TransferRequest{ManagerID: other, Note: "sec-transfer"})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	content, shortcut := "sec-canned", "x"
	if _, err := w.service.CreateCannedReply(ctx, counterpart, chat.Sender{}, chat.CannedRequest{Shortcut: &shortcut, Content: &content}); err != nil {
		t.Fatal(err)
	}

	page, err := w.service.History(ctx, who, chat.HistoryRequest{ConversationID: id, Count: 100})
	keep("history", chat.Views(page.Messages), err)
	again, _, err := w.service.Open(ctx, who, chat.OpenRequest{VisitorID: "v1"})
	keep("open again", again, err)
	read, err := w.service.ReadUpTo(ctx, who, chat.Sender{}, id, mine.Message.ID)
	keep("read", read, err)
	marked, err := w.service.MarkRead(ctx, who, chat.Sender{}, id, mine.Message.ID)
	keep("mark_read", marked, err)
	versions, err := w.service.Versions(ctx, who, chat.Sender{}, id, mine.Message.ID)
	keep("versions", versions, err)
	notes, _, err := w.service.Notes(ctx, who, chat.Sender{}, id, 0)
	keep("notes", notes, err)
	tags, err := w.service.TagsOf(ctx, who, chat.Sender{}, id)
	keep("tags of", tags.Tags, err)
	all, _, err := w.service.Tags(ctx, who, chat.Sender{}, "", "")
	keep("tags all", all, err)
	canned, err := w.service.CannedReplies(ctx, who, chat.Sender{})
	keep("canned", canned, err)
	steps, err := w.service.Transitions(ctx, who, chat.Sender{}, id)
	keep("steps", steps, err)
	inbox, _, err := w.service.Inbox(ctx, who, chat.InboxQuery{Status: models.StatusOpen, Limit: 10})
	keep("inbox", inbox, err)
	queue, err := w.service.Queue(ctx, who)
	keep("queue", queue, err)
	deleted, err := w.service.Delete(ctx, who, w.change(id, mine.Message.ID, ""))
	keep("delete", deleted, err)
	closed, err := w.service.Close(ctx, who, chat.Sender{}, id)
	keep("close", closed, err)
	rated, err := w.service.Rate(ctx, who, chat.Sender{}, id, 5, "")
	keep("rate", rated, err)
	out = append(out, listening(t, w, who, e, id, last)...)

	for _, line := range out {
		for _, word := range internal {
			if strings.Contains(line, word) {
				t.Errorf("a visitor sees %s in %s", word, line)
			}
		}
	}
	if len(out) < 25 {
		t.Errorf("only %d answers and publications were looked at", len(out))
	}
}

func second[T any](_ T, err error) error { return err }

// listening is what the visitor hears on everything she may subscribe to, live and replayed.
func listening(t *testing.T, w *world, who chat.Principal, e *ear, id, after int64) (heard []string) {
	t.Helper()
	conversation, staff := fmt.Sprint("/conversations/", id), fmt.Sprint("/staff/", id)
	published := &channelLog{}
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	pending = slices.DeleteFunc(pending, func(ev models.Event) bool { return ev.ID <= after })
	if err := chat.NewFayeFeed(published).Deliver(ctx, pending); err != nil {
		t.Fatal(err)
	}
	for _, line := range e.take() {
		parts := strings.SplitN(line, " ", 3)
		published.lines = append(published.lines, line)
		published.channels, published.scopes = append(published.channels, parts[0]), append(published.scopes, parts[1])
	}
	if !slices.Contains(published.channels, staff) || !slices.Contains(published.channels, conversation) {
		t.Fatalf("published on %v", published.channels)
	}
	var callers []any
	if who == stranger {
		callers = []any{nil, visitor("v1")}
	} else {
		callers = []any{who}
	}
	for _, caller := range callers {
		for _, pattern := range []string{
			staff, "/staff/*", "/staff/**", conversation, conversation + "/*", conversation + "/**", "/conversations/*", "/conversations/**",
			"/service/v1", "/service/*", "/service/**", "/notifications/v1", "/notifications/*", "/*", "/**",
			fmt.Sprint("/availability/", w.Org.ID), "/availability/*",
		} {
			scope, ok, err := w.gate.Subscribe(ctx, caller, pattern)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(pattern, "/staff") && ok {
				t.Errorf("%v may listen on %s", caller, pattern)
			}
			if !ok {
				continue
			}
			for i, channel := range published.channels {
				if (scope == "" || scope == published.scopes[i]) && matches(pattern, channel) {
					heard = append(heard, fmt.Sprint("on ", pattern, ": ", published.lines[i]))
				}
			}
			err = chat.NewLog(w).Replay(ctx, pattern, scope, after, 1000, func(_ int64, data []byte) {
				heard = append(heard, fmt.Sprint("replayed on ", pattern, ": ", string(data)))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return heard
}

// matches tells whether a Bayeux pattern covers a channel.
func matches(pattern, channel string) bool {
	if base, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(channel, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, ok := strings.CutPrefix(channel, base+"/")
		return ok && !strings.Contains(rest, "/")
	}
	return pattern == channel
}

// channelLog is an engine that keeps what is published.
type channelLog struct{ lines, channels, scopes []string }

func (l *channelLog) PublishStored(_ context.Context, _ int64, channel, scope string, data []byte) error {
	l.lines = append(l.lines, string(data))
	l.channels, l.scopes = append(l.channels, channel), append(l.scopes, scope)
	return nil
}

func (*channelLog) Review(context.Context, string) {}

func (*channelLog) Revoke(context.Context, func(any, string) bool) {}

func (*channelLog) ReviewOf(context.Context, func(any) bool) {}
