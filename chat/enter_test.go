package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// counting counts what is asked of a store.
type counting struct {
	chat.Store
	updates, views atomic.Int64
}

func (c *counting) Update(ctx context.Context, fn func(chat.Tx) error) error {
	c.updates.Add(1)
	return c.Store.Update(ctx, fn)
}

func (c *counting) View(ctx context.Context) chat.Reader {
	c.views.Add(1)
	return c.Store.View(ctx)
}

// scout knows two things.
type scout struct{}

func (scout) Device(agent string) chat.Device { return chat.Device{Type: "desktop", Browser: agent} }

func (scout) Referrer(url string, own []string) chat.Referrer {
	if slices.ContainsFunc(own, func(host string) bool { return strings.Contains(url, host) }) {
		return chat.Referrer{Hostname: own[0], Medium: "internal"}
	}
	return chat.Referrer{Hostname: "elsewhere.example", Medium: "website"}
}

// atlas knows one address.
type atlas struct{}

func (atlas) Locate(addr netip.Addr) chat.Locality {
	if addr.String() == "192.0.2.1" {
		return chat.Locality{City: "Oslo", CountryCode: "NO", Country: "Norway", Organization: "Fjord"}
	}
	return chat.Locality{}
}

func (w *world) mainRoom() models.Room {
	w.t.Helper()
	room, err := w.View(ctx).MainRoom(w.Org.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return room
}

func (w *world) enter(r chat.EnterRequest) bool {
	w.t.Helper()
	_, isNew, err := w.service.EnterRoom(ctx, w.token(r.VisitorID), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return isNew
}

// token is a visitor with a token of the organisation.
func (w *world) token(id string) chat.Principal {
	return chat.Principal{Party: chat.Visitor, VisitorID: id, OrganizationID: w.Org.ID}
}

func (w *world) in(room models.Room, id string) models.RoomVisitor {
	w.t.Helper()
	v, err := w.View(ctx).RoomVisitor(room.ID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// comings returns what waits in the outbox about visitors in rooms, as "action visitor changed".
func (w *world) comings() (list []string) {
	w.t.Helper()
	pending, err := w.Pending(ctx, nil, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []int64
	for _, e := range pending {
		ids = append(ids, e.ID)
		if e.Kind != models.EventRoomVisitor {
			continue
		}
		said, err := chat.ChangedOf(e)
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, strings.TrimSpace(fmt.Sprint(e.Action, " ", e.VisitorID, " ", strings.Join(said.Attributes, ","))))
	}
	if err := w.Relayed(ctx, ids, 1); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) wantComings(want ...string) {
	w.t.Helper()
	if got := w.comings(); !slices.Equal(got, want) {
		w.t.Errorf("told %q, want %q", got, want)
	}
}

// lobbied runs a service's lobby in a bubble of time, over a store whose uses are counted.
func lobbied(t *testing.T, cfg chat.Config, test func(t *testing.T, w *world, uses *counting)) {
	url := sqlite(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, url, chat.Rules{})
		uses := &counting{Store: w.Fixture}
		cfg.Scout, cfg.Tokens = scout{}, w.keys
		w.service = chat.New(uses, chat.NewGate(uses, w.keys, chat.Rules{}), cfg)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := w.service.Lobby().Run(ctx); err != nil {
				t.Error(err)
			}
		})
		test(t, w, uses)
		cancel()
		group.Wait()
	})
}

func TestPresenceCostsNoWrites(t *testing.T) {
	lobbied(t, chat.Config{}, func(t *testing.T, w *world, uses *counting) {
		room := w.mainRoom()
		page := chat.EnterRequest{Room: room, VisitorID: "v1", Signals: chat.Signals{UserAgent: "Lynx", PageURL: "https://shop.example/"}}
		w.enter(page)
		beat := chat.EnterRequest{Room: room, VisitorID: "v1", Lasts: 10 * time.Second, Signals: chat.Signals{UserAgent: "Lynx"}}
		updates, views := uses.updates.Load(), uses.views.Load()
		for range 20 { // two seconds short of when it is noted that she is still there
			for range 2 {
				if _, err := w.service.Heard(ctx, w.token("v1"), beat); err != nil {
					t.Fatal(err)
				}
				w.service.Touch(room, "v1")
			}
			w.enter(page) // the same page once more
			pass(7 * time.Second)
		}
		if n := uses.updates.Load() - updates; n != 0 {
			t.Errorf("60 heartbeats were %d transactions", n)
		}
		if n := uses.views.Load() - views; n > 14+1 { // one each ten seconds, for those who may be forgotten
			t.Errorf("60 heartbeats were %d reads", n)
		}
		for range 60 {
			w.service.Touch(room, "v1")
			pass(7 * time.Second)
		}
		if n := uses.updates.Load() - updates; n != 1 && n != 2 { // seven minutes
			t.Errorf("it was noted %d times that she is still there", n)
		}
		if v := w.in(room, "v1"); !v.Online || time.Since(v.SeenAt.Time()) > 5*time.Minute {
			t.Errorf("%+v", v)
		}
		w.wantComings("added v1")
	})
}

