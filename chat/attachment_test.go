package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/files"
	"parley/models"
)

// withFiles gives the world's service a folder for files and returns it.
func (w *world) withFiles(change func(*chat.AttachmentConfig)) (folder string, bucket *files.Bucket) {
	w.t.Helper()
	folder = w.t.TempDir()
	bucket, err := files.Open(ctx, "file://"+folder, "")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { bucket.Close() }) //nolint:errcheck // the test is over
	cfg := chat.AttachmentConfig{
		Blobs: bucket, Media: files.NewMedia(), MaxBytes: 1 << 20, MaxPerMessage: 3,
		Types: []string{"image/png", "text/plain", "application/pdf", "application/msword"},
	}
	if change != nil {
		change(&cfg)
	}
	w.service = chat.New(w, w.gate, chat.Config{Attachments: cfg})
	return folder, bucket
}

// kept lists the files in a folder.
func kept(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func pixels(t testing.TB, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// upload sends files, named in turn with what is in them.
func (w *world) upload(p chat.Principal, conversation int64, content, clientID string, parts ...string) (chat.Event, bool, error) {
	u, err := w.service.BeginUpload(ctx, p, chat.UploadRequest{ConversationID: conversation})
	if err != nil {
		return chat.Event{}, false, err
	}
	defer u.Abandon(ctx)
	for i := 0; i < len(parts); i += 2 {
		if err := u.Add(ctx, parts[i], strings.NewReader(parts[i+1])); err != nil {
			return chat.Event{}, false, err
		}
	}
	return u.Finish(ctx, content, clientID)
}

func TestAttachments(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		folder, _ := w.withFiles(nil)
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		ev, isNew, err := w.upload(stranger, c.ID, "Look:", "c-1", "../holiday \u202egnp.png", pixels(t, 640, 320), "notes.txt", "Hello")
		if err != nil || !isNew {
			t.Fatal(err)
		}
		w.wantEvents("message created")
		list := ev.Message.Attachments
		if len(list) != 2 || list[0].Name != "holiday gnp.png" || list[0].ContentType != "image/png" || *list[0].Width != 640 || *list[0].Height != 320 ||
			list[0].URL != "/chat/attachment/"+list[0].ID+"/holiday%20gnp.png" || *list[0].ThumbnailURL != "/chat/attachment/"+list[0].ID+"/thumbnail" {
			t.Errorf("picture: %+v", list)
		}
		if list[1].ContentType != "text/plain" || list[1].Size != 5 || list[1].Width != nil || list[1].ThumbnailURL != nil {
			t.Errorf("text: %+v", list[1])
		}
		if n := kept(t, folder); len(n) != 3 {
			t.Errorf("kept: %v", n)
		}
		page, err := w.service.History(ctx, stranger, chat.HistoryRequest{ConversationID: c.ID})
		if got := chat.Views(page.Messages); err != nil || len(got) != 1 || !slices.Equal(ids(got[0]), ids(ev.Message)) || got[0].Content != "Look:" {
			t.Errorf("history: %+v, %v", got, err)
		}
		if due, err := w.View(ctx).DueRemovals(1<<60, 10); err != nil || len(due) != 1 || !strings.HasSuffix(due[0].Key, ".thumb") {
			t.Errorf("what the text has not: %+v, %v", due, err)
		}
		again, isNew, err := w.upload(stranger, c.ID, "Look:", "c-1", "holiday gnp.png", pixels(t, 640, 320), "notes.txt", "Hello")
		if err != nil || isNew || again.Message.ID != ev.Message.ID || !slices.Equal(ids(again.Message), ids(ev.Message)) {
			t.Errorf("again: %+v, %v, %v", again.Message, isNew, err)
		}
		w.wantEvents()
		_, _, err = w.upload(stranger, c.ID, "Look:", "c-1", "other.png", pixels(t, 640, 320))
		wantCode(t, err, "client_message_id_taken")
		_, _, err = w.service.Post(ctx, stranger, chat.PostRequest{ConversationID: c.ID, Content: "Look:", ClientMessageID: "c-1"})
		wantCode(t, err, "client_message_id_taken")

		ev, _, err = w.upload(as(w.Anna), c.ID, " ", "", "answer.txt", "Yes")
		if err != nil || ev.Message.Content != "" || ev.Message.SenderType != models.SenderManager {
			t.Errorf("without words: %+v, %v", ev.Message, err)
		}
		views, _, err := w.service.Inbox(ctx, as(w.Anna), chat.InboxQuery{ManagerID: w.Anna.ID, Status: models.StatusOpen, Limit: 5})
		if err != nil || views[0].LastMessage.AttachmentCount != 1 {
			t.Errorf("in the list: %+v, %v", views, err)
		}
		if got := w.post(stranger, c.ID, "Thanks"); got.Attachments == nil || len(got.Attachments) != 0 {
			t.Errorf("a message without files: %+v", got)
		}
		read, err := w.service.MarkRead(ctx, stranger, chat.Sender{}, c.ID, ev.Message.ID)
		if err != nil || len(read.Message.Attachments) != 1 {
			t.Errorf("read: %+v, %v", read.Message, err)
		}
	})
}

