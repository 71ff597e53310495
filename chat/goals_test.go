package chat_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

func (w *world) goal(name string, value float64) models.Goal {
	w.t.Helper()
	g, err := w.service.CreateGoal(ctx, w.backend(w.Org), chat.GoalChanges{Name: chat.To(name), Value: chat.To(value)})
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// seenIn puts a visitor into a room with a session.
func (w *world) seenIn(room models.Room, visitorID, session string, at models.Time) {
	w.t.Helper()
	err := w.Update(ctx, func(tx chat.Tx) error {
		return tx.CreateRoomVisitor(&models.RoomVisitor{
			RoomID: room.ID, OrganizationID: room.OrganizationID, VisitorID: visitorID, SessionID: &session, SeenAt: at, About: "{}",
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestGoals(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		g := w.goal("buy", 2.5)
		foreign := as(people.foreign)
		for _, row := range []struct {
			p           chat.Principal
			write, read string
		}{
			{as(people.admin), "", ""}, {as(people.supervisor), "", ""}, {as(people.manager), "forbidden", ""},
			{foreign, "goal_not_found", "goal_not_found"}, {stranger, "token_missing", "token_missing"}, {w.browser("v1"), "forbidden", "forbidden"},
			{w.keyed(w.Org, models.ScopeVisitors), "", ""}, {w.keyed(w.Org, models.ScopeNumbers), "scope_missing", ""},
			{w.keyed(w.Org, models.ScopeChat), "scope_missing", "scope_missing"},
		} {
			want := func(what string, err error, code string) {
				t.Helper()
				if code == "" && err != nil || code != "" && (err == nil || !strings.HasPrefix(err.Error(), code+":")) {
					t.Errorf("%s %s: %v, want %q", row.p, what, err, code)
				}
			}
			_, err := w.service.Goal(ctx, row.p, g.UUID)
			want("get", err, row.read)
			_, err = w.service.ChangeGoal(ctx, row.p, g.UUID, chat.GoalChanges{Name: chat.To("buy")})
			want("change", err, row.write)
			if row.write == "" {
				continue
			}
			want("delete", w.service.DeleteGoal(ctx, row.p, g.UUID), row.write)
		}
		for _, row := range []struct {
			c    chat.GoalChanges
			want string
		}{
			{chat.GoalChanges{}, "name_invalid"},
			{chat.GoalChanges{Name: chat.To("x"), Value: chat.To(-1.0)}, "value_invalid"},
			{chat.GoalChanges{Name: chat.To("x"), Value: chat.To(1e13)}, "value_invalid"},
			{chat.GoalChanges{Name: chat.To("x"), Value: chat.To(math.NaN())}, "value_invalid"},
		} {
			_, err := w.service.CreateGoal(ctx, as(people.admin), row.c)
			wantCode(t, err, row.want)
		}
		changed, err := w.service.ChangeGoal(ctx, as(people.admin), g.UUID, chat.GoalChanges{Value: chat.To(4.0)})
		if err != nil || changed.Name != "buy" || changed.Value != 4 {
			t.Errorf("%+v, %v", changed, err)
		}
		if err := w.service.DeleteGoal(ctx, as(people.admin), g.UUID); err != nil {
			t.Error(err)
		}
		_, err = w.service.Goal(ctx, as(people.admin), g.UUID)
		wantCode(t, err, "goal_not_found")
		if list, err := w.service.Goals(ctx, as(people.manager)); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		_, _, err = w.service.MatchGoal(ctx, w.browser("v1"), w.Org.ID, "v1", g.UUID, nil)
		wantCode(t, err, "goal_not_found")
	})
}

func TestMatches(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		g := w.goal("buy", 2.5)
		w.open(as(w.Anna), "v1")
		seven := 7.0
		match := func(value *float64) (models.GoalMatch, bool) {
			t.Helper()
			m, isNew, err := w.service.MatchGoal(ctx, w.browser("v1"), w.Org.ID, "v1", g.UUID, value)
			if err != nil {
				t.Fatal(err)
			}
			return m, isNew
		}
		w.seenIn(w.main(), "v1", "s1", 10)
		first, isNew := match(nil)
		if !isNew || first.Value != 2.5 {
			t.Errorf("%+v, %v", first, isNew)
		}
		if again, isNew := match(&seven); isNew || again.ID != first.ID || again.Value != 2.5 {
			t.Errorf("%+v, %v", again, isNew)
		}
		w.seenIn(w.Room(w.Org, "shop", 1, nil), "v1", "s2", 20)
		if another, isNew := match(&seven); !isNew || another.Value != 7 {
			t.Errorf("%+v, %v", another, isNew)
		}
		bad := -1.0
		_, _, err := w.service.MatchGoal(ctx, w.browser("v1"), w.Org.ID, "v1", g.UUID, &bad)
		wantCode(t, err, "value_invalid")
		_, _, err = w.service.MatchGoal(ctx, w.browser("v2"), w.Org.ID, "v1", g.UUID, nil)
		wantCode(t, err, "forbidden")
		_, _, err = w.service.MatchGoal(ctx, w.browser("v1"), w.Org.ID, "v1", "no goal", nil)
		wantCode(t, err, "goal_not_found")
		// Nobody has seen her: once a day.
		for _, want := range []bool{true, false} {
			if _, isNew, err := w.service.MatchGoal(ctx, w.browser("v9"), w.Org.ID, "v9", g.UUID, nil); err != nil || isNew != want {
				t.Errorf("%v, %v", isNew, err)
			}
		}
	})
}

func TestConversions(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		g := w.goal("buy", 2.5)
		key := w.backend(w.Org)
		w.open(as(w.Anna), "v1")
		if _, err := w.service.SetIdentifier(ctx, w.browser("v1"), w.Org.ID, "v1", "customer/7"); err != nil {
			t.Fatal(err)
		}
		convert := func(c chat.Conversion) (models.GoalMatch, bool, error) { return w.service.Convert(ctx, key, g.UUID, c) }
		for i, want := range []bool{true, true} { // each is one of its own
			if m, isNew, err := convert(chat.Conversion{Identifier: "customer/7"}); err != nil || isNew != want || *m.VisitorID != "v1" {
				t.Errorf("%d: %+v, %v, %v", i, m, isNew, err)
			}
		}
		for i, want := range []bool{true, false} {
			if _, isNew, err := convert(chat.Conversion{VisitorID: "v1", ID: "order 5"}); err != nil || isNew != want {
				t.Errorf("%d: %v, %v", i, isNew, err)
			}
		}
		for _, row := range []struct {
			c    chat.Conversion
			want string
		}{
			{chat.Conversion{}, "visitor_missing"}, {chat.Conversion{VisitorID: "v1", Identifier: "customer/7"}, "visitor_missing"},
			{chat.Conversion{VisitorID: "nobody"}, "visitor_not_found"}, {chat.Conversion{Identifier: "nobody"}, "identifier_not_found"},
			{chat.Conversion{VisitorID: "v1", ID: strings.Repeat("x", 201)}, "id_invalid"},
		} {
			_, _, err := convert(row.c)
			wantCode(t, err, row.want)
		}
		for _, row := range []struct {
			p    chat.Principal
			want string
		}{
			{as(w.Anna), "forbidden"}, {w.browser("v1"), "forbidden"}, {stranger, "token_missing"}, {w.keyed(w.Org, models.ScopeChat), "scope_missing"},
			{w.backend(w.Organization("Pots")), "goal_not_found"},
		} {
			_, _, err := w.service.Convert(ctx, row.p, g.UUID, chat.Conversion{VisitorID: "v1"})
			wantCode(t, err, row.want)
		}
	})
}

