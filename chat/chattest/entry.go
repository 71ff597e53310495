package chattest

import (
	"errors"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func entries(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	c := f.Conversation(1, "v1", f.Anna, nil)
	other := f.Conversation(2, "v2", f.Anna, nil)
	names := map[string]string{}
	say := func(name string, c models.Conversation, at models.Time) {
		names[f.Message(c, func(m *models.Message) { m.CreatedAt = at }).UUID] = name
	}
	come := func(name string, c models.Conversation, at models.Time, joined bool) string {
		a := models.Attendance{UUID: f.uuid(), ConversationID: c.ID, ManagerID: boris.ID, Joined: joined, CreatedAt: at}
		f.do(func(tx chat.Tx) error { a.ID = 0; return tx.CreateAttendance(&a) })
		names[a.UUID] = name
		return a.UUID
	}
	say("m10", c, 10)
	say("m20", c, 20)
	come("j20", c, 20, true) // comes with the message, and so before it
	say("m20b", c, 20)
	come("l30", c, 30, false)
	say("m40", c, 40)
	elsewhere := come("", other, 20, true)
	say("", other, 20)
	all := []string{"m10", "j20", "m20", "m20b", "l30", "m40"}
	back := slices.Clone(all)
	slices.Reverse(back)

	page := func(q chat.PageQuery) (list []chat.Entry, got []string) {
		t.Helper()
		list, err := f.reader().Entries(c.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			got = append(got, names[e.UUID()])
		}
		return list, got
	}
	for _, newest := range []bool{false, true} {
		want := all
		if newest {
			want = back
		}
		for size := 1; size <= len(all)+1; size++ {
			var got []string
			var first, last *chat.Place
			for {
				list, some := page(chat.PageQuery{Newest: newest, From: last, Limit: size})
				if len(list) == 0 {
					break
				}
				got = append(got, some...)
				at, from := list[len(list)-1].Place(), list[0].Place()
				last, first = &at, &from
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d, newest first %v: %v", size, newest, got)
			}
			got = backFrom(page, newest, first, size)
			if n := len(got); !slices.Equal(got, want[:n]) || n != len(all)-(len(all)-1)%size-1 {
				t.Errorf("back in pages of %d, newest first %v: %v", size, newest, got)
			}
		}
	}
	if a, err := f.reader().AttendanceByUUID(other.ID, elsewhere); err != nil || a.ManagerID != boris.ID || !a.Joined {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := f.reader().AttendanceByUUID(c.ID, elsewhere); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("of another chat: %v", err)
	}
	if found, err := f.reader().ManagersByID([]int64{boris.ID, f.Anna.ID, 999}); err != nil || len(found) != 2 || found[boris.ID].Name != "Boris" {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := f.reader().MessagesByID(nil); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// backFrom goes back from a place to the beginning.
func backFrom(page func(chat.PageQuery) ([]chat.Entry, []string), newest bool, from *chat.Place, size int) (got []string) {
	for {
		list, some := page(chat.PageQuery{Newest: newest, Back: true, From: from, Limit: size})
		if len(list) == 0 {
			return got
		}
		got = append(some, got...)
		at := list[0].Place()
		from = &at
	}
}
