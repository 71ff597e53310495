package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/bayeux/bayeuxtest"
	"parley/chat"
	"parley/chat/chattest"
	"parley/config"
	"parley/models"
)

// ear is somebody who listens on a socket and notes which messages she was told of.
type ear struct {
	*bayeuxtest.Client
	heard []string
}

func (w *realm) ear(token, channel string) *ear {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := bayeuxtest.Dial(ctx, w.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: map[string]string{"token": token}})
	w.must(err)
	w.t.Cleanup(c.Drop)
	w.must(c.Subscribe(ctx, channel))
	return &ear{Client: c}
}

// hear takes what has come until now: an answer on the same socket comes after it.
func (w *realm) hear(e *ear) []string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w.must(e.Unsubscribe(ctx, "/nothing"))
	for {
		select {
		case event := <-e.Messages():
			var told struct{ Message struct{ Content string } }
			w.must(json.Unmarshal(event.Data, &told))
			e.heard = append(e.heard, told.Message.Content)
		default:
			return e.heard
		}
	}
}

// TestLiveRightsEnd: what listens with a token ends when the token does, when what signed it is deleted, when its
// visitor logs out, and when the conversation changes hands; nobody says anything to the one who listens. Others go on
// listening.
func TestLiveRightsEnd(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := newRealm(t, database(t), config.VisitorsSigned)
			w.here.refresh(right{call: "conversation"})
			id, visitor := w.here.conversation, w.here.things["visitor_id"]
			channel := fmt.Sprint("/conversations/", id)
			desk, service := chat.NewAdmin(w.store), w.server.service
			secret := func() models.SiteSecret {
				s, err := desk.CreateSiteSecret(t.Context(), w.here.org.ID, "site")
				w.must(err)
				return s
			}
			lasting, doomed := secret(), secret()
			manager := func(m models.Manager) string { return w.minted(w.keys.Manager(m, time.Hour)) }
			backend := chat.Principal{Party: chat.Backend, OrganizationID: w.here.org.ID, Scopes: models.AllScopes}
			key, _, err := desk.CreateAPIKey(t.Context(), w.here.org.ID, "shop")
			w.must(err)
			backend.KeyID = key.ID
			given, err := service.Token(t.Context(), backend, "", chat.TokenRequest{VisitorID: visitor})
			w.must(err)

			stays := w.ear(w.signedBy(lasting, visitor, time.Hour), channel)
			said := 0
			// gone says something until one has not heard what another has.
			gone := func(who string, e *ear) {
				t.Helper()
				for end := time.Now().Add(patience); time.Now().Before(end); {
					said++
					text := fmt.Sprint("message ", said)
					_, _, err := service.Post(t.Context(), chat.Principal{Party: chat.Visitor, VisitorID: visitor, OrganizationID: w.here.org.ID}, chat.PostRequest{ConversationID: id, Content: text})
					w.must(err)
					for !slices.Contains(w.hear(stays), text) {
						time.Sleep(time.Millisecond)
						if time.Now().After(end) {
							t.Fatalf("%s: nobody hears anything", who)
						}
					}
					if !slices.Contains(w.hear(e), text) {
						return
					}
				}
				t.Fatalf("%s goes on listening", who)
			}

			gone("a token that ran out", w.ear(w.signedBy(lasting, visitor, 2*time.Second), channel))

			e := w.ear(w.signedBy(doomed, visitor, time.Hour), channel)
			w.must(desk.DeleteSiteSecret(t.Context(), doomed.ID))
			gone("a deleted secret", e)

			e = w.ear(given.Token, channel)
			w.must(desk.DeleteAPIKey(t.Context(), key.ID))
			gone("a deleted key", e)

			e = w.ear(manager(w.here.counterpart), channel)
			_, err = service.TakeOver(t.Context(), chat.ManagerPrincipal(w.here.supervisor), chat.Sender{}, id)
			w.must(err)
			gone("the former counterpart", e)

			// Who logs out ends her own, whatever signed them: nobody is left to hear.
			e = stays
			stays = w.ear(manager(w.here.supervisor), channel)
			p := chat.Principal{Party: chat.Visitor, VisitorID: visitor, OrganizationID: w.here.org.ID}
			logoutToken := w.signedBy(lasting, visitor, time.Hour)
			w.must(service.LogoutVisitor(t.Context(), p, logoutToken, chat.LogoutRequest{}))
			_, err = service.Reopen(t.Context(), chat.ManagerPrincipal(w.here.supervisor), chat.Sender{}, id)
			w.must(err)
			_, _, err = service.Post(t.Context(), chat.ManagerPrincipal(w.here.supervisor), chat.PostRequest{ConversationID: id, Content: "anybody there?"})
			w.must(err)
			for end := time.Now().Add(patience); !slices.Contains(w.hear(stays), "anybody there?"); time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the supervisor hears nothing")
				}
			}
			if slices.Contains(w.hear(e), "anybody there?") {
				t.Error("who logged out goes on listening")
			}
		})
	}
}

func (w *realm) signedBy(s models.SiteSecret, visitorID string, ttl time.Duration) string {
	w.t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": visitorID, "iat": time.Now().Unix(), "exp": time.Now().Add(ttl).Unix()})
	token.Header["kid"] = s.KeyID()
	text, err := token.SignedString([]byte(s.Secret))
	w.must(err)
	return text
}
