package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func supervisor(m models.Manager) chat.Principal {
	p := as(m)
	p.Role = models.RoleSupervisor
	return p
}

func (w *world) change(c, m int64, content string) chat.ChangeRequest {
	return chat.ChangeRequest{ConversationID: c, MessageID: m, Content: content}
}

func (w *world) close(id int64) {
	w.t.Helper()
	if _, err := w.service.Close(ctx, stranger, chat.Sender{}, id); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantUnread(id int64, visitor, manager int) {
	w.t.Helper()
	c, err := w.View(ctx).Conversation(id)
	if err != nil || c.UnreadVisitor != visitor || c.UnreadManager != manager {
		w.t.Errorf("unread %d and %d, %v; want %d and %d", c.UnreadVisitor, c.UnreadManager, err, visitor, manager)
	}
}

func TestEdit(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		mine, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "Helo", ClientMessageID: "c1"})
		if err != nil {
			t.Fatal(err)
		}
		hers := w.post(as(w.Anna), c.ID, "Good day")
		w.events()
		ev, err := w.service.Edit(ctx, stranger, w.change(c.ID, mine.Message.ID, " Hello "))
		if m := ev.Message; err != nil || ev.Event != "updated" || m.Content != "Hello" || m.EditedAt == nil || m.Deleted || m.Read {
			t.Fatalf("%+v, %v", ev.Message, err)
		}
		w.wantEvents("message updated")
		again, err := w.service.Edit(ctx, stranger, w.change(c.ID, mine.Message.ID, "Hello"))
		if err != nil || *again.Message.EditedAt != *ev.Message.EditedAt {
			t.Errorf("the same again: %+v, %v", again.Message, err)
		}
		w.wantEvents()
		if ev, err = w.service.Edit(ctx, as(w.Anna), w.change(c.ID, hers.ID, "Good evening")); err != nil || ev.Message.Content != "Good evening" {
			t.Errorf("hers: %+v, %v", ev.Message, err)
		}
		w.wantUnread(c.ID, 1, 1) // an edit is no news
		versions, err := w.service.Versions(ctx, as(w.boris), chat.Sender{}, c.ID, mine.Message.ID)
		if err != nil || len(versions) != 1 || versions[0].Content != "Helo" || versions[0].ActorType != "visitor" || versions[0].ActorID != "v1" {
			t.Errorf("versions: %+v, %v", versions, err)
		}
		// Whoever sends the first words again, not knowing that they arrived, gets the message as it is now.
		repeated, isNew, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "Helo", ClientMessageID: "c1"})
		if err != nil || isNew || repeated.Message.Content != "Hello" {
			t.Errorf("repeated: %+v, %v", repeated.Message, err)
		}
		w.events()

		other := w.open(stranger, "v2")
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		key := w.backend(w.Org)
		says := func(r chat.ChangeRequest, kind models.SenderType, id any) chat.ChangeRequest {
			r.Sender = chat.Sender{Type: kind, ID: fmt.Sprint(id)}
			return r
		}
		for _, test := range []struct {
			name string
			p    chat.Principal
			r    chat.ChangeRequest
			code string
		}{
			{"the other side's", stranger, w.change(c.ID, hers.ID, "x"), "forbidden"},
			{"the visitor's, by the counterpart", as(w.Anna), w.change(c.ID, mine.Message.ID, "x"), "forbidden"},
			{"a colleague's", as(w.boris), w.change(c.ID, hers.ID, "x"), "forbidden"},
			{"a supervisor", supervisor(w.boris), w.change(c.ID, hers.ID, "x"), "forbidden"},
			{"through another conversation", stranger, w.change(other.ID, mine.Message.ID, "x"), "message_not_found"},
			{"no such message", stranger, w.change(c.ID, 99999, "x"), "message_not_found"},
			{"another organisation", as(clara), w.change(c.ID, hers.ID, "x"), "conversation_not_found"},
			{"another visitor", visitor("v2"), w.change(c.ID, mine.Message.ID, "x"), "forbidden"},
			{"nothing", stranger, w.change(c.ID, mine.Message.ID, " "), "content_invalid"},
			{"too much", stranger, w.change(c.ID, mine.Message.ID, strings.Repeat("x", models.MaxContent+1)), "content_invalid"},
			{"a backend that names nobody", key, w.change(c.ID, mine.Message.ID, "x"), "sender_missing"},
			{"a backend that names another", key, says(w.change(c.ID, hers.ID, "x"), "manager", w.boris.ID), "forbidden"},
		} {
			_, err := w.service.Edit(ctx, test.p, test.r)
			t.Run(test.name, func(t *testing.T) { wantCode(t, err, test.code) })
		}
		if ev, err := w.service.Edit(ctx, key, says(w.change(c.ID, hers.ID, "Bye"), "manager", w.Anna.ID)); err != nil || ev.Message.Content != "Bye" {
			t.Errorf("for the author: %+v, %v", ev.Message, err)
		}
		for name, p := range map[string]chat.Principal{"visitor": visitor("v1"), "stranger": stranger, "foreign": as(clara)} {
			if _, err := w.service.Versions(ctx, p, chat.Sender{}, c.ID, mine.Message.ID); err == nil {
				t.Errorf("%s sees versions", name)
			}
		}
		w.close(c.ID)
		_, err = w.service.Edit(ctx, stranger, w.change(c.ID, mine.Message.ID, "late"))
		wantCode(t, err, "conversation_closed")
	})
}

