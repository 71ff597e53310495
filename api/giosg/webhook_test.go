package giosg_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/api/giosg"
	"parley/chat"
	"parley/chat/webhook"
	"parley/models"
)

// hooks is a webhook in giosg's format, of Bob's, and what sends to it.
type hooks struct {
	*house
	feed     *webhook.Feed
	requests chan received
}

// received is what came to the webhook's address.
type received struct {
	query  string
	text   string
	body   map[string]any
	answer chan int
}

// hook makes a webhook, and runs what sends to it until the test ends.
func (h *house) hook(channels ...string) *hooks {
	h.t.Helper()
	h.events(func([]models.Event) error { return nil })
	k := &hooks{house: h, requests: make(chan received)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got := received{query: r.URL.RawQuery, text: string(text), answer: make(chan int)}
		if err := json.Unmarshal(text, &got.body); err != nil {
			h.t.Error(err)
		}
		select {
		case k.requests <- got:
			w.WriteHeader(<-got.answer)
		case <-r.Context().Done():
		}
	}))
	h.t.Cleanup(server.Close)
	_, _, err := chat.NewAdmin(h).Webhooks(h.Org.ID).Create(ctx, chat.WebhookChanges{
		URL: chat.To(server.URL + "/?secret=sesame"), Format: chat.To(models.FormatGiosg),
		GiosgChanges: chat.GiosgChanges{ManagerID: chat.To(h.bob.ID), Channels: chat.To(channels)},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	teller := giosg.NewTeller(h)
	teller.Use(h.service)
	settings := webhook.Config{
		AllowPrivate: true, Giosg: giosg.NewWebhooks(teller, h.keys), Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	sender := webhook.NewSender(h, settings)
	k.feed = webhook.NewFeed(h, settings, sender.Wake)
	run(h.t, sender.Run)
	return k
}

// happened queues what happened.
func (k *hooks) happened() {
	k.t.Helper()
	k.events(func(events []models.Event) error { return k.feed.Deliver(ctx, events) })
}

// next takes a request, and answers it.
func (k *hooks) next(status int) received {
	k.t.Helper()
	select {
	case got := <-k.requests:
		got.answer <- status
		return got
	case <-time.After(20 * time.Second):
		k.t.Fatal("nothing was sent")
		return received{}
	}
}

func TestWebhooksInGiosgsShape(t *testing.T) {
	eachDatabase(t, options{}, func(t *testing.T, h *house) {
		k := h.hook("/api/v5/orgs/{organization_id}/rooms", "/api/v5/users/{user_id}/rooms/*")
		room, err := h.service.CreateRoom(ctx, chat.ManagerPrincipal(h.ann), chat.RoomChanges{Name: chat.To("Cellar")})
		if err != nil {
			t.Fatal(err)
		}
		k.happened()
		got := k.next(http.StatusNoContent)
		if got.query != "secret=sesame" || got.body["channel"] != h.org("/rooms") || got.body["action"] != "added" || got.body["resource_id"] != room.UUID {
			t.Errorf("%+v", got)
		}
		if resource := got.body["resource"].(map[string]any); resource["name"] != "Cellar" {
			t.Errorf("%v", resource)
		}
		auth := got.body["app_user_auth"].(map[string]any)
		if auth["token_type"] != "Bearer" || auth["expires_in"] != 300.0 || auth["user_id"] != h.bob.UUID || auth["organization_id"] != h.Org.UUID {
			t.Errorf("%v", auth)
		}
		token := auth["access_token"].(string)
		if a := h.do("Bearer "+token, http.MethodGet, "/api/v5/users/me", ""); a.StatusCode != http.StatusOK || a.body["id"] != h.bob.UUID {
			t.Errorf("calling back: %s", a.raw)
		}
		own := k.next(http.StatusNoContent)
		if own.body["channel"] != h.user(h.bob, "/rooms/"+room.UUID) {
			t.Errorf("%v", own.body["channel"])
		}
		if err := h.service.DeleteRoom(ctx, chat.ManagerPrincipal(h.ann), room.UUID); err != nil {
			t.Fatal(err)
		}
		k.happened()
		gone := k.next(http.StatusNoContent)
		if resource, is := gone.body["resource"].(map[string]any); gone.body["action"] != "removed" || !is || len(resource) != 0 {
			t.Errorf("%v", gone.text)
		}
		k.next(http.StatusNoContent)
		for _, d := range h.deliveries() {
			if strings.Contains(string(d.Data), token) || strings.Contains(string(d.Data), "app_user_auth") {
				t.Errorf("a token is kept: %s", d.Data)
			}
		}
		if log := h.log.String(); strings.Contains(log, token) || strings.Contains(log, "sesame") {
			t.Error("the log knows secrets")
		}
	})
}

func TestGiosgWebhooksWithoutTheirManager(t *testing.T) {
	h := newHouse(t, sqlite(t), options{})
	k := h.hook("/api/v5/orgs/{organization_id}/rooms")
	if err := h.people.DeleteManager(ctx, h.bob.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.CreateRoom(ctx, chat.ManagerPrincipal(h.ann), chat.RoomChanges{Name: chat.To("Cellar")}); err != nil {
		t.Fatal(err)
	}
	k.happened()
	if list := h.deliveries(); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// deliveries are all of the first webhook's, the latest first.
func (h *house) deliveries() (views []chat.DeliveryView) {
	h.t.Helper()
	all := chat.NewAdmin(h).Webhooks(h.Org.ID)
	hooks, err := all.List(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	list, _, err := all.Deliveries(ctx, hooks[0].ID, chat.DeliveriesRequest{Limit: 200})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range list {
		view, err := all.Delivery(ctx, hooks[0].ID, d.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		views = append(views, view)
	}
	return views
}
