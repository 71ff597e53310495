package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/bayeux/bayeuxtest"
	"parley/chat/chattest"
)

// signed is what the gem's browser part puts into ext.
func signed(secret, channel string) map[string]any {
	at := time.Now().UnixMilli()
	sum := sha1.Sum(fmt.Append([]byte(secret), channel, at))
	return map[string]any{"private_pub_signature": hex.EncodeToString(sum[:]), "private_pub_timestamp": at}
}

// TestPrivatePub: a Rails site with the gem private_pub signs what its pages subscribe to, and pushes with the
// secret; another secret ends both on open sockets.
func TestPrivatePub(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	d := runDemo(t, chattest.SQLite(t), t.TempDir(), "PARLEY_AUTH_VISITORS=signed")
	anna := d.admin()
	const secret = "5f2d1c0b9a8f7e6d5c4b3a291807f6e5d4c3b2a1"
	anna.call(anna.token, "PUT", "/chat/private_pub", `{"secret":"`+secret+`"}`, 200, "private_pub")

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	page, err := bayeuxtest.Dial(ctx, d.origin+"/faye", bayeuxtest.Options{Transport: bayeuxtest.WebSocket, Ext: signed(secret, "/service/v1")})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Drop()
	d.listen(page, "/service/v1")
	for _, channel := range []string{"/service/v2", "/service/*", "/**"} {
		if page.Subscribe(ctx, channel) == nil {
			t.Errorf("%s was opened, too", channel)
		}
	}
	push := func(token, data string) string {
		r, err := pushForms["form"](d.origin, `{"channel":"/service/v1","data":`+data+`,"ext":{"private_pub_token":"`+token+`"}}`)
		if err != nil {
			t.Fatal(err)
		}
		return anna.answer(r, 200)
	}
	if got := push(secret, `{"channel":"/service/v1","data":{"n":1}}`); !strings.Contains(got, `"successful":true`) {
		t.Error(got)
	}
	if got := d.next(page); got != `/service/v1 {"channel":"/service/v1","data":{"n":1}}` {
		t.Error(got)
	}
	if got := push("", `1`); !strings.Contains(got, "403:/service/v1") {
		t.Error(got)
	}
	made := anna.call(anna.token, "PUT", "/chat/private_pub", `{}`, 200, "private_pub")
	d.awaitMetric("parley_bayeux_revoked_total", 1)
	if got := push(secret, `2`); !strings.Contains(got, "403:/service/v1") {
		t.Error(got)
	}
	if got := push(made["secret"].(string), `3`); !strings.Contains(got, `"successful":true`) {
		t.Error(got)
	}
	if d.turn(page); len(page.Messages()) != 0 {
		t.Errorf("the page still hears %s", d.next(page))
	}
	if text := d.errors.String(); strings.Contains(text, secret) || strings.Contains(text, made["secret"].(string)) {
		t.Error("a secret is in the log")
	}
}