func TestDelete(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		mine, _, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "secret", ClientMessageID: "c1"})
		if err != nil {
			t.Fatal(err)
		}
		hers := w.post(as(w.Anna), c.ID, "Good day")
		later := w.post(stranger, c.ID, "later")
		w.events()
		_, err = w.service.Delete(ctx, stranger, w.change(c.ID, hers.ID, ""))
		wantCode(t, err, "forbidden")
		_, err = w.service.Delete(ctx, as(w.Anna), w.change(c.ID, mine.Message.ID, ""))
		wantCode(t, err, "forbidden")
		_, err = w.service.Delete(ctx, stranger, w.change(c.ID, 99999, ""))
		wantCode(t, err, "message_not_found")

		ev, err := w.service.Delete(ctx, stranger, w.change(c.ID, mine.Message.ID, ""))
		if m := ev.Message; err != nil || ev.Event != "updated" || m.Content != "" || !m.Deleted || !m.Read || m.EditedAt != nil {
			t.Fatalf("%+v, %v", m, err)
		}
		w.wantUnread(c.ID, 1, 1)
		w.wantEvents("message updated")
		again, err := w.service.Delete(ctx, stranger, w.change(c.ID, mine.Message.ID, ""))
		if err != nil || !again.Message.Deleted {
			t.Errorf("again: %+v, %v", again.Message, err)
		}
		w.wantEvents()
		_, err = w.service.Edit(ctx, stranger, w.change(c.ID, mine.Message.ID, "back"))
		wantCode(t, err, "message_deleted")
		if ev, err := w.service.MarkRead(ctx, as(w.Anna), chat.Sender{}, c.ID, mine.Message.ID); err != nil || ev.Message.Content != "" {
			t.Errorf("%+v, %v", ev.Message, err)
		}
		repeated, isNew, err := w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "secret", ClientMessageID: "c1"})
		if err != nil || isNew || !repeated.Message.Deleted || repeated.Message.Content != "" {
			t.Errorf("repeated: %+v, %v", repeated.Message, err)
		}
		w.wantUnread(c.ID, 1, 1)

		// The place stays in history, whose ids stay in line.
		page, err := w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: c.ID})
		if err != nil || page.Total != 3 || page.Messages[0].ID != mine.Message.ID || page.Messages[0].Content != "" || page.Messages[2].ID != later.ID {
			t.Errorf("%+v, %v", page, err)
		}
		w.close(c.ID)
		w.events()
		_, err = w.service.Delete(ctx, as(w.Anna), w.change(c.ID, hers.ID, ""))
		wantCode(t, err, "conversation_closed")
		if _, err = w.service.Delete(ctx, supervisor(w.boris), w.change(c.ID, hers.ID, "")); err != nil {
			t.Errorf("a supervisor: %v", err)
		}
		if _, err = w.service.Delete(ctx, w.backend(w.Org), w.change(c.ID, later.ID, "")); err != nil {
			t.Errorf("a backend: %v", err)
		}
		w.wantUnread(c.ID, 0, 0)
		w.wantEvents("message updated", "message updated")
		versions, err := w.service.Versions(ctx, as(w.boris), chat.Sender{}, c.ID, later.ID)
		if err != nil || len(versions) != 1 || versions[0].Content != "later" || versions[0].ActorType != "backend" {
			t.Errorf("versions: %+v, %v", versions, err)
		}
		_, err = w.service.Delete(ctx, w.backend(w.Organization("Kettles")), w.change(c.ID, mine.Message.ID, ""))
		wantCode(t, err, "conversation_not_found")
	})
}

