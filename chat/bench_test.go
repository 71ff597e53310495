package chat_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
)

// BenchmarkPost posts to conversations of their own from many sides. The database of the tests does not wait
// for the disk on PostgreSQL; SQLite does.
func BenchmarkPost(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": chattest.SQLite, "postgres": chattest.Postgres} {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/writers=%d", name, writers), func(b *testing.B) { benchmarkPost(b, url(b), writers) })
		}
	}
}

func benchmarkPost(b *testing.B, url string, writers int) {
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it is over
	if err := s.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	f := chattest.NewFixture(b, s)
	for id := range int64(writers) {
		f.Conversation(id+1, fmt.Sprint("v", id), f.Anna, nil)
	}
	service := chat.New(s, chat.NewGate(s, nil, chat.Rules{}), chat.Config{})
	var next atomic.Int64
	b.SetParallelism(max(1, writers/2))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := next.Add(1)%int64(writers) + 1
		for n := 0; pb.Next(); n++ {
			_, _, err := service.Post(context.Background(), chat.Principal{}, chat.PostRequest{
				ConversationID: id, Content: "Hello, how long does delivery take?", ClientMessageID: fmt.Sprint(id, "-", n),
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
