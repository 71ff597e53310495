package webhook

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/models"
)

// TestSign: the example of the Standard Webhooks specification.
func TestSign(t *testing.T) {
	got := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := sign("whsec_not base64", "a", 1, nil); !strings.HasPrefix(got, "v1,") || len(got) != 47 {
		t.Errorf("%s", got)
	}
}

// TestRotation: for a while requests carry two signatures.
func TestRotation(t *testing.T) {
	net := &endpoint{}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sqlite(t), Config{transport: net, poll: longPoll})
		h := w.hook(address, "message.created")
		_, stop := w.runs(w.cfg)
		defer stop()
		overlap := time.Hour
		rotated, fresh, err := w.hooks().Rotate(t.Context(), h.ID, &overlap)
		if err != nil || fresh == h.Secret || !strings.HasPrefix(fresh, "whsec_") || rotated.PreviousUntil == nil {
			t.Fatalf("%q, %v", fresh, err)
		}
		signed := func() (string, request) {
			t.Helper()
			w.happens(1, 1)
			time.Sleep(2 * longPoll)
			r := net.requests()[len(net.requests())-1]
			return r.header.Get("Webhook-Signature"), r
		}
		with := func(secret string, r request) string { return sign(secret, r.id, r.at.Unix(), []byte(r.body)) }
		if got, r := signed(); got != with(fresh, r)+" "+with(h.Secret, r) {
			t.Errorf("during the change: %s", got)
		}
		time.Sleep(time.Hour)
		if got, r := signed(); got != with(fresh, r) {
			t.Errorf("after it: %s", got)
		}
		for _, wrong := range []time.Duration{-1, 8 * 24 * time.Hour} {
			if _, _, err := w.hooks().Rotate(t.Context(), h.ID, &wrong); chat.KindOf(err) != chat.Invalid {
				t.Errorf("overlap of %v: %v", wrong, err)
			}
		}
		none := time.Duration(0)
		if rotated, _, err := w.hooks().Rotate(t.Context(), h.ID, &none); err != nil || rotated.PreviousUntil != nil || rotated.PreviousSecret != "" {
			t.Errorf("%+v, %v", rotated, err)
		}
	})
}

func TestSignaturesOfOne(t *testing.T) {
	until := models.Time(10)
	w := models.Webhook{Secret: "a", PreviousSecret: "b", PreviousUntil: &until}
	for at, want := range map[models.Time]int{9: 2, 10: 1, 11: 1} {
		if got := len(strings.Fields(signatures(w, "id", at, nil))); got != want {
			t.Errorf("at %d: %d signatures", at, got)
		}
	}
}