func TestComingAndGoing(t *testing.T) {
	lobbied(t, chat.Config{}, func(t *testing.T, w *world, _ *counting) {
		room, other := w.mainRoom(), w.Room(w.Org, "help", 1, nil)
		began := models.At(time.Now())
		if !w.enter(chat.EnterRequest{Room: room, VisitorID: "v1"}) || w.enter(chat.EnterRequest{Room: room, VisitorID: "v1", Lasts: 5 * time.Second}) {
			t.Error("she is new once")
		}
		w.enter(chat.EnterRequest{Room: other, VisitorID: "v1"})
		w.wantComings("added v1", "added v1")
		pass(6 * time.Second) // the latest value wins
		v := w.in(room, "v1")
		if v.Online || *v.OnlineAt != began || !w.in(other, "v1").Online || w.service.IsPresent(room, "v1") || !w.service.IsPresent(other, "v1") {
			t.Errorf("%+v", v)
		}
		w.wantComings("removed v1")

		// Who listens is there.
		w.service.Lobby().Subscribed(ctx, "s", w.token("v1"), "/service/v1")
		pass(10 * time.Minute)
		w.wantComings()
		w.service.Lobby().Unsubscribed(ctx, "s", w.token("v1"), "/service/v1")
		pass(59 * time.Second)
		if !w.in(other, "v1").Online {
			t.Error("she has a minute")
		}
		pass(3 * time.Second)
		if w.in(other, "v1").Online {
			t.Error("she is still there")
		}
		w.wantComings("removed v1")

		if _, err := w.service.Heard(ctx, w.token("v1"), chat.EnterRequest{Room: room, VisitorID: "v1"}); err != nil {
			t.Fatal(err)
		}
		if err := w.service.LeaveRoom(ctx, w.token("v1"), room, "v1"); err != nil {
			t.Fatal(err)
		}
		if err := w.service.LeaveRoom(ctx, w.token("v1"), room, "v1"); err != nil {
			t.Error(err)
		}
		w.wantComings("added v1", "removed v1")
		_, err := w.service.Heard(ctx, w.token("v2"), chat.EnterRequest{Room: room, VisitorID: "v2"})
		wantCode(t, err, "visitor_not_found")
	})
}

func TestVisitsAreCounted(t *testing.T) {
	lobbied(t, chat.Config{}, func(t *testing.T, w *world, _ *counting) {
		room := w.mainRoom()
		visit := func(session string, after time.Duration, want int) {
			t.Helper()
			pass(after)
			w.enter(chat.EnterRequest{Room: room, VisitorID: "v1", Signals: chat.Signals{SessionID: session}})
			if v := w.in(room, "v1"); v.VisitCount != want || session != "" && *v.SessionID != session || v.SessionID == nil {
				t.Errorf("%+v, want %d", v, want)
			}
		}
		visit("", 0, 1)
		visit("", time.Second, 1)
		visit("", 20*time.Minute, 1) // a pause
		visit("", 40*time.Minute, 2)
		visit("a", time.Second, 3)
		visit("a", 3*time.Hour, 3) // the page counts
		visit("b", time.Second, 4)
		visit("", time.Second, 4)
	})
}

