package chat_test

import (
	"strconv"
	"testing"

	"parley/chat"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestOrigins(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		w.onDuty(w.Anna)
		token := w.sign(people.manager)
		_, key, err := chat.NewAdmin(w).CreateAPIKey(ctx, w.Org.ID, "shop")
		if err != nil {
			t.Fatal(err)
		}
		change := chat.OrganizationChanges{AllowedOrigins: chat.To([]string{"https://shop.example"})}
		if _, err := w.service.ChangeOrganization(ctx, as(people.admin), change); err != nil {
			t.Fatal(err)
		}
		id := w.open(stranger, "v1").ID // from a program
		for _, row := range []struct {
			origin string
			ok     bool
		}{{"https://shop.example", true}, {"https://SHOP.example", true}, {"", true}, {"https://evil.example", false}, {"http://shop.example", false}, {"null", false}} {
			ctx := chat.WithOrigin(ctx, row.origin)
			_, _, asManager := w.gate.Authenticate(ctx, token)
			_, _, asBackend := w.gate.Authenticate(ctx, key)
			_, _, opens := w.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: "v1", SiteKey: w.Org.SiteKey})
			_, _, posts := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: id, Content: "x"})
			_, reads := w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: id})
			_, site := w.service.Site(ctx, w.Org.SiteKey)
			for _, channel := range []string{"/service/v1", "/conversations/" + itoa(id), "/availability/" + itoa(w.Org.ID)} {
				if _, ok, err := w.gate.Subscribe(ctx, nil, channel); ok != row.ok || err != nil {
					t.Errorf("%q, %s: %v, %v", row.origin, channel, ok, err)
				}
			}
			for what, err := range map[string]error{"manager": asManager, "backend": asBackend, "open": opens, "post": posts, "history": reads, "site": site} {
				if row.ok && err != nil {
					t.Errorf("%q, %s: %v", row.origin, what, err)
				} else if !row.ok {
					wantCode(t, err, "origin_forbidden")
				}
			}
			if _, err := w.service.Site(ctx, "key-Kettles"); err != nil {
				t.Errorf("another organisation, from %q: %v", row.origin, err)
			}
		}
	})
}

func TestSite(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		site, err := w.service.Site(ctx, "")
		if want := (chat.Site{OrganizationID: w.Org.ID, Name: "Teapots"}); err != nil || site != want {
			t.Errorf("%+v, %v", site, err)
		}
		change := chat.OrganizationChanges{Greeting: chat.To(" Good day \n"), OfflineMessage: chat.To("Back at nine")}
		if _, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, change); err != nil {
			t.Fatal(err)
		}
		if site, err = w.service.Site(ctx, w.Org.SiteKey); err != nil || site.Greeting != "Good day" || site.OfflineMessage != "Back at nine" {
			t.Errorf("%+v, %v", site, err)
		}
		_, err = w.service.Site(ctx, "nobody's")
		wantCode(t, err, "organization_not_found")
		_, err = w.service.Site(ctx, "\x00")
		wantCode(t, err, "app_key_invalid")
		w.Organization("Kettles")
		_, err = w.service.Site(ctx, "")
		wantCode(t, err, "app_key_missing")
	})
}
