package chattest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func identifiers(t *testing.T, f *Fixture) {
	other := f.Organization("Kettles")
	f.visitor("v1")
	f.visitor("v2")
	put := func(organization int64, visitorID, identifier string, at models.Time) (i models.VisitorIdentifier) {
		f.do(func(tx chat.Tx) error {
			i = models.VisitorIdentifier{OrganizationID: organization, Identifier: identifier, VisitorID: visitorID, CreatedAt: at, UpdatedAt: at}
			return tx.PutIdentifier(&i)
		})
		return i
	}
	a := put(f.Org.ID, "v1", "customer 7", 1)
	put(f.Org.ID, "v1", "card/12", 2)
	put(other.ID, "v1", "customer 7", 3)
	if got, err := f.reader().Identifier(f.Org.ID, "customer 7"); err != nil || got != a {
		t.Errorf("%+v, %v", got, err)
	}
	b := put(f.Org.ID, "v2", "customer 7", 4)
	if b.ID != a.ID || b.VisitorID != "v2" || b.CreatedAt != 1 || b.UpdatedAt != 4 {
		t.Errorf("said again: %+v", b)
	}
	put(f.Org.ID, "v1", "new", 5)
	names := func(visitorID string) (names []string) {
		list, err := f.reader().IdentifiersOf(visitorID)
		f.must(err)
		for _, i := range list {
			names = append(names, i.Identifier)
		}
		return names
	}
	if got := names("v1"); !slices.Equal(got, []string{"new", "customer 7", "card/12"}) {
		t.Errorf("%q", got)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteIdentifier(b.ID) })
	if _, err := f.reader().Identifier(f.Org.ID, "customer 7"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
	// The rooms that know her.
	shop, help, quiet := f.Room(f.Org, "shop", 2, nil), f.Room(f.Org, "help", 3, nil), f.Room(f.Org, "quiet", 4, nil)
	gone := f.Room(f.Org, "gone", 5, func(r *models.Room) { r.DeletedAt = &r.CreatedAt })
	f.Variable(shop, "v1", "a", "1", false)
	f.Variable(gone, "v1", "a", "1", false)
	f.Variable(quiet, "v2", "a", "1", false)
	f.Conversation(7, "v1", f.Anna, nil)
	f.Conversation(8, "v1", f.Anna, func(c *models.Conversation) { c.RoomID = help.ID })
	rooms, err := f.reader().RoomsKnowing(models.Visitor{ID: "v1", OrganizationID: f.Org.ID})
	var known []string
	for _, r := range rooms {
		known = append(known, r.Name)
	}
	if err != nil || !slices.Equal(known, []string{"Teapots", "shop", "help"}) {
		t.Errorf("%q, %v", known, err)
	}
}

func goals(t *testing.T, f *Fixture) {
	other := f.Organization("Kettles")
	f.visitor("v1")
	f.visitor("v2")
	goal := func(o models.Organization, name string) models.Goal {
		g := models.Goal{UUID: f.uuid(), OrganizationID: o.ID, Name: name, Value: 2.5, CreatedAt: 1, UpdatedAt: 1}
		f.do(func(tx chat.Tx) error { g.ID = 0; return tx.CreateGoal(&g) })
		return g
	}
	buy, sign, theirs := goal(f.Org, "buy"), goal(f.Org, "sign up"), goal(other, "buy")
	if got, err := f.reader().GoalByUUID(buy.UUID); err != nil || got != buy {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().Goals(f.Org.ID); err != nil || !slices.Equal(got, []models.Goal{buy, sign}) {
		t.Errorf("%+v, %v", got, err)
	}
	match := func(g models.Goal, visitorID, session string, value float64, at models.Time) (m models.GoalMatch, isNew bool) {
		f.do(func(tx chat.Tx) (err error) {
			m = models.GoalMatch{UUID: f.uuid(), GoalID: g.ID, OrganizationID: g.OrganizationID, VisitorID: &visitorID, SessionID: session, Value: value, CreatedAt: at}
			isNew, err = tx.CreateGoalMatch(&m)
			return err
		})
		return m, isNew
	}
	const quarter = 15 * 60 * 1000
	first, isNew := match(buy, "v1", "s1", 0.1, 5*quarter)
	if !isNew || first.ID == 0 {
		t.Errorf("%+v, %v", first, isNew)
	}
	if again, isNew := match(buy, "v1", "s1", 9, 6*quarter); isNew || again.ID != first.ID || again.Value != 0.1 || *again.VisitorID != "v1" {
		t.Errorf("%+v, %v", again, isNew)
	}
	match(buy, "v1", "s2", 0.2, 6*quarter-1)
	match(buy, "v2", "s1", 1, 6*quarter)
	match(sign, "v1", "s1", 7, 6*quarter)
	match(theirs, "v1", "s1", 7, 6*quarter)
	match(buy, "v2", "s9", 1, 20*quarter)
	count := func(goal int64, from, to models.Time) (texts []string) {
		counts, err := f.reader().GoalCounts(f.Org.ID, goal, from, to)
		f.must(err)
		for _, c := range counts {
			texts = append(texts, fmt.Sprintf("%d@%d: %d, %.1f", c.GoalID-buy.ID, c.Quarter/quarter, c.Count, c.Value))
		}
		return texts
	}
	if got := count(buy.ID, 0, 20*quarter); !slices.Equal(got, []string{"0@5: 2, 0.3", "0@6: 1, 1.0"}) {
		t.Errorf("%q", got)
	}
	if got := count(0, 6*quarter, 30*quarter); !slices.Equal(got, []string{"0@6: 1, 1.0", "0@20: 1, 1.0", "1@6: 1, 7.0"}) {
		t.Errorf("%q", got)
	}
	page, err := f.reader().GoalMatchPage("v1", first.ID, 2)
	if err != nil || len(page) != 2 || page[0].SessionID != "s2" {
		t.Errorf("%+v, %v", page, err)
	}
	at := models.Time(9)
	sign.Name, sign.Value, sign.UpdatedAt, sign.DeletedAt = "subscribe", 3, 9, &at
	f.do(func(tx chat.Tx) error { return tx.SaveGoal(sign) })
	if _, err := f.reader().GoalByUUID(sign.UUID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
	if got, err := f.reader().Goal(sign.ID); err != nil || got.Name != "subscribe" || got.Value != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.reader().Goals(f.Org.ID); err != nil || !slices.Equal(got, []models.Goal{buy}) {
		t.Errorf("%+v, %v", got, err)
	}
	if session, err := f.reader().LatestSession("v1"); err != nil || session != "" {
		t.Errorf("%q, %v", session, err)
	}
	// Who is erased leaves the number.
	f.do(func(tx chat.Tx) error { return tx.RemoveVisitor("v1") })
	if got := count(buy.ID, 0, 20*quarter); !slices.Equal(got, []string{"0@5: 2, 0.3", "0@6: 1, 1.0"}) {
		t.Errorf("erased: %q", got)
	}
}