func ids(m *chat.MessageView) (list []string) {
	for _, a := range m.Attachments {
		list = append(list, a.ID)
	}
	return list
}

func TestAttachmentsRefused(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		_, _, err := w.upload(stranger, 1, "", "", "a.txt", "a")
		wantCode(t, err, "attachments_off")

		folder, _ := w.withFiles(func(c *chat.AttachmentConfig) { c.BytesPerHour = 5 << 19 })
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		for _, row := range []struct {
			name    string
			content string
			parts   []string
			want    string
		}{
			{"nothing", "x", nil, "attachment_missing"},
			{"an empty file", "x", []string{"a.txt", ""}, "attachment_empty"},
			{"a page", "", []string{"cat.png", "<!DOCTYPE html><script>alert(1)</script>"}, "attachment_type_refused"},
			{"one good, one bad", "", []string{"a.txt", "Hello", "cat.png", "<html>"}, "attachment_type_refused"},
			{"a program's name", "", []string{"a.js", "alert(1)"}, "attachment_type_refused"},
			{"an installer", "", []string{"letter.doc", compound("")}, "attachment_type_refused"},
			{"not on the list", "", []string{"a.gif", "GIF89a\x01\x00\x01\x00\x00\x00\x00;"}, "attachment_type_refused"},
			{"too large", "", []string{"a.txt", strings.Repeat("a", 1<<20+1)}, "attachment_too_large"},
			{"too many", "", []string{"a.txt", "a", "b.txt", "b", "c.txt", "c", "d.txt", "d"}, "attachments_too_many"},
			{"too many words", strings.Repeat("x", models.MaxContent+1), []string{"a.txt", "a"}, "content_invalid"},
			{"too much for an hour", "", []string{"a.txt", strings.Repeat("a", 1<<20), "b.txt", strings.Repeat("a", 1<<20)}, "too_many_requests"},
		} {
			t.Run(row.name, func(t *testing.T) {
				_, _, err := w.upload(stranger, c.ID, row.content, "", row.parts...)
				wantCode(t, err, row.want)
				sweep(t, w, folder)
				if n := kept(t, folder); len(n) != 0 {
					t.Errorf("left behind: %v", n)
				}
			})
		}
		if _, _, err := w.upload(as(w.Anna), c.ID, "", "", "letter.doc", compound("WordDocument")); err != nil {
			t.Errorf("an old letter: %v", err)
		}
		_, _, err = w.upload(as(w.boris), c.ID, "", "", "a.txt", "a")
		wantCode(t, err, "forbidden")
		_, _, err = w.upload(as(w.Manager(w.Organization("Kettles"), "Clara")), c.ID, "", "", "a.txt", "a")
		wantCode(t, err, "conversation_not_found")
		_, _, err = w.upload(w.backend(w.Org), c.ID, "", "", "a.txt", "a")
		wantCode(t, err, "sender_missing")
	})
}

// compound is a file of the old office, or an installer, whose directory comes late.
func compound(stream string) string {
	b := make([]byte, 512+512*20)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30], b[32], b[48] = 9, 6, 18
	directory := b[512*19:]
	copy(directory, "R\x00o\x00o\x00t\x00 \x00E\x00n\x00t\x00r\x00y\x00")
	for i, r := range stream {
		directory[128+2*i] = byte(r)
	}
	return string(b)
}

