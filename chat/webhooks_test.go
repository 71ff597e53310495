package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestWebhookURLs(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	hooks := chat.NewAdmin(w).Webhooks(w.Org.ID)
	for url, good := range map[string]bool{
		"https://shop.example/hook": true, "http://shop.example": true, "https://shop.example:8443/a?b=c": true, " https://shop.example ": true,
		"https://[2001:4860:4860::8888]/": true, "HTTPS://Shop.Example/": true, "http://2130706433/": true, // judged when it is dialled
		"": false, "shop.example": false, "//shop.example": false, "ftp://shop.example": false, "file:///etc/passwd": false, "gopher://x": false,
		"javascript:alert(1)": false, "https:shop.example": false, "https://": false, "https:///hook": false, "https://:443/": false,
		"https://anna:secret@shop.example": false, "https://anna@shop.example": false, "https://@shop.example": false,
		"https://shop.example/#part": false, "https://shop.example/#": false, "https://shop.example:": false, "https://shop.example:0": false,
		"https://shop.example:65536": false, "https://shop.example:http": false, "https://shop.example/a b": false,
		"https://shop.example/\r\nX-Evil: 1": false, "https://shop.example\r\nX: 1/": false, "https://shop.example/\x00": false,
		"https://höst.example/": false, `https://shop.example\@evil.example`: false, "https://shop.example/%zz": false,
		"https://shop.example/" + strings.Repeat("a", 2048): false,
	} {
		h, _, err := hooks.Create(ctx, chat.WebhookChanges{URL: chat.To(url)})
		if (err == nil) != good {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil {
			wantCode(t, err, "url_invalid")
		} else if err := hooks.Delete(ctx, h.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEventTypes lets things happen and looks what webhooks are told they were.
func TestEventTypes(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.boris)
		c := w.open(visitor("v1"), "v1")
		w.open(visitor("v1"), "v1") // announced once more
		m := w.post(visitor("v1"), c.ID, "hello")
		mine := w.post(as(w.boris), c.ID, "hi")
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.service.MarkRead(ctx, as(w.boris), chat.Sender{}, c.ID, m.ID))
		must(w.service.Notify(ctx, w.backend(w.Org), "v1", []byte(`{}`)))
		last := int64(1) << 40
		must(w.service.ReadNotifications(ctx, visitor("v1"), chat.Sender{}, "v1", &last, nil))
		must(w.service.Edit(ctx, as(w.boris), chat.ChangeRequest{ConversationID: c.ID, MessageID: mine.ID, Content: "hi!"}))
		must(w.service.Delete(ctx, as(w.boris), chat.ChangeRequest{ConversationID: c.ID, MessageID: mine.ID}))
		must(w.service.AddNote(ctx, as(w.boris), chat.Sender{}, c.ID, "tea"))
		must(w.service.Close(ctx, as(w.boris), chat.Sender{}, c.ID))
		must(w.service.Rate(ctx, visitor("v1"), chat.Sender{}, c.ID, 5, ""))
		hooks := chat.NewAdmin(w).Webhooks(w.Org.ID)
		h, _, err := hooks.Create(ctx, chat.WebhookChanges{URL: chat.To("https://shop.example")})
		must(nil, err)
		must(nil, w.Update(ctx, func(tx chat.Tx) error {
			h, err := tx.LockWebhook(h.ID)
			if err != nil {
				return err
			}
			return chat.DisableWebhook(ctx, tx, &h, models.WebhookGone)
		}))
		events, err := w.Pending(ctx, nil, 100)
		must(nil, err)
		var types []string
		for _, e := range events {
			if name := chat.TypeOf(e); name != "" && !strings.HasPrefix(name, "transition") {
				types = append(types, name)
				if !slices.Contains(chat.EventTypes(), name) {
					t.Errorf("nobody can ask for %s", name)
				}
			}
		}
		want := "conversation.created message.created message.created message.updated notification.created seen.updated message.updated message.deleted note.created " +
			"conversation.closed conversation.updated webhook.disabled"
		if got := strings.Join(types, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestWantedTypes(t *testing.T) {
	for _, row := range []struct {
		list []string
		of   string
		want bool
	}{
		{[]string{"all"}, "anything.new", true},
		{[]string{"message"}, "message.created", true},
		{[]string{"message"}, "messages.created", false},
		{[]string{"message.created"}, "message.created", true},
		{[]string{"message.created"}, "message.updated", false},
		{[]string{"note", "tags.updated"}, "tags.updated", true},
		{[]string{"note", "tags.updated"}, "note.deleted", true},
		{nil, "note.deleted", false},
	} {
		if got := models.NewEventTypes(row.list).Want(row.of); got != row.want {
			t.Errorf("%v, %s: %t", row.list, row.of, got)
		}
	}
}

// TestWebhookChannel: what becomes of webhooks is for admins and for keys with the scope, of their own organisation.
func TestWebhookChannel(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{OpenChannels: []string{"/**"}})
	own, foreign := fmt.Sprint("/webhooks/", w.Org.ID), fmt.Sprint("/webhooks/", w.Organization("Kettles").ID)
	admin, err := chat.NewAdmin(w).CreateManager(ctx, w.Org.ID, "Ada", "ada@example.com", "correct horse", "admin")
	if err != nil {
		t.Fatal(err)
	}
	key := w.backend(w.Org)
	for _, row := range []struct {
		who     chat.Principal
		channel string
		want    bool
	}{
		{as(admin), own, true}, {as(admin), foreign, false}, {as(admin), "/webhooks/*", true}, {as(admin), "/webhooks/**", false},
		{as(w.boris), own, false}, {stranger, own, false}, {visitor("v1"), own, false}, {key, own, true}, {key, foreign, false},
		{chat.Principal{Party: chat.Operator}, own, false},
	} {
		scope, ok, err := w.gate.Subscribe(ctx, row.who, row.channel)
		if err != nil || ok != row.want || ok && scope != fmt.Sprint(w.Org.ID) {
			t.Errorf("%v, %s: %q %t %v", row.who, row.channel, scope, ok, err)
		}
		if _, ok, err := w.gate.Publish(ctx, row.who, row.channel); ok || err != nil {
			t.Errorf("%v publishes on %s: %v", row.who, row.channel, err)
		}
	}
}

// TestReached: a recipient is there when she listens.
func TestReached(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		listens := map[string][]string{}
		reach := chat.NewReach(w, func(channel string) []string { return listens[channel] })
		w.onDuty(w.boris)
		c := w.open(visitor("v1"), "v1")
		hers, his := w.post(visitor("v1"), c.ID, "hello"), w.post(as(w.boris), c.ID, "hi")
		want := func(id int64, want bool) {
			t.Helper()
			m, err := w.View(ctx).Message(id)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := reach.Reached(ctx, m); got != want || err != nil {
				t.Errorf("%t, %v", got, err)
			}
		}
		want(hers.ID, true)
		want(his.ID, false)
		channel := fmt.Sprint("/conversations/", c.ID)
		listens[channel] = []string{"manager:1", "key:2"}
		want(his.ID, false)
		listens[channel] = []string{"manager:1", w.gate.Display(visitor("v1"))}
		want(his.ID, true)
		listens = map[string][]string{"/service/v1": {w.gate.Display(stranger)}}
		want(his.ID, true)
		w.presence.Unsubscribed(ctx, "session-Boris", as(w.boris), "/service/*")
		want(hers.ID, false)
	})
}
