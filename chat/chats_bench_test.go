package chat_test

import (
	"fmt"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

// BenchmarkChats reads pages of 100 chats, with all that is told of each, of a hundred thousand with ten messages each.
func BenchmarkChats(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": postgres} {
		b.Run(name, func(b *testing.B) {
			address := url(b)
			s, err := store.Open(ctx, address, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it is over
			if err := s.Migrate(ctx); err != nil {
				b.Fatal(err)
			}
			f := chattest.NewFixture(b, s)
			team := []models.Manager{f.Anna}
			for i := range 9 {
				team = append(team, f.Manager(f.Org, fmt.Sprint("Manager", i)))
			}
			chattest.Fill(b, address, chattest.Filling{Organization: f.Org, Managers: team, Conversations: 100_000, Messages: 10})
			service := chat.New(s, chat.NewGate(s, nil, chat.Rules{}), chat.Config{})
			main, err := s.View(ctx).MainRoom(f.Org.ID)
			if err != nil {
				b.Fatal(err)
			}
			middle, err := s.View(ctx).Conversation(chattest.FirstFilled + 50_000)
			if err != nil {
				b.Fatal(err)
			}
			no, yes := false, true
			all := chat.Found{Organization: f.Org}
			room, hers := all, all
			room.Room, hers.User = main, f.Anna
			visitor := room
			visitor.VisitorID = "w100"
			deep := chat.PageQuery{From: &chat.Place{At: middle.CreatedAt, ID: middle.ID}}
			for _, test := range []struct {
				name  string
				via   chat.Via
				found chat.Found
				q     chat.ChatQuery
			}{
				{"owned", chat.ViaOwned, all, chat.ChatQuery{}},
				{"owned, deep", chat.ViaOwned, all, chat.ChatQuery{PageQuery: deep}},
				{"owned, open", chat.ViaOwned, all, chat.ChatQuery{Ended: &no}},
				{"room", chat.ViaRoom, room, chat.ChatQuery{}},
				{"room, deep", chat.ViaRoom, room, chat.ChatQuery{PageQuery: deep}},
				{"room, open", chat.ViaRoom, room, chat.ChatQuery{Ended: &no}},
				{"room, ended", chat.ViaRoom, room, chat.ChatQuery{Ended: &yes}},
				{"room, waiting", chat.ViaRoom, room, chat.ChatQuery{Waiting: &yes}},
				{"visitor", chat.ViaRoomVisitor, visitor, chat.ChatQuery{}},
				{"user", chat.ViaUser, hers, chat.ChatQuery{}},
				{"user, open", chat.ViaUser, hers, chat.ChatQuery{Ended: &no}},
				{"user, taking part", chat.ViaUser, hers, chat.ChatQuery{Participating: &yes}},
				{"routed", chat.ViaRouted, hers, chat.ChatQuery{}},
			} {
				b.Run(test.name, func(b *testing.B) {
					test.q.Newest, test.q.Limit = true, 100
					fastest := time.Hour // what others do on the machine is no part of it
					for b.Loop() {
						began := time.Now()
						facts, _, err := service.Chats(ctx, test.via, test.found, test.q)
						if err != nil || len(facts) == 0 && test.name != "room, waiting" {
							b.Fatal(len(facts), err)
						}
						fastest = min(fastest, time.Since(began))
					}
					b.ReportMetric(float64(fastest.Microseconds())/1000, "ms-fastest")
				})
			}
		})
	}
}