func TestReadUpTo(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		older := w.open(stranger, "v1")
		w.post(stranger, older.ID, "1")
		w.post(stranger, older.ID, "2")
		w.post(as(w.Anna), older.ID, "hers")
		w.close(older.ID)
		newer := w.open(stranger, "v1")
		third := w.post(stranger, newer.ID, "3")
		last := w.post(stranger, newer.ID, "4")
		w.events()

		read := func(p chat.Principal, id, upTo int64) *chat.ReadView {
			t.Helper()
			ev, err := w.service.ReadUpTo(ctx, p, chat.Sender{}, id, upTo)
			if err != nil || ev.Entity != models.EventRead || ev.Event != "updated" {
				t.Fatalf("%+v, %v", ev, err)
			}
			return ev.Read
		}
		r := read(as(w.Anna), newer.ID, third.ID)
		if r.Count != 3 || r.Reader != models.SenderManager || r.UpTo != third.ID || r.UnreadManagerCount != 1 || r.UnreadCount != 0 || r.ConversationID != newer.ID {
			t.Errorf("%+v", r)
		}
		// Each conversation heard of it once, and its newest message again; in the order of their ids.
		w.wantEvents("read updated", "message updated", "read updated", "message updated")
		w.wantUnread(older.ID, 1, 0)
		w.wantUnread(newer.ID, 0, 1)
		if r := read(as(w.Anna), newer.ID, third.ID); r.Count != 0 || r.UnreadManagerCount != 1 {
			t.Errorf("again: %+v", r)
		}
		w.wantEvents()
		if r := read(visitor("v1"), newer.ID, last.ID); r.Count != 1 || r.Reader != models.SenderVisitor || r.UnreadManagerCount != 1 {
			t.Errorf("the visitor's: %+v", r)
		}
		w.wantUnread(older.ID, 0, 0)
		w.wantEvents("read updated", "message updated")

		// Her old conversation is no way into one that is somebody else's now.
		w.close(newer.ID)
		his := w.open(as(w.boris), "v1")
		toBoris := w.post(stranger, his.ID, "to Boris")
		w.events()
		if r := read(as(w.Anna), newer.ID, toBoris.ID); r.Count != 1 || r.UnreadManagerCount != 0 {
			t.Errorf("hers and his: %+v", r)
		}
		w.wantUnread(his.ID, 0, 1)
		w.wantEvents("read updated", "message updated")

		other := w.open(stranger, "v2")
		_, err := w.service.ReadUpTo(ctx, stranger, chat.Sender{}, other.ID, last.ID)
		wantCode(t, err, "message_not_found")
		_, err = w.service.ReadUpTo(ctx, as(w.Anna), chat.Sender{}, his.ID, last.ID)
		wantCode(t, err, "forbidden")
		_, err = w.service.ReadUpTo(ctx, w.backend(w.Org), chat.Sender{}, his.ID, last.ID)
		wantCode(t, err, "sender_missing")
		_, err = w.service.ReadUpTo(ctx, w.backend(w.Organization("Kettles")), chat.Sender{Type: models.SenderVisitor}, his.ID, last.ID)
		wantCode(t, err, "conversation_not_found")

		totals, err := w.service.Unread(ctx, as(w.boris), chat.Sender{})
		if err != nil || totals.Total != 1 || len(totals.Conversations) != 1 || totals.Conversations[0] != (chat.UnreadConversation{ID: his.ID, Unread: 1}) {
			t.Errorf("%+v, %v", totals, err)
		}
		_, err = w.service.Unread(ctx, stranger, chat.Sender{})
		wantCode(t, err, "token_missing")
		_, err = w.service.Unread(ctx, visitor("v1"), chat.Sender{})
		wantCode(t, err, "forbidden")
	})
}

