package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"parley/chat"
	"parley/chat/chattest"
	"parley/models"
)

// searched is a store with an indexer and a service over it.
type searched struct {
	*chattest.Fixture
	t       *testing.T
	store   *Store
	indexer *chat.Indexer
	service *chat.Service
	boris   models.Manager
}

func eachSearched(t *testing.T, test func(t *testing.T, s *searched)) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			db := opened(t, url(t))
			if err := db.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			test(t, newSearched(t, db))
		})
	}
}

func newSearched(t *testing.T, db *Store) *searched {
	f := chattest.NewFixture(t, db)
	return &searched{
		Fixture: f, t: t, store: db, indexer: chat.NewIndexer(db, slog.New(slog.DiscardHandler)),
		service: impatient(db, time.Minute), boris: f.Manager(f.Org, "Boris"),
	}
}

func impatient(db *Store, patience time.Duration) *chat.Service {
	return chat.New(db, chat.NewGate(db, nil, chat.Rules{}), chat.Config{SearchPatience: patience})
}

// index lets the indexer do all that is to be done.
func (s *searched) index() {
	s.t.Helper()
	for {
		more, err := s.indexer.Index(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func (s *searched) exec(sql string, args ...any) {
	s.t.Helper()
	err := s.store.commit.run(context.Background(), func(db *gorm.DB) error { return db.Exec(sql, args...).Error })
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *searched) manager() chat.Principal {
	return chat.Principal{Party: chat.Manager, ManagerID: s.Anna.ID, OrganizationID: s.Org.ID, Role: models.RoleManager}
}

// search returns the ids of the conversations that are found, and the matches.
func (s *searched) search(q string, change func(*chat.SearchRequest)) (ids []int64, matches []chat.MatchView) {
	s.t.Helper()
	r := chat.SearchRequest{Text: q, Limit: 100}
	if change != nil {
		change(&r)
	}
	results, _, err := s.service.Search(context.Background(), s.manager(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, result := range results {
		ids = append(ids, result.Conversation.ID)
		matches = append(matches, result.Match)
	}
	return ids, matches
}

func (s *searched) want(q string, change func(*chat.SearchRequest), want ...int64) {
	s.t.Helper()
	if ids, matches := s.search(q, change); !slices.Equal(ids, want) {
		s.t.Errorf("%q found %v, want %v (%+v)", q, ids, want, matches)
	}
}

func (s *searched) note(c models.Conversation, text string, at models.Time) {
	s.exec(`INSERT INTO notes (organization_id, conversation_id, visitor_id, manager_name, content, created_at)
		VALUES (?, ?, ?, 'Anna', ?, ?)`, c.OrganizationID, c.ID, c.VisitorID, text, at)
}

func (s *searched) tag(c models.Conversation, tag string) {
	s.exec("INSERT INTO conversation_tags (conversation_id, tag, organization_id, created_at) VALUES (?, ?, ?, 1)", c.ID, tag, c.OrganizationID)
}

// TestSearchSet asks both databases for the same.
func TestSearchSet(t *testing.T) {
	set := chattest.NewSearchSet(t)
	eachSearched(t, func(t *testing.T, s *searched) {
		foreign := s.Manager(s.Organization("Rivals"), "Eve")
		names := map[int64]string{}
		for i, sample := range set.Documents {
			s.add(sample, foreign, models.Time(1000*(i+1)))
			names[sample.Conversation] = sample.ID
		}
		s.index()
		for _, query := range set.Queries {
			ids, matches := s.search(query.Q, nil)
			got := []string{}
			for _, id := range ids {
				got = append(got, names[id])
			}
			if !slices.Equal(got, query.Want) {
				t.Errorf("%q: %v, want %v; %+v", query.Q, got, query.Want, matches)
			}
			for _, m := range matches {
				if len(m.Highlights) == 0 {
					t.Errorf("%q: nothing is highlighted in %q", query.Q, m.Snippet)
				}
			}
		}
	})
}

func (s *searched) add(sample chattest.SearchSample, foreign models.Manager, at models.Time) {
	m := s.Anna
	if sample.Foreign {
		m = foreign
	}
	c := s.Conversation(sample.Conversation, fmt.Sprintf("visitor%d", sample.Conversation), m, func(c *models.Conversation) {
		c.CreatedAt = at
		c.ContactName, c.ContactEmail, c.ContactPhone = sample.ContactName, sample.ContactEmail, sample.ContactPhone
	})
	s.exec("UPDATE visitors SET name = ?, email = ? WHERE id = ?", sample.Name, sample.Email, c.VisitorID)
	for _, tag := range sample.Tags {
		s.tag(c, tag)
	}
	switch {
	case sample.Text == "":
	case sample.Note:
		s.note(c, sample.Text, at)
	default:
		message := s.Message(c, func(m *models.Message) {
			m.Content, m.CreatedAt = sample.Text, at
			if sample.Manager {
				m.SenderType, m.ManagerID = models.SenderManager, &s.Anna.ID
			}
			if sample.Was != "" {
				m.Content = sample.Was
			}
		})
		if sample.Was != "" {
			s.index()
			s.exec("UPDATE messages SET content = ?, edited_at = 5 WHERE id = ?", sample.Text, message.ID)
		}
		if sample.Deleted {
			s.index()
			s.exec("UPDATE messages SET content = '', deleted_at = 5 WHERE id = ?", message.ID)
		}
	}
}

func TestSearchFilters(t *testing.T) {
	eachSearched(t, func(t *testing.T, s *searched) {
		closed := s.Conversation(1, "v1", s.Anna, func(c *models.Conversation) { c.Status = models.StatusClosed })
		waiting := s.Conversation(2, "v2", s.Anna, func(c *models.Conversation) { c.ManagerID = nil })
		taken := s.Conversation(3, "v3", s.boris, nil)
		for i, c := range []models.Conversation{closed, waiting, taken} {
			s.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = "word", models.Time(1000*(i+1)) })
		}
		s.tag(taken, "Late parcel")
		s.index()
		for _, row := range []struct {
			name   string
			change func(*chat.SearchRequest)
			want   []int64
		}{
			{"all", nil, []int64{3, 2, 1}},
			{"manager", func(r *chat.SearchRequest) { r.ManagerID = s.boris.ID }, []int64{3}},
			{"open", func(r *chat.SearchRequest) { r.Status = models.StatusOpen }, []int64{3, 2}},
			{"closed", func(r *chat.SearchRequest) { r.Status = models.StatusClosed }, []int64{1}},
			{"waiting", func(r *chat.SearchRequest) { r.State = models.StateWaiting }, []int64{2}},
			{"assigned", func(r *chat.SearchRequest) { r.State = models.StateAssigned }, []int64{3}},
			{"tag", func(r *chat.SearchRequest) { r.Tag = "late PARCEL" }, []int64{3}},
			{"part of a tag", func(r *chat.SearchRequest) { r.Tag = "late" }, nil},
			{"from", func(r *chat.SearchRequest) { r.From = 2000 }, []int64{3, 2}},
			{"to", func(r *chat.SearchRequest) { r.To = 3000 }, []int64{2, 1}},
			{"between", func(r *chat.SearchRequest) { r.From, r.To = 2000, 2001 }, []int64{2}},
			{"several", func(r *chat.SearchRequest) { r.Status, r.ManagerID, r.From = models.StatusOpen, s.boris.ID, 5000 }, nil},
		} {
			if ids, _ := s.search("word", row.change); !slices.Equal(ids, row.want) {
				t.Errorf("%s: %v, want %v", row.name, ids, row.want)
			}
		}
	})
}

// TestSearchFollows changes everything that search goes by, after it was indexed.
func TestSearchFollows(t *testing.T) {
	eachSearched(t, func(t *testing.T, s *searched) {
		c := s.Conversation(1, "v1", s.Anna, nil)
		m := s.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = "teapot", 1000 })
		s.index()
		byBoris := func(r *chat.SearchRequest) { r.ManagerID = s.boris.ID }
		tagged := func(r *chat.SearchRequest) { r.Tag = "vip" }
		s.want("teapot", nil, 1)
		s.want("teapot", byBoris)
		s.want("teapot", tagged)

		s.exec("UPDATE conversations SET manager_id = ?, status = 'closed' WHERE id = 1", s.boris.ID)
		s.exec("UPDATE messages SET content = 'kettle', edited_at = 5 WHERE id = ?", m.ID)
		s.want("teapot", nil) // not even before it is indexed
		s.tag(c, "vip")
		s.exec("UPDATE visitors SET name = 'Maya' WHERE id = 'v1'")
		s.exec("UPDATE conversations SET contact_phone = '+7 912 345 67 89' WHERE id = 1")
		s.note(c, "likes jasmine", 2000)
		s.index()
		s.want("teapot", nil)
		s.want("kettle", byBoris, 1)
		s.want("kettle", tagged, 1)
		s.want("maya", nil, 1)
		s.want("89123456789", nil, 1)
		s.want("jasmine", func(r *chat.SearchRequest) { r.Status = models.StatusClosed }, 1)

		s.exec("DELETE FROM conversation_tags WHERE conversation_id = 1")
		s.exec("DELETE FROM notes WHERE conversation_id = 1")
		s.exec("UPDATE messages SET content = '', deleted_at = 6 WHERE id = ?", m.ID)
		s.exec("UPDATE visitors SET name = NULL WHERE id = 'v1'")
		s.index()
		for _, q := range []string{"kettle", "maya", "jasmine", "vip"} {
			s.want(q, nil)
		}
		if err := s.Update(context.Background(), func(tx chat.Tx) error { return tx.DeleteOrganization(s.Org.ID) }); err != nil {
			t.Fatal(err)
		}
		s.index()
		for _, table := range []string{"search_documents", "search_words", "search_queue"} {
			var n int64
			if err := s.store.read.Table(table).Count(&n).Error; err != nil || n != 0 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
	})
}

// TestSearchPages walks through pages while conversations speak again.
func TestSearchPages(t *testing.T) {
	eachSearched(t, func(t *testing.T, s *searched) {
		at := models.Time(0)
		say := func(c models.Conversation) {
			at += 1000
			s.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = "tea, please", at })
		}
		var all []models.Conversation
		for id := range int64(9) {
			all = append(all, s.Conversation(id+1, fmt.Sprint("v", id), s.Anna, nil))
		}
		for range 60 { // one that talks more than all others
			say(all[4])
		}
		for range 2 {
			for _, c := range all {
				say(c)
			}
		}
		s.index()
		var got []int64
		next := int64(0)
		for page := 0; ; page++ {
			results, after, err := s.service.Search(context.Background(), s.manager(), chat.SearchRequest{Text: "tea", Limit: 2, After: next})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				got = append(got, r.Conversation.ID)
			}
			if next = after; next == 0 || page > 20 {
				break
			}
			if page == 1 {
				say(all[0]) // comes to the front, where this walk was already
				s.index()
			}
		}
		if want := []int64{9, 8, 7, 6, 5, 4, 3, 2}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// TestIndexerGoesOn loses the indexer between its rounds, lets two work at once, and commits messages out of order.
func TestIndexerGoesOn(t *testing.T) {
	eachSearched(t, func(t *testing.T, s *searched) {
		c := s.Conversation(1, "v1", s.Anna, nil)
		for i := range 350 {
			s.Message(c, func(m *models.Message) { m.Content, m.CreatedAt = fmt.Sprintf("number n%d", i), models.Time(1000+i) })
		}
		s.exec("UPDATE conversations SET status = 'closed' WHERE id = 1")
		for more := true; more; {
			s.indexer = chat.NewIndexer(s.store, slog.New(slog.DiscardHandler))
			other := chat.NewIndexer(s.store, slog.New(slog.DiscardHandler))
			var err error
			if _, err = s.indexer.Index(context.Background()); err != nil {
				t.Fatal(err)
			}
			if more, err = other.Index(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range []int{0, 99, 100, 101, 349} {
			s.want(fmt.Sprintf("n%d ", i), func(r *chat.SearchRequest) { r.Status = models.StatusClosed }, 1)
		}
		var n int64
		if err := s.store.read.Table("search_documents").Count(&n).Error; err != nil || n != 351 {
			t.Errorf("%d documents, %v", n, err)
		}

		// A message whose id was given out early and that is committed late.
		s.exec(`INSERT INTO messages (id, uuid, organization_id, conversation_id, visitor_id, sender_type, content, created_at)
			VALUES (1010, '00000000-0000-4000-8000-00000000aaaa', ?, 1, 'v1', 'visitor', 'overtaking', 9000)`, s.Org.ID)
		s.index()
		s.exec(`INSERT INTO messages (id, uuid, organization_id, conversation_id, visitor_id, sender_type, content, created_at)
			VALUES (1005, '00000000-0000-4000-8000-00000000bbbb', ?, 1, 'v1', 'visitor', 'overtaken', 8000)`, s.Org.ID)
		s.index()
		s.want("overtaking ", nil, 1)
		s.want("overtaken ", nil, 1)
	})
}

// TestSearchTakesUpOldMessages migrates a database that knew no search.
func TestSearchTakesUpOldMessages(t *testing.T) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			db := opened(t, url(t))
			if err := db.migrateTo(context.Background(), 5); err != nil {
				t.Fatal(err)
			}
			fillOld(t, db)
			if err := db.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			indexer := chat.NewIndexer(db, slog.New(slog.DiscardHandler))
			for more := true; more; {
				var err error
				if more, err = indexer.Index(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			service := impatient(db, time.Minute)
			anna := chat.Principal{Party: chat.Manager, ManagerID: 1, OrganizationID: 1, Role: models.RoleManager}
			for _, q := range []string{"hello", "v1"} {
				results, _, err := service.Search(context.Background(), anna, chat.SearchRequest{Text: q, Limit: 5})
				if err != nil || len(results) != 1 || results[0].Conversation.ID != 77 {
					t.Errorf("%q: %+v, %v", q, results, err)
				}
			}
		})
	}
}

func TestSearchRefuses(t *testing.T) {
	eachSearched(t, func(t *testing.T, s *searched) {
		for _, row := range []struct {
			who  chat.Principal
			q    string
			code string
		}{
			{chat.Principal{}, "x", "token_missing"},
			{chat.Principal{Party: chat.Visitor, VisitorID: "v1"}, "x", "forbidden"},
			{chat.Principal{Party: chat.Operator}, "x", "forbidden"},
			{s.manager(), "", "q_invalid"},
			{s.manager(), strings.Repeat("x", 201), "q_invalid"},
			{s.manager(), "\xff", "q_invalid"},
		} {
			_, _, err := s.service.Search(context.Background(), row.who, chat.SearchRequest{Text: row.q, Limit: 1})
			if err == nil || !strings.HasPrefix(err.Error(), row.code) {
				t.Errorf("%+v: %v, want %s", row.who, err, row.code)
			}
		}
	})
}
