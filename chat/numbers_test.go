package chat_test

import (
	"errors"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// TestNumbersOfADay lets a small day happen and counts it.
func TestNumbersOfADay(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		sonya := w.supervisor()
		w.onDuty(w.Anna)
		one := w.open(stranger, "v1")
		w.post(stranger, one.ID, "Hello")
		w.post(as(w.Anna), one.ID, "Good morning")
		w.post(as(w.Anna), one.ID, "What can I do for you?")
		w.do(w.service.Close(ctx, as(w.Anna), chat.Sender{}, one.ID))
		for _, rating := range []int{2, 5} {
			w.do(w.service.Rate(ctx, visitor("v1"), chat.Sender{}, one.ID, rating, ""))
			time.Sleep(2 * time.Millisecond) // ratings are told apart by their moments
		}
		two := w.open(stranger, "v2")
		w.do(w.service.TakeOver(ctx, as(sonya), chat.Sender{}, two.ID))
		w.do(w.service.Close(ctx, visitor("v2"), chat.Sender{}, two.ID))
		w.open(as(w.boris), "v3")

		n, err := w.service.Numbers(ctx, as(sonya), chat.Sender{}, chat.NumbersQuery{PerManager: true, By: "total"})
		if err != nil || len(n.Rows) != 3 || n.TimeZone != "UTC" || n.Group != "manager" {
			t.Fatalf("%+v, %v", n, err)
		}
		anna, boris, over := n.Rows[0], n.Rows[1], n.Rows[2]
		if anna.Conversations != 2 || anna.Answered != 1 || anna.Missed != 1 || anna.Closed != 1 || anna.TransfersOut != 1 ||
			anna.FirstResponse.Count != 1 || anna.Handling.Count != 1 || anna.Ratings.Distribution != [5]int{0, 0, 0, 0, 1} {
			t.Errorf("Anna %+v", anna)
		}
		if boris.Conversations != 1 || boris.Missed != 0 || boris.Load.Peak != 1 || *boris.ManagerName != "Boris" {
			t.Errorf("Boris %+v", boris)
		}
		if over.TransfersIn != 1 || over.Closed != 1 || over.Handling.Count != 0 || *over.ManagerID != sonya.ID {
			t.Errorf("Sonya %+v", over)
		}
		if n.Total.Conversations != 3 || n.Total.Closed != 2 || n.Total.Missed != 1 {
			t.Errorf("total %+v", n.Total)
		}
		hers, err := w.service.Numbers(ctx, as(w.Anna), chat.Sender{}, chat.NumbersQuery{ManagerID: w.Anna.ID})
		if err != nil || hers.Total.Conversations != 2 || hers.Total.TransfersIn != 0 || len(hers.Rows) != 7 || hers.Rows[6].ManagerID != nil {
			t.Errorf("%+v, %v", hers, err)
		}

		now, err := w.service.NumbersNow(ctx, as(sonya), chat.Sender{})
		if err != nil || now.Open != 1 || now.Waiting != 0 || now.LongestWaitMS != nil || now.OnDuty != 1 || len(now.Managers) != 3 ||
			!now.Managers[0].OnDuty || now.Managers[1].Open != 1 || now.Managers[0].Limit != nil {
			t.Errorf("%+v, %v", now, err)
		}
	})
}

func TestNumbersNowWithAQueue(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.with(chat.Config{MaxConversations: 1})
		w.onDuty(w.Anna)
		w.open(stranger, "v1")
		w.open(stranger, "v2")
		now, err := w.service.NumbersNow(ctx, w.backend(w.Org), chat.Sender{})
		if err != nil || now.Open != 1 || now.Waiting != 1 || now.LongestWaitMS == nil || *now.LongestWaitMS < 0 || *now.Managers[0].Limit != 1 {
			t.Errorf("%+v, %v", now, err)
		}
	})
}

func TestWhoMaySeeNumbers(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		zoe := w.Manager(w.Organization("Kettles"), "Zoe")
		sonya := w.supervisor()
		for _, test := range []struct {
			name    string
			p       chat.Principal
			manager int64
			code    string
		}{
			{"a stranger", stranger, 0, "token_missing"},
			{"a visitor", visitor("v1"), 0, "forbidden"},
			{"the operator", chat.Principal{Party: chat.Operator}, 0, "forbidden"},
			{"a manager about everybody", as(w.boris), 0, "forbidden"},
			{"a manager about another", as(w.boris), w.Anna.ID, "forbidden"},
			{"a manager about herself", as(w.boris), w.boris.ID, ""},
			{"a supervisor", as(sonya), 0, ""},
			{"a supervisor about a manager", as(sonya), w.Anna.ID, ""},
			{"a supervisor about another organisation's", as(sonya), zoe.ID, "manager_not_found"},
			{"a backend", w.backend(w.Org), 0, ""},
			{"a backend about another organisation's", w.backend(w.Org), zoe.ID, "manager_not_found"},
		} {
			_, err := w.service.Numbers(ctx, test.p, chat.Sender{}, chat.NumbersQuery{ManagerID: test.manager})
			var refusal *chat.Error
			if errors.As(err, &refusal); err != nil && refusal == nil || test.code == "" != (err == nil) || refusal != nil && refusal.Code != test.code {
				t.Errorf("%s: %v, want %q", test.name, err, test.code)
			}
			if test.manager == 0 {
				_, now := w.service.NumbersNow(ctx, test.p, chat.Sender{})
				if (now == nil) != (test.code == "") {
					t.Errorf("%s, now: %v", test.name, now)
				}
			}
		}
		// Another organisation's conversations are in nobody's figures.
		w.onDuty(w.Anna)
		w.open(stranger, "v1")
		n, err := w.service.Numbers(ctx, w.backend(models.Organization{ID: zoe.OrganizationID}), chat.Sender{}, chat.NumbersQuery{})
		if err != nil || n.Total.Conversations != 0 || n.Total.Load.Peak != 0 {
			t.Errorf("%+v, %v", n.Total, err)
		}
	})
}