func TestNotes(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		note := func(p chat.Principal, text string) *chat.NoteView {
			t.Helper()
			ev, err := w.service.AddNote(ctx, p, chat.Sender{}, c.ID, text)
			if err != nil || ev.Event != "created" {
				t.Fatalf("%+v, %v", ev, err)
			}
			return ev.Note
		}
		hers := note(as(w.Anna), " Careful ")
		if hers.Content != "Careful" || hers.ManagerName != "Anna" || *hers.ManagerID != w.Anna.ID || hers.ConversationID != c.ID {
			t.Errorf("%+v", hers)
		}
		his := note(as(w.boris), "A colleague's")
		shop := note(w.backend(w.Org), "Order 7")
		if shop.ManagerID != nil || shop.ManagerName != "shop" {
			t.Errorf("%+v", shop)
		}
		w.wantEvents("note created", "note created", "note created")
		w.wantUnread(c.ID, 0, 0)
		list, more, err := w.service.Notes(ctx, as(w.boris), chat.Sender{}, c.ID, 0)
		if err != nil || more || len(list) != 3 || list[0].ID != hers.ID {
			t.Errorf("%+v, %v, %v", list, more, err)
		}
		list, _, err = w.service.Notes(ctx, as(w.boris), chat.Sender{}, c.ID, shop.ID)
		if err != nil || len(list) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = w.service.DeleteNote(ctx, as(w.boris), chat.Sender{}, c.ID, hers.ID)
		wantCode(t, err, "forbidden")
		ev, err := w.service.DeleteNote(ctx, supervisor(w.boris), chat.Sender{}, c.ID, hers.ID)
		if err != nil || ev.Event != "deleted" || ev.Note.Content != "" {
			t.Errorf("%+v, %v", ev.Note, err)
		}
		if _, err := w.service.DeleteNote(ctx, as(w.boris), chat.Sender{}, c.ID, his.ID); err != nil {
			t.Error(err)
		}
		w.wantEvents("note deleted", "note deleted")
		_, err = w.service.DeleteNote(ctx, as(w.Anna), chat.Sender{}, c.ID, hers.ID)
		wantCode(t, err, "note_not_found")
		other := w.open(stranger, "v2")
		_, err = w.service.DeleteNote(ctx, supervisor(w.boris), chat.Sender{}, other.ID, shop.ID)
		wantCode(t, err, "note_not_found")
		_, err = w.service.AddNote(ctx, as(w.Anna), chat.Sender{}, c.ID, " ")
		wantCode(t, err, "content_invalid")
		foreign := as(w.Manager(w.Organization("Kettles"), "Clara"))
		_, err = w.service.AddNote(ctx, foreign, chat.Sender{}, c.ID, "x")
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.service.Notes(ctx, foreign, chat.Sender{}, c.ID, 0)
		wantCode(t, err, "conversation_not_found")
	})
}

func TestTags(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		tag := func(add, remove []string, want ...string) {
			t.Helper()
			ev, err := w.service.Tag(ctx, as(w.boris), chat.Sender{}, c.ID, add, remove)
			if err != nil || !slices.Equal(ev.Tags.Tags, want) {
				t.Fatalf("%+v, %v", ev.Tags, err)
			}
		}
		tag(nil, []string{"none"})
		w.wantEvents()
		tag([]string{" Re \t Fund", "vip", "VIP"}, nil, "re fund", "vip")
		tag([]string{"re fund"}, nil, "re fund", "vip")
		w.wantEvents("tags updated")
		tag([]string{"b2b"}, []string{"Vip"}, "b2b", "re fund")
		of, err := w.service.TagsOf(ctx, as(w.Anna), chat.Sender{}, c.ID)
		if err != nil || !slices.Equal(of.Tags, []string{"b2b", "re fund"}) {
			t.Errorf("%+v, %v", of, err)
		}
		suggested, more, err := w.service.Tags(ctx, w.backend(w.Org), chat.Sender{}, " RE ", "")
		if err != nil || more || !slices.Equal(suggested, []chat.TagCount{{Tag: "re fund", Count: 1}}) {
			t.Errorf("%+v, %v", suggested, err)
		}
		views, _, err := w.service.Inbox(ctx, as(w.Anna), chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 5})
		if err != nil || !slices.Equal(views[0].Staff.Tags, []string{"b2b", "re fund"}) {
			t.Errorf("inbox: %+v, %v", views, err)
		}
		for _, bad := range []string{"", " \t ", "a\x00b", strings.Repeat("x", 65), "\xff"} {
			_, err := w.service.Tag(ctx, as(w.Anna), chat.Sender{}, c.ID, []string{bad}, nil)
			wantCode(t, err, "tag_invalid")
		}
		var many []string
		for i := range 19 {
			many = append(many, fmt.Sprint("t", i))
		}
		_, err = w.service.Tag(ctx, as(w.Anna), chat.Sender{}, c.ID, many, nil)
		wantCode(t, err, "too_many_tags")
		_, err = w.service.Tag(ctx, as(w.Manager(w.Organization("Kettles"), "Clara")), chat.Sender{}, c.ID, many, nil)
		wantCode(t, err, "conversation_not_found")
	})
}