func TestWhatIsKnownOfVisitors(t *testing.T) {
	lobbied(t, chat.Config{Atlas: atlas{}}, func(t *testing.T, w *world, _ *counting) {
		domain := "shop.example"
		room := w.Room(w.Org, "shop", 1, func(r *models.Room) { r.Domain = &domain })
		r := chat.EnterRequest{Room: room, VisitorID: "v1", Lasts: time.Hour, Signals: chat.Signals{
			UserAgent: "Lynx\x00", AcceptLanguage: "nb", Address: netip.MustParseAddr("::ffff:192.0.2.1"), SessionID: "s1",
			ReferrerURL: "https://me:secret@elsewhere.example/?q=1", PageURL: "https://shop.example/a", PageTitle: "A\tB",
			ScreenWidth: 800, ScreenHeight: 600,
		}}
		w.enter(r)
		pass(time.Second)
		w.wantComings("added v1", "changed v1 ip_organization,geo_city,geo_country_code,geo_country")
		about := func() string { return w.in(room, "v1").About }
		want := `{"device_type":"desktop","browser_name":"Lynx","user_agent":"Lynx","browser_language":"nb",` +
			`"device_screen_width":800,"device_screen_height":600,"ip_address":"192.0.2.1","ip_organization":"Fjord","geo_city":"Oslo",` +
			`"geo_country_code":"NO","geo_country":"Norway","referrer_url":"https://elsewhere.example/?q=1",` +
			`"referrer_hostname":"elsewhere.example","referrer_medium":"website",` +
			`"original_referrer_url":"https://elsewhere.example/?q=1","original_referrer_url_hostname":"elsewhere.example",` +
			`"original_referrer_medium":"website","latest_page_url":"https://shop.example/a","latest_page_title":"A B"}`
		if got := about(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}

		r.ReferrerURL, r.PageURL, r.PageTitle, r.CanonicalURL = r.PageURL, "https://shop.example/b", "", "https://shop.example/B"
		w.enter(r)
		w.wantComings("changed v1 latest_page_url,latest_page_canonical_url,latest_page_title") // where she came from stays
		r.SessionID, r.Address = "s2", netip.MustParseAddr("2001:db8::1%eth0")
		w.enter(r)
		pass(time.Second)
		w.wantComings("changed v1 ip_address,ip_organization,geo_city,geo_country_code,geo_country," +
			"referrer_url,referrer_hostname,referrer_url_hostname,referrer_medium,session_id,visit_count")
		if got := about(); !strings.Contains(got, `"referrer_medium":"internal"`) || !strings.Contains(got, `"original_referrer_medium":"website"`) ||
			!strings.Contains(got, `"ip_address":"2001:db8::1"`) || strings.Contains(got, "Oslo") {
			t.Error(got)
		}
	})
}

