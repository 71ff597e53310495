package chat_test

import (
	"fmt"
	"testing"

	"parley/chat"
	"parley/models"
)

func TestInboxIsOnesOwn(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		for i := range 3 {
			w.open(as(w.Anna), fmt.Sprint("a", i))
			w.open(as(w.boris), fmt.Sprint("b", i))
		}
		q := chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 2}
		views, next, err := w.service.Inbox(ctx, as(w.Anna), q)
		if err != nil || len(views) != 2 || next == nil {
			t.Fatalf("%v, %v, %v", views, next, err)
		}
		q.Before = next
		views, next, err = w.service.Inbox(ctx, as(w.Anna), q)
		if err != nil || len(views) != 1 || next != nil {
			t.Errorf("%v, %v, %v", views, next, err)
		}
		all := chat.InboxQuery{Status: models.StatusOpen, Limit: 10}
		_, _, err = w.service.Inbox(ctx, as(w.Anna), all)
		wantCode(t, err, "forbidden")
		admin := as(w.Anna)
		admin.Role = models.RoleAdmin
		if views, _, err = w.service.Inbox(ctx, admin, all); err != nil || len(views) != 6 {
			t.Errorf("%d, %v", len(views), err)
		}
	})
}