func TestCannedReplies(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		text := func(s string) *string { return &s }
		make := func(p chat.Principal, shortcut, content string, shared bool) (models.CannedReply, error) {
			return w.service.CreateCannedReply(ctx, p, chat.Sender{}, chat.CannedRequest{Shortcut: &shortcut, Content: &content, Shared: shared})
		}
		own, err := make(as(w.Anna), "Hi", " Hello {visitor_name} ", false)
		if err != nil || own.Shortcut != "hi" || own.Content != "Hello {visitor_name}" || *own.ManagerID != w.Anna.ID {
			t.Fatalf("%+v, %v", own, err)
		}
		_, err = make(as(w.Anna), "hi", "x", false)
		wantCode(t, err, "shortcut_taken")
		if _, err := make(as(w.boris), "hi", "x", false); err != nil {
			t.Errorf("a colleague's: %v", err)
		}
		_, err = make(as(w.Anna), "all", "x", true)
		wantCode(t, err, "forbidden")
		shared, err := make(supervisor(w.boris), "hi", "Welcome", true)
		if err != nil || shared.ManagerID != nil {
			t.Fatalf("%+v, %v", shared, err)
		}
		if _, err := make(w.backend(w.Org), "hours", "9 to 5", false); err != nil {
			t.Errorf("a backend's are everybody's: %v", err)
		}
		for _, bad := range []string{"", "a b", "/x", strings.Repeat("x", 33)} {
			_, err := make(as(w.Anna), bad, "x", false)
			wantCode(t, err, "shortcut_invalid")
		}
		_, err = make(as(w.Anna), "empty", " ", false)
		wantCode(t, err, "content_invalid")
		list, err := w.service.CannedReplies(ctx, as(w.Anna), chat.Sender{})
		if err != nil || len(list) != 3 {
			t.Errorf("%+v, %v", list, err)
		}
		changed, err := w.service.ChangeCannedReply(ctx, as(w.Anna), chat.Sender{}, own.ID, chat.CannedRequest{Content: text("Hey")})
		if err != nil || changed.Content != "Hey" || changed.Shortcut != "hi" {
			t.Errorf("%+v, %v", changed, err)
		}
		_, err = w.service.ChangeCannedReply(ctx, as(w.boris), chat.Sender{}, own.ID, chat.CannedRequest{Content: text("x")})
		wantCode(t, err, "canned_reply_not_found")
		_, err = w.service.ChangeCannedReply(ctx, as(w.Anna), chat.Sender{}, shared.ID, chat.CannedRequest{Content: text("x")})
		wantCode(t, err, "forbidden")
		_, err = w.service.ChangeCannedReply(ctx, supervisor(w.boris), chat.Sender{}, shared.ID, chat.CannedRequest{Shortcut: text("hours")})
		wantCode(t, err, "shortcut_taken")
		wantCode(t, w.service.DeleteCannedReply(ctx, as(w.Anna), chat.Sender{}, shared.ID), "forbidden")
		clara := as(w.Manager(w.Organization("Kettles"), "Clara"))
		clara.Role = models.RoleAdmin
		wantCode(t, w.service.DeleteCannedReply(ctx, clara, chat.Sender{}, shared.ID), "canned_reply_not_found")
		if err := w.service.DeleteCannedReply(ctx, as(w.Anna), chat.Sender{}, own.ID); err != nil {
			t.Error(err)
		}
		_, err = w.service.CannedReplies(ctx, visitor("v1"), chat.Sender{})
		wantCode(t, err, "forbidden")
		_, err = w.service.CannedReplies(ctx, stranger, chat.Sender{})
		wantCode(t, err, "token_missing")
	})
}

// TestStaffTrusted: where managers are believed, they are so here; nobody else gets in by saying nothing.
func TestStaffTrusted(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		says := chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}
		if ev, err := w.service.AddNote(ctx, stranger, says, c.ID, "x"); err != nil || *ev.Note.ManagerID != w.Anna.ID {
			t.Errorf("%+v, %v", ev, err)
		}
		_, _, err := w.service.Notes(ctx, stranger, chat.Sender{}, c.ID, 0)
		wantCode(t, err, "token_missing")
		_, _, err = w.service.Notes(ctx, stranger, chat.Sender{Type: models.SenderVisitor, ID: "v1"}, c.ID, 0)
		wantCode(t, err, "token_missing")
	})
}