func TestSignalsHaveBounds(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		room, long := w.mainRoom(), strings.Repeat("ä", 5000)
		w.enter(chat.EnterRequest{Room: room, VisitorID: "v1", Signals: chat.Signals{
			UserAgent: long, AcceptLanguage: long, PageURL: "https://shop.example/" + long, PageTitle: long, ReferrerURL: "javascript:alert(1)",
			OriginalReferrerURL: "http://x/\x00" + long, CanonicalURL: "::", ScreenWidth: 1e9, ScreenHeight: 7,
		}})
		v := w.in(room, "v1")
		if len(v.About) > 9000 || strings.Contains(v.About, "javascript") || strings.Contains(v.About, "screen") || strings.Contains(v.About, "�") {
			t.Errorf("%d bytes: %s", len(v.About), v.About)
		}
		for _, row := range []struct {
			change func(*chat.EnterRequest)
			want   string
		}{
			{func(r *chat.EnterRequest) { r.SessionID = strings.Repeat("s", 65) }, "session_id_invalid"},
			{func(r *chat.EnterRequest) { r.SessionID = "a\x00" }, "session_id_invalid"},
			{func(r *chat.EnterRequest) { r.Lasts = time.Hour + 1 }, "presence_invalid"},
			{func(r *chat.EnterRequest) { r.Lasts = -time.Second }, "presence_invalid"},
			{func(r *chat.EnterRequest) { r.Lasts = time.Millisecond }, "presence_invalid"},
		} {
			r := chat.EnterRequest{Room: room, VisitorID: "v2"}
			row.change(&r)
			_, _, err := w.service.EnterRoom(ctx, w.token("v2"), r)
			wantCode(t, err, row.want)
		}
		for i := range 21 {
			_, _, err := w.service.EnterRoom(ctx, w.token("v3"), chat.EnterRequest{Room: w.Room(w.Org, fmt.Sprint("r", i), 1, nil), VisitorID: "v3"})
			if i == 20 {
				wantCode(t, err, "too_many_rooms")
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWhoEnters(t *testing.T) {
	for _, signed := range []bool{false, true} {
		eachDatabase(t, chat.Rules{SignedVisitors: signed}, func(t *testing.T, w *world) {
			room, foreign := w.mainRoom(), w.Organization("Kettles")
			careless := chat.Principal{Party: chat.Visitor, VisitorID: "theirs"} // names no organisation
			if _, _, err := w.service.Open(ctx, w.backend(foreign), chat.OpenRequest{VisitorID: "theirs"}); err == nil {
				t.Fatal("nobody is on duty")
			}
			if _, err := w.service.Notify(ctx, w.backend(foreign), "theirs", []byte(`1`)); err != nil {
				t.Fatal(err)
			}
			for _, row := range []struct {
				p    chat.Principal
				id   string
				want string
			}{
				{stranger, "v1", "token_missing"},
				{w.token("v2"), "v1", "forbidden"},
				{as(w.Anna), "v1", "forbidden"},
				{w.backend(w.Org), "v1", "forbidden"},
				{chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: foreign.ID}, "v1", "room_not_found"},
				{careless, "theirs", "visitor_not_found"},
			} {
				_, _, err := w.service.EnterRoom(ctx, row.p, chat.EnterRequest{Room: room, VisitorID: row.id})
				wantCode(t, err, row.want)
				_, err = w.service.Heard(ctx, row.p, chat.EnterRequest{Room: room, VisitorID: row.id})
				wantCode(t, err, row.want)
				if row.want != "visitor_not_found" {
					wantCode(t, w.service.LeaveRoom(ctx, row.p, room, row.id), row.want)
				}
			}
			if w.service.IsPresent(room, "theirs") || w.service.IsPresent(room, "v1") {
				t.Error("who was turned away is there")
			}
			w.wantComings()
		})
	}
}

// TestStaysOutliveAProcess: who was online has a minute to be heard from again.
func TestStaysOutliveAProcess(t *testing.T) {
	url := sqlite(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, url, chat.Rules{})
		room := w.mainRoom()
		for _, id := range []string{"v1", "v2"} {
			w.enter(chat.EnterRequest{Room: room, VisitorID: id})
		}
		w.comings()
		w.service = chat.New(w.Fixture, w.gate, chat.Config{})
		if err := w.service.Lobby().Start(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Second)
		if _, err := w.service.Heard(ctx, w.token("v1"), chat.EnterRequest{Room: room, VisitorID: "v1"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if err := w.service.Lobby().Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		w.wantComings("removed v2")
		if !w.in(room, "v1").Online || w.in(room, "v2").Online {
			t.Error("the wrong one is there")
		}
	})
}

// TestSweepingWhileTheyCome: whoever is heard from while it is looked who has gone is there afterwards, and so says
// the database.
func TestSweepingWhileTheyCome(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		room := w.mainRoom()
		var group sync.WaitGroup
		stop := make(chan struct{})
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := w.service.Lobby().Sweep(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		var visitors sync.WaitGroup
		for i := range 4 {
			visitors.Go(func() {
				id := fmt.Sprint("v", i)
				for n := range 12 {
					r := chat.EnterRequest{Room: room, VisitorID: id, Lasts: time.Hour, Signals: chat.Signals{PageURL: fmt.Sprint("https://x/", n)}}
					if _, _, err := w.service.EnterRoom(ctx, w.token(id), r); err != nil {
						t.Error(err)
					}
					if n < 11 {
						if err := w.service.LeaveRoom(ctx, w.token(id), room, id); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		visitors.Wait()
		close(stop)
		group.Wait()
		for i := range 4 {
			if id := fmt.Sprint("v", i); !w.service.IsPresent(room, id) || !w.in(room, id).Online {
				t.Errorf("%s is there, and the database says %v", id, w.in(room, id).Online)
			}
		}
		state := map[string]string{}
		for _, line := range w.comings() {
			action, id, _ := strings.Cut(line, " ")
			id, _, _ = strings.Cut(id, " ")
			if state[id] == action && action != "changed" {
				t.Errorf("%s was %s twice", id, action)
			}
			if action != "changed" {
				state[id] = action
			}
		}
	})
}

func TestUnseenVisitorsAreForgotten(t *testing.T) {
	lobbied(t, chat.Config{ForgetVisitorsAfter: 90 * time.Minute, IdleCloseAfter: -1}, func(t *testing.T, w *world, _ *counting) {
		room := w.mainRoom()
		w.onDuty(w.Anna)
		for _, id := range []string{"silent", "wrote", "loyal"} {
			w.enter(chat.EnterRequest{Room: room, VisitorID: id})
		}
		w.open(w.token("wrote"), "wrote")
		pass(60 * time.Minute)
		w.enter(chat.EnterRequest{Room: room, VisitorID: "loyal"})
		pass(33 * time.Minute)
		for id, want := range map[string]bool{"silent": false, "wrote": true, "loyal": true} {
			_, err := w.View(ctx).Visitor(id)
			if there := err == nil; there != want || !there && !errors.Is(err, chat.ErrNoRecord) {
				t.Errorf("%s is there: %v, %v", id, there, err)
			}
		}
	})
}

func TestWhoIsNobodyLeaves(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		room := w.mainRoom()
		site := w.secret(w.Org)
		w.enter(chat.EnterRequest{Room: room, VisitorID: "anon"})
		w.enter(chat.EnterRequest{Room: room, VisitorID: "gone"})
		w.comings()
		w.identify(chat.IdentifyRequest{PreviousID: "anon", Token: signed(t, site, map[string]any{"sub": "maya"})})
		w.wantComings("removed anon")
		if v := w.in(room, "maya"); v.Online { // she has what the room knew, and is not there herself yet
			t.Errorf("%+v", v)
		}
		w.enter(chat.EnterRequest{Room: room, VisitorID: "maya"})
		if _, err := w.service.EraseVisitor(ctx, w.backend(w.Org), "gone"); err != nil {
			t.Fatal(err)
		}
		w.wantComings("added maya", "removed gone")
		_, _, err := w.service.EnterRoom(ctx, w.token("gone"), chat.EnterRequest{Room: w.Room(w.Org, "help", 1, nil), VisitorID: "gone"})
		wantCode(t, err, "visitor_erasing")
	})
}

// TestCrowd: ten thousand are in one room, and pages of who is there are right while some come and others go.
func TestCrowd(t *testing.T) {
	chattest.Slow(t)
	eachDatabase(t, chat.Rules{}, crowded)
}

func crowded(t *testing.T, w *world) {
	w.service = chat.New(w.Fixture, w.gate, chat.Config{Tokens: w.keys, Logger: slog.New(slog.DiscardHandler)})
	room := w.mainRoom()
	const crowd = 10_000
	began := time.Now()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := i; n < crowd; n += 8 {
				w.enter(chat.EnterRequest{Room: room, VisitorID: fmt.Sprintf("v%05d", n), Lasts: time.Hour})
			}
		})
	}
	group.Wait()
	t.Logf("%d came in %s", crowd, time.Since(began))

	began = time.Now()
	for n := range crowd {
		w.service.Touch(room, fmt.Sprintf("v%05d", n))
		r := chat.EnterRequest{Room: room, VisitorID: fmt.Sprintf("v%05d", n)}
		if _, err := w.service.Heard(ctx, w.token(r.VisitorID), r); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d heartbeats in %s", 2*crowd, time.Since(began))

	stop := make(chan struct{})
	var churn sync.WaitGroup
	churn.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			id := fmt.Sprintf("v%05d", n%1000) // a tenth comes and goes
			if err := w.service.LeaveRoom(ctx, w.token(id), room, id); err != nil {
				t.Error(err)
			}
			if n%3 == 0 {
				w.enter(chat.EnterRequest{Room: room, VisitorID: id})
			}
		}
	})
	began = time.Now()
	seen := map[string]int{}
	var from *chat.OnlinePlace
	for {
		list, err := w.View(ctx).OnlineVisitors(chat.OnlineQuery{RoomID: room.ID, From: from, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			seen[v.VisitorID]++
			place := chat.PlaceOf(v)
			if from != nil && (place.At < from.At || place.At == from.At && place.VisitorID <= from.VisitorID) {
				t.Fatalf("%v after %v", place, *from)
			}
			from = &place
		}
		if len(list) < 100 {
			break
		}
	}
	t.Logf("pages of all in %s", time.Since(began))
	close(stop)
	churn.Wait()
	for n := 1000; n < crowd; n++ { // who was there all the time is there once
		if id := fmt.Sprintf("v%05d", n); seen[id] != 1 {
			t.Fatalf("%s is there %d times", id, seen[id])
		}
	}
}