// sweep removes what is due.
func sweep(t *testing.T, w *world, folder string) {
	t.Helper()
	bucket, err := files.Open(ctx, "file://"+folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close() //nolint:errcheck // it was read
	if err := chat.NewSweeper(w, bucket, slog.New(slog.DiscardHandler)).Sweep(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestFilesGoWithTheirMessage(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		folder, _ := w.withFiles(nil)
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		ev, _, err := w.upload(stranger, c.ID, "", "c-1", "a.png", pixels(t, 8, 8))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.upload(stranger, c.ID, "", "", "b.txt", "stays"); err != nil {
			t.Fatal(err)
		}
		deleted, err := w.service.Delete(ctx, stranger, chat.ChangeRequest{ConversationID: c.ID, MessageID: ev.Message.ID})
		if err != nil || len(deleted.Message.Attachments) != 0 {
			t.Fatalf("%+v, %v", deleted.Message, err)
		}
		if _, err := w.service.File(ctx, stranger, ev.Message.Attachments[0].ID); chat.KindOf(err) != chat.NotFound {
			t.Errorf("still there: %v", err)
		}
		if again, isNew, err := w.upload(stranger, c.ID, "", "c-1", "a.png", pixels(t, 8, 8)); err != nil || isNew || !again.Message.Deleted {
			t.Errorf("sent again: %+v, %v, %v", again.Message, isNew, err)
		}
		sweep(t, w, folder)
		if n := kept(t, folder); len(n) != 1 {
			t.Errorf("of two files, one of which was deleted: %v", n)
		}
		if err := chat.NewAdmin(w).DeleteOrganization(ctx, w.Org.ID); err != nil {
			t.Fatal(err)
		}
		sweep(t, w, folder)
		if n := kept(t, folder); len(n) != 0 {
			t.Errorf("after the organisation: %v", n)
		}
	})
}

// TestCrash: what a process that died has left is removed in time, and a message cannot take it any more.
func TestCrash(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		folder, _ := w.withFiles(nil)
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		u, err := w.service.BeginUpload(ctx, stranger, chat.UploadRequest{ConversationID: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Add(ctx, "a.txt", strings.NewReader("Hello")); err != nil {
			t.Fatal(err)
		}
		name := kept(t, folder)[0]
		torn := filepath.Join(folder, name+".17ab.tmp") // in another folder: not this file's
		mine := glob(t, filepath.Join(folder, "*", name))[0] + ".17ab.tmp"
		for _, path := range []string{torn, mine} {
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		sweep(t, w, folder)
		if n := kept(t, folder); len(n) != 3 {
			t.Fatalf("removed before its time: %v", n)
		}
		// Two hours later.
		err = w.Update(ctx, func(tx chat.Tx) error {
			due, err := tx.DueRemovals(1<<60, 10)
			if err != nil || len(due) != 2 || due[0].DueAt < models.At(time.Now().Add(time.Hour)) {
				t.Errorf("on the schedule: %+v, %v", due, err)
			}
			return tx.HastenRemovals([]string{due[0].Key, due[1].Key})
		})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = u.Finish(ctx, "late", "")
		wantCode(t, err, "upload_expired")
		sweep(t, w, folder)
		if n := kept(t, folder); !slices.Equal(n, []string{filepath.Base(torn)}) {
			t.Errorf("left behind: %v", n)
		}
	})
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found
}

// schedule is a store that holds nothing but what is to be removed.
type schedule struct {
	chat.Store
	chat.Tx
	mu  sync.Mutex
	due map[string]models.Time
}

func (s *schedule) View(context.Context) chat.Reader                       { return s }
func (s *schedule) Update(_ context.Context, fn func(chat.Tx) error) error { return fn(s) }

func (s *schedule) DeleteRemovals(keys []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.due, key)
	}
	return nil
}

func (s *schedule) DueRemovals(until models.Time, limit int) (list []models.BlobRemoval, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, at := range s.due {
		if at <= until && len(list) < limit {
			list = append(list, models.BlobRemoval{Key: key, DueAt: at})
		}
	}
	return list, nil
}

func (s *schedule) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.due)
}

// stubborn fails to remove what it is told to.
type stubborn struct {
	chat.Blobs
	mu             sync.Mutex
	fails, removed map[string]int
}

func (s *stubborn) Remove(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails[key]--; s.fails[key] >= 0 {
		return errors.New("no")
	}
	s.removed[key]++
	return nil
}

func (s *stubborn) gone(key string) (this, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removed[key], len(s.removed)
}

