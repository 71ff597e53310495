package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/models"
)

func lasting(d time.Duration) chat.ClientChanges { return chat.ClientChanges{ExpiresIn: chat.To(d)} }

// TestUserClients: who has a client is there, is on duty, and that is told.
func TestUserClients(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		presence := fmt.Sprint("user changed ", w.Anna.ID, " [is_present is_online]")
		wantTold := func(want ...string) {
			t.Helper()
			if got := w.told(models.EventUser); !slices.Equal(got, want) {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		w.told()
		_, _, err := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1"})
		wantCode(t, err, "chat_offline_message")
		client, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, lasting(2*time.Hour))
		if err != nil || client.ExpiresInMS != 7_200_000 || client.ExpiresAt != client.CreatedAt.Add(2*time.Hour) || !client.Live || client.Properties != "{}" {
			t.Fatalf("%+v, %v", client, err)
		}
		wantTold(presence)
		if c := w.open(stranger, "v1"); *c.ManagerID != w.Anna.ID {
			t.Errorf("%+v", c)
		}
		properties := json.RawMessage(`{"app":"bot"}`)
		again, revived, err := w.service.RefreshClient(ctx, as(w.Anna), w.Anna.ID, client.UUID, chat.ClientChanges{Properties: chat.To(properties)})
		if err != nil || revived || again.ExpiresInMS != client.ExpiresInMS || again.Properties != string(properties) {
			t.Errorf("%+v, %v, %v", again, revived, err)
		}
		if got, err := w.service.Client(ctx, as(w.Anna), w.Anna.ID, client.UUID); got != again || err != nil {
			t.Errorf("%+v, %v; want %+v", got, err, again)
		}
		second, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, chat.ClientChanges{})
		if err != nil || second.ExpiresInMS != 60_000 {
			t.Errorf("%+v, %v", second, err)
		}
		if err := w.service.EndClient(ctx, as(w.Anna), w.Anna.ID, second.UUID); err != nil {
			t.Error(err)
		}
		wantTold()
		w.onDuty(w.Anna)
		if err := w.service.EndClient(ctx, as(w.Anna), w.Anna.ID, client.UUID); err != nil {
			t.Error(err)
		}
		wantTold() // she listens
		w.presence.Unsubscribed(ctx, "session-Anna", as(w.Anna), "/service/*")
		wantTold(presence)
		if list, err := w.service.Clients(ctx, as(w.Anna), w.Anna.ID); len(list) != 0 || err != nil {
			t.Errorf("%+v, %v", list, err)
		}

		enable := func(enabled bool, want ...string) {
			t.Helper()
			if err := w.service.EnableOnline(ctx, as(w.Anna), w.Anna.ID, enabled); err != nil {
				t.Fatal(err)
			}
			wantTold(want...)
		}
		wants := fmt.Sprint("user changed ", w.Anna.ID, " [is_online_enabled is_online]")
		enable(true)
		enable(false, wants)
		enable(false)
		if _, err := w.service.AddClient(ctx, w.backend(w.Org), w.Anna.ID, lasting(time.Hour)); err != nil {
			t.Fatal(err)
		}
		wantTold(presence)
		if a, err := w.service.Availability(ctx, w.Org.SiteKey); a.Online || err != nil {
			t.Errorf("who does not want to serve: %+v, %v", a, err)
		}
		enable(true, wants)
		if a, err := w.service.Availability(ctx, w.Org.SiteKey); !a.Online || err != nil {
			t.Errorf("who serves: %+v, %v", a, err)
		}
	})
}