// The day on which the clocks go forward has 23 hours, and begins and ends where Berlin's does.
func TestGoalTotals(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		if _, err := chat.NewAdmin(w).UpdateOrganization(ctx, w.Org.ID, chat.OrganizationChanges{TimeZone: chat.To("Europe/Berlin")}); err != nil {
			t.Fatal(err)
		}
		buy, sign := w.goal("buy", 1), w.goal("sign up", 1)
		w.open(as(w.Anna), "v1")
		for i, text := range []string{
			"2024-03-30T22:59:59Z", "2024-03-30T23:00:00Z", "2024-03-31T00:59:59Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z", "2024-04-01T22:00:00Z",
		} {
			at, _ := time.Parse(time.RFC3339, text)
			err := w.Update(ctx, func(tx chat.Tx) error {
				v := "v1"
				_, err := tx.CreateGoalMatch(&models.GoalMatch{
					UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), GoalID: buy.ID, OrganizationID: w.Org.ID, VisitorID: &v,
					SessionID: fmt.Sprint(i), Value: 0.1, CreatedAt: models.At(at),
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		totals, err := w.service.GoalTotals(ctx, as(people.supervisor), buy.UUID, "2024-03-30", "2024-04-01")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(totals.Days, totals.Total, totals.From, totals.To, totals.TimeZone); got !=
			"[{2024-03-30 1 0.1} {2024-03-31 3 0.3} {2024-04-01 1 0.1}] { 5 0.5}2024-03-302024-04-01Europe/Berlin" {
			t.Error(got)
		}
		all, err := w.service.AllGoalTotals(ctx, w.backend(w.Org), "", "")
		if err != nil || len(all) != 2 || len(all[0].Days) != 7 || all[0].Total.Count != 0 || all[1].Goal.ID != sign.ID {
			t.Errorf("%+v, %v", all, err)
		}
		for _, row := range [][3]string{
			{buy.UUID, "x", "from_invalid"}, {buy.UUID, "2024-03-30T10:00:00Z", "from_invalid"}, {buy.UUID, "2020-01-01", "range_too_long"}, {"nothing", "", "goal_not_found"},
		} {
			_, err := w.service.GoalTotals(ctx, as(people.admin), row[0], row[1], "")
			wantCode(t, err, row[2])
		}
		for _, p := range []chat.Principal{as(people.manager), w.browser("v1")} {
			_, err := w.service.GoalTotals(ctx, p, buy.UUID, "", "")
			wantCode(t, err, "forbidden")
		}
		_, err = w.service.GoalTotals(ctx, as(people.foreign), buy.UUID, "", "")
		wantCode(t, err, "goal_not_found")
	})
}

func TestIdentifiers(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		admin := as(w.team().admin)
		set := func(visitorID, identifier string) error {
			_, err := w.service.SetIdentifier(ctx, w.browser(visitorID), w.Org.ID, visitorID, identifier)
			return err
		}
		if err := set("v1", "customer/7 ä"); err != nil { // she is nobody yet but her token
			t.Fatal(err)
		}
		w.seenIn(w.Room(w.Org, "shop", 1, nil), "v1", "s", 1)
		named, err := w.service.Identifier(ctx, admin, "customer/7 ä")
		if err != nil || named.VisitorID != "v1" || len(named.Rooms) != 1 || named.Rooms[0].Name != "shop" {
			t.Errorf("%+v, %v", named, err)
		}
		if err := set("v2", "customer/7 ä"); err != nil {
			t.Fatal(err)
		}
		if named, err = w.service.Identifier(ctx, w.backend(w.Org), "customer/7 ä"); err != nil || named.VisitorID != "v2" || len(named.Rooms) != 0 {
			t.Errorf("the last write does not win: %+v, %v", named, err)
		}
		for _, bad := range []string{"", "  ", "a\x00", "a\n", strings.Repeat("ä", 201)} {
			wantCode(t, set("v1", bad), "identifier_invalid")
		}
		_, err = w.service.SetIdentifier(ctx, w.browser("v2"), w.Org.ID, "v1", "x")
		wantCode(t, err, "forbidden")
		_, err = w.service.Identifier(ctx, as(w.Anna), "customer/7 ä")
		wantCode(t, err, "forbidden")
		_, err = w.service.Identifier(ctx, w.backend(w.Organization("Pots")), "customer/7 ä")
		wantCode(t, err, "identifier_not_found")
		// The oldest are forgotten.
		err = w.Update(ctx, func(tx chat.Tx) error {
			for i := range 100 {
				at := models.Time(i)
				if err := tx.PutIdentifier(&models.VisitorIdentifier{OrganizationID: w.Org.ID, Identifier: fmt.Sprint("visit ", i), VisitorID: "v1", CreatedAt: at, UpdatedAt: at}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := set("v1", "the latest"); err != nil {
			t.Fatal(err)
		}
		list, err := w.service.IdentifiersOf(ctx, admin, "v1")
		if err != nil || len(list) != 100 || list[0].Identifier != "the latest" || list[99].Identifier != "visit 1" {
			t.Errorf("%d, %v", len(list), err)
		}
	})
}