// TestSweeper: hundreds at once, each at its time, and again what failed.
func TestSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &schedule{due: map[string]models.Time{}}
		blobs := &stubborn{fails: map[string]int{"k7": 2}, removed: map[string]int{}}
		later := models.At(time.Now().Add(time.Hour))
		for i := range 250 {
			s.due[fmt.Sprint("k", i)] = 0
		}
		s.due["later"] = later
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- chat.NewSweeper(s, blobs, slog.New(slog.DiscardHandler)).Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if tried, all := blobs.gone("k7"); s.left() != 1 || all != 250 || tried != 1 {
			t.Errorf("after a minute %d are left, %d removed", s.left(), all)
		}
		time.Sleep(59*time.Minute + 30*time.Second)
		synctest.Wait()
		if n, _ := blobs.gone("later"); n != 0 {
			t.Error("removed while a message on a node with a slow clock might still take it")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n, _ := blobs.gone("later"); s.left() != 0 || n != 1 {
			t.Errorf("at last %d are left", s.left())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// endless gives bytes for ever, and counts those that were taken and kept.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.n += int64(len(p))
	return len(p), nil
}

func TestTooLargeIsNoticedWhileItComes(t *testing.T) {
	w := newWorld(t, sqlite(t), chat.Rules{})
	folder, _ := w.withFiles(nil)
	w.onDuty(w.Anna)
	u, err := w.service.BeginUpload(ctx, stranger, chat.UploadRequest{ConversationID: w.open(stranger, "v1").ID})
	if err != nil {
		t.Fatal(err)
	}
	source := &endless{}
	wantCode(t, u.Add(ctx, "a.txt", source), "attachment_too_large")
	if source.n > 1<<20+1<<16 {
		t.Errorf("%d bytes were read to notice that they are more than %d", source.n, 1<<20)
	}
	if n := kept(t, folder); len(n) != 0 {
		t.Errorf("left behind: %v", n)
	}
}

func TestWhoMaySeeFiles(t *testing.T) {
	for _, rules := range []chat.Rules{{}, {SignedVisitors: true}} {
		t.Run(fmt.Sprint("signed=", rules.SignedVisitors), func(t *testing.T) {
			w := newWorld(t, sqlite(t), rules)
			w.withFiles(nil)
			w.onDuty(w.Anna)
			me := chat.Principal{Party: chat.Visitor, VisitorID: "v1", OrganizationID: w.Org.ID}
			c := w.open(me, "v1")
			ev, _, err := w.upload(me, c.ID, "", "", "a.png", pixels(t, 400, 4))
			if err != nil {
				t.Fatal(err)
			}
			id := ev.Message.Attachments[0].ID
			other := w.Organization("Kettles")
			clara := w.Manager(other, "Clara")
			strangers := chat.NotFound
			if rules.SignedVisitors {
				strangers = chat.Unauthenticated
			}
			for _, row := range []struct {
				who  string
				p    chat.Principal
				id   string
				want chat.Kind // Internal: she may
			}{
				{"the visitor", me, id, chat.Internal},
				{"the visitor, by a token without organisation", visitor("v1"), id, chat.Internal},
				{"the counterpart", as(w.Anna), id, chat.Internal},
				{"a colleague, who may read the history", as(w.boris), id, chat.Internal},
				{"the site's backend", w.backend(w.Org), id, chat.Internal},
				{"another visitor", visitor("v2"), id, chat.NotFound},
				{"a manager of another organisation", as(clara), id, chat.NotFound},
				{"another's backend", w.backend(other), id, chat.NotFound},
				{"the operator", chat.Principal{Party: chat.Operator}, id, chat.Forbidden},
				{"anybody, guessing", stranger, "00000000-0000-4000-8000-000000000000", strangers},
				{"anybody, with nonsense", stranger, "\x00", strangers},
			} {
				_, err := w.service.File(ctx, row.p, row.id)
				if row.want == chat.Internal && err != nil || row.want != chat.Internal && chat.KindOf(err) != row.want {
					t.Errorf("%s: %v", row.who, err)
				}
			}
			if _, err := w.service.File(ctx, stranger, id); (err == nil) == rules.SignedVisitors {
				t.Errorf("anybody who knows it: %v", err)
			}
			f, err := w.service.File(ctx, me, id)
			if err != nil || !f.Inline {
				t.Fatalf("%+v, %v", f, err)
			}
			r, err := f.Open(ctx, 1, 3)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close() //nolint:errcheck // it was read
			if b, err := io.ReadAll(r); err != nil || string(b) != "PNG" {
				t.Errorf("a part: %q, %v", b, err)
			}
			small, err := f.Thumbnail(ctx)
			shape, _, decoded := image.DecodeConfig(bytes.NewReader(small))
			if err != nil || decoded != nil || shape.Width != 320 || shape.Height != 3 {
				t.Errorf("small: %+v, %v, %v", shape, err, decoded)
			}
		})
	}
}
