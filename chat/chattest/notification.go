package chattest

import (
	"errors"
	"fmt"
	"testing"

	"parley/chat"
	"parley/models"
)

func notifications(t *testing.T, f *Fixture) {
	f.Conversation(1, "v1", f.Anna, nil)
	f.Conversation(2, "v2", f.Anna, nil)
	name := "a"
	var ids []int64
	add := func(visitorID string, clientID *string) error {
		n := models.Notification{OrganizationID: f.Org.ID, VisitorID: visitorID, Data: "{}", ClientNotificationID: clientID, CreatedAt: 1}
		err := f.Update(t.Context(), func(tx chat.Tx) error { n.ID = 0; return tx.CreateNotification(&n) })
		ids = append(ids, n.ID)
		return err
	}
	f.must(add("v1", nil))
	f.must(add("v1", &name))
	f.must(add("v2", &name))
	f.must(add("v1", nil))
	if add("v1", &name) == nil {
		t.Error("a visitor has two notifications of one name")
	}
	if n, err := f.reader().ClientNotification("v2", "a"); err != nil || n.ID != ids[2] {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := f.reader().ClientNotification("v2", "b"); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("no such name: %v", err)
	}
	mark := func(visitorID string, upTo int64, of ...int64) (n int) {
		t.Helper()
		f.do(func(tx chat.Tx) (err error) { n, err = tx.MarkNotifications(visitorID, upTo, of, 7); return err })
		return n
	}
	wantUnread := func(want int) {
		t.Helper()
		if n, err := f.reader().UnreadNotifications("v1"); err != nil || n != want {
			t.Errorf("%d unread, %v; want %d", n, err, want)
		}
	}
	wantUnread(3)
	if n := mark("v1", ids[2]); n != 2 {
		t.Errorf("marked %d", n)
	}
	wantUnread(1)
	if n := mark("v1", 0, ids[0], ids[2], ids[3]); n != 1 {
		t.Errorf("marked %d of those that were named", n)
	}
	wantUnread(0)
	if n, err := f.reader().UnreadNotifications("v2"); err != nil || n != 1 {
		t.Errorf("another visitor's: %d, %v", n, err)
	}
	for _, row := range []struct {
		q    chat.NotificationQuery
		want string
	}{
		{chat.NotificationQuery{Count: 2}, fmt.Sprint([]int64{ids[1], ids[3]}, true)},
		{chat.NotificationQuery{Count: 3}, fmt.Sprint([]int64{ids[0], ids[1], ids[3]}, false)},
		{chat.NotificationQuery{Count: 1, After: true}, fmt.Sprint([]int64{ids[0]}, true)},
		{chat.NotificationQuery{Count: 5, After: true, Since: &ids[0]}, fmt.Sprint([]int64{ids[1], ids[3]}, false)},
		{chat.NotificationQuery{Count: 5, Since: &ids[1]}, fmt.Sprint([]int64{ids[0], ids[1]}, false)},
	} {
		row.q.VisitorID = "v1"
		list, more, err := f.reader().Notifications(row.q)
		f.must(err)
		found := []int64{}
		for _, n := range list {
			found = append(found, n.ID)
			if n.ReadAt == nil || *n.ReadAt != 7 {
				t.Errorf("not marked: %+v", n)
			}
		}
		if got := fmt.Sprint(found, more); got != row.want {
			t.Errorf("%+v: %s, want %s", row.q, got, row.want)
		}
	}
}