func TestUserClientsRefused(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		client, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, chat.ClientChanges{})
		if err != nil {
			t.Fatal(err)
		}
		properties := func(text string) chat.ClientChanges {
			return chat.ClientChanges{Properties: chat.To(json.RawMessage(text))}
		}
		for name, row := range map[string]struct {
			changes chat.ClientChanges
			code    string
		}{
			"no time":       {lasting(0), "presence_expires_in_invalid"},
			"too long":      {lasting(24*time.Hour + time.Second), "presence_expires_in_invalid"},
			"no object":     {properties(`[1]`), "properties_invalid"},
			"nothing":       {properties(`null`), "properties_invalid"},
			"too much":      {properties(`{"a":"` + strings.Repeat("x", 8<<10) + `"}`), "properties_invalid"},
			"no characters": {properties("{\"a\":\"\xff\"}"), "properties_invalid"},
		} {
			_, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, row.changes)
			t.Run(name, func(t *testing.T) { wantCode(t, err, row.code) })
			_, _, err = w.service.RefreshClient(ctx, as(w.Anna), w.Anna.ID, client.UUID, row.changes)
			t.Run(name, func(t *testing.T) { wantCode(t, err, row.code) })
		}
		_, err = w.service.AddClient(ctx, as(w.boris), w.Anna.ID, chat.ClientChanges{})
		wantCode(t, err, "forbidden")
		_, _, err = w.service.RefreshClient(ctx, as(w.boris), w.boris.ID, client.UUID, chat.ClientChanges{})
		wantCode(t, err, "client_not_found")
		wantCode(t, w.service.EndClient(ctx, as(w.boris), w.boris.ID, client.UUID), "client_not_found")
		_, err = w.service.Client(ctx, as(w.boris), w.boris.ID, client.UUID)
		wantCode(t, err, "client_not_found")
		for range 49 {
			if _, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, chat.ClientChanges{}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, chat.ClientChanges{})
		wantCode(t, err, "too_many_clients")
	})
}

// TestUserClientsExpire lets a client's time pass; a restart in between changes nothing.
func TestUserClientsExpire(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	synctest.Test(t, func(t *testing.T) {
		presence := fmt.Sprint("user changed ", w.Anna.ID, " [is_present is_online]")
		run := func(lasts time.Duration) {
			w.service = chat.New(w, w.gate, chat.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			running := make(chan error, 1)
			go func() { running <- w.service.Run(ctx) }()
			time.Sleep(lasts)
			cancel()
			if err := <-running; err != nil {
				t.Error(err)
			}
		}
		client, err := w.service.AddClient(ctx, as(w.Anna), w.Anna.ID, lasting(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		w.told()
		run(30 * time.Second)
		run(29 * time.Second)
		if got := w.told(models.EventUser); got != nil {
			t.Errorf("too early: %q", got)
		}
		run(10 * time.Second)
		if got := w.told(models.EventUser); !slices.Equal(got, []string{presence}) {
			t.Errorf("told %q", got)
		}
		if m, err := w.View(ctx).Manager(w.Anna.ID); err != nil || m.SeenAt == nil || *m.SeenAt != client.ExpiresAt {
			t.Errorf("%+v, %v", m, err)
		}
		again, revived, err := w.service.RefreshClient(ctx, as(w.Anna), w.Anna.ID, client.UUID, chat.ClientChanges{})
		if err != nil || !revived || !again.Live || again.ExpiresInMS != 60_000 {
			t.Errorf("%+v, %v, %v", again, revived, err)
		}
		if got := w.told(models.EventUser); !slices.Equal(got, []string{presence}) {
			t.Errorf("told %q", got)
		}
		time.Sleep(8 * 24 * time.Hour)
		run(2 * time.Minute)
		if list, err := w.service.Clients(ctx, as(w.Anna), w.Anna.ID); len(list) != 0 || err != nil {
			t.Errorf("remembered for ever: %+v, %v", list, err)
		}
	})
}

// TestEnableOnlineKey: a manager's key without the scope chat does not say whether she serves.
func TestEnableOnlineKey(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		for scope, want := range map[models.Scopes]string{models.ScopePeople: "scope_missing", models.ScopeChat: ""} {
			k, _, err := chat.NewAdmin(w).CreateManagerKey(ctx, w.Anna.ID, "bot", scope)
			if err != nil {
				t.Fatal(err)
			}
			bound := as(w.Anna)
			bound.KeyID, bound.Scopes = k.ID, k.Scopes
			err = w.service.EnableOnline(ctx, bound, w.Anna.ID, true)
			if want == "" && err != nil {
				t.Error(err)
			} else if want != "" {
				wantCode(t, err, want)
			}
		}
	})
}
