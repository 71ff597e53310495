package chat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

var (
	modelSeed   = flag.Uint64("seed", 0, "seed of the operations in TestModel; 0: another each time")
	modelRounds = flag.Int("rounds", 4, "rounds of TestModel on each database")
)

// TestModel does two hundred mixed operations at once on a visitor's two conversations. Whatever order they took,
// the events tell it: a model that follows them has to end where the database is, and every counter that was told
// on the way has to be the model's at that place.
func TestModel(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna, w.boris)
		for round := range *modelRounds {
			seed := *modelSeed
			if seed == 0 {
				seed = rand.Uint64()
			}
			t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
				t.Logf("-seed %d", seed)
				crowd := newCrowd(t, w, fmt.Sprint("v", round))
				crowd.work(seed, 20, 10)
				crowd.check()
			})
		}
	})
}

// crowd is everybody who works on the visitor's conversations at once.
type crowd struct {
	*world
	t             *testing.T
	visitorID     string
	conversations []int64
	chief         chat.Principal

	mu       sync.Mutex
	messages []*chat.MessageView
	notes    []*chat.NoteView
	refused  map[string]int
	done     int
}

func newCrowd(t *testing.T, w *world, visitorID string) *crowd {
	c := &crowd{world: w, t: t, visitorID: visitorID, refused: map[string]int{}, chief: supervisor(w.boris)}
	older := w.open(as(w.Anna), visitorID).ID
	for range 3 {
		c.messages = append(c.messages, w.post(stranger, older, "old"), w.post(as(w.Anna), older, "old"))
	}
	w.close(older)
	newer := w.open(as(w.Anna), visitorID).ID
	c.messages = append(c.messages, w.post(stranger, newer, "new"), w.post(as(w.Anna), newer, "new"))
	c.conversations = []int64{older, newer, newer, newer, newer}
	return c
}

func (c *crowd) work(seed uint64, workers, each int) {
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for range each {
				c.count(c.operation(r))
			}
		})
	}
	group.Wait()
}

// count notes how an operation ended. Most refusals are as they should be: somebody else was faster.
func (c *crowd) count(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var refusal *chat.Error
	switch {
	case err == nil:
		c.done++
	case chat.KindOf(err) == chat.Internal || chat.KindOf(err) == chat.NotFound:
		c.t.Errorf("an operation: %v", err)
	default:
		refusal = err.(*chat.Error)
		c.refused[refusal.Code]++
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (c *crowd) message(r *rand.Rand) *chat.MessageView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return pick(r, c.messages)
}

func (c *crowd) operation(r *rand.Rand) error {
	manager := pick(r, []models.Manager{c.Anna, c.boris})
	p := pick(r, []chat.Principal{visitor(c.visitorID), as(manager)})
	id, m := pick(r, c.conversations), c.message(r)
	switch n := r.IntN(100); {
	case n < 30:
		ev, _, err := c.service.Post(ctx, p, chat.PostRequest{ConversationID: id, Content: fmt.Sprint("said ", r.IntN(1000))})
		if err == nil {
			c.mu.Lock()
			c.messages = append(c.messages, ev.Message)
			c.mu.Unlock()
		}
		return err
	case n < 40:
		_, err := c.service.MarkRead(ctx, p, chat.Sender{}, id, m.ID)
		return err
	case n < 52:
		_, err := c.service.ReadUpTo(ctx, p, chat.Sender{}, id, m.ID)
		return err
	case n < 62:
		_, err := c.service.Edit(ctx, c.author(m), chat.ChangeRequest{ConversationID: m.ConversationID, MessageID: m.ID, Content: fmt.Sprint("edited ", r.IntN(3))})
		return err
	case n < 70:
		_, err := c.service.Delete(ctx, pick(r, []chat.Principal{c.author(m), c.chief}), chat.ChangeRequest{ConversationID: m.ConversationID, MessageID: m.ID})
		return err
	case n < 76:
		tags := func() []string { return []string{fmt.Sprint("t", r.IntN(5)), fmt.Sprint("t", r.IntN(5))} }
		_, err := c.service.Tag(ctx, as(manager), chat.Sender{}, id, tags(), tags())
		return err
	case n < 82:
		return c.note(r, as(manager), id)
	default:
		return c.step(r, p, manager, id)
	}
}

// step moves a conversation in its life.
func (c *crowd) step(r *rand.Rand, p chat.Principal, manager models.Manager, id int64) (err error) {
	switch r.IntN(6) {
	case 0:
		_, err = c.service.Claim(ctx, as(manager), chat.Sender{}, id)
	case 1:
		to := pick(r, []int64{0, c.Anna.ID, c.boris.ID})
		_, err = c.service.Transfer(ctx, as(manager), chat.Sender{}, id, chat.TransferRequest{ManagerID: to, Note: "yours"})
	case 2:
		_, err = c.service.TakeOver(ctx, c.chief, chat.Sender{}, id)
	case 3:
		_, err = c.service.Close(ctx, p, chat.Sender{}, id)
	default: // twice as often, so that work goes on
		_, err = c.service.Reopen(ctx, p, chat.Sender{}, id)
	}
	return err
}

// author is whoever wrote the message.
func (c *crowd) author(m *chat.MessageView) chat.Principal {
	switch m.SenderID {
	case c.Anna.ID:
		return as(c.Anna)
	case c.boris.ID:
		return as(c.boris)
	}
	return visitor(c.visitorID)
}

func (c *crowd) note(r *rand.Rand, p chat.Principal, id int64) error {
	c.mu.Lock()
	var gone *chat.NoteView
	if len(c.notes) > 0 && r.IntN(3) == 0 { // deleted once, since a second time finds nothing
		gone, c.notes = c.notes[0], c.notes[1:]
	}
	c.mu.Unlock()
	if gone != nil {
		_, err := c.service.DeleteNote(ctx, c.chief, chat.Sender{}, gone.ConversationID, gone.ID)
		return err
	}
	ev, err := c.service.AddNote(ctx, p, chat.Sender{}, id, "careful")
	if err == nil {
		c.mu.Lock()
		c.notes = append(c.notes, ev.Note)
		c.mu.Unlock()
	}
	return err
}

// check follows the events and compares.
func (c *crowd) check() {
	c.t.Helper()
	followed := map[int64]*followed{}
	pending, err := c.Pending(ctx, nil, 10_000)
	if err != nil {
		c.t.Fatal(err)
	}
	var relayed []int64
	for _, e := range pending {
		relayed = append(relayed, e.ID)
		if e.ConversationSeq == nil {
			continue // it says nothing of how a conversation is
		}
		id := *e.ConversationID
		if followed[id] == nil {
			followed[id] = newFollowed(c.t, id)
		}
		followed[id].follow(e)
	}
	if err := c.Relayed(ctx, relayed, models.At(time.Now())); err != nil {
		c.t.Fatal(err)
	}
	if c.done < 20 || c.t.Failed() {
		c.t.Errorf("done %d, refused %v", c.done, c.refused)
	}
	for _, id := range c.conversations[:2] {
		c.compare(followed[id])
	}
	c.totals(followed)
}

// compare looks whether the database ended where the events did.
func (c *crowd) compare(f *followed) {
	c.t.Helper()
	r := c.View(ctx)
	stored, err := r.Conversation(f.id)
	if err != nil {
		c.t.Fatal(err)
	}
	if stored.UnreadVisitor != f.unreadVisitor || stored.UnreadManager != f.unreadManager || stored.EventSeq != f.seq ||
		stored.State() != f.state || !same(stored.ManagerID, f.manager) || stored.LastMessageID == nil || *stored.LastMessageID != f.order[len(f.order)-1] {
		c.t.Errorf("conversation %+v, by its events %+v", stored, f)
	}
	page, err := r.History(chat.HistoryQuery{OrganizationID: c.Org.ID, VisitorID: c.visitorID, Count: 10_000})
	if err != nil {
		c.t.Fatal(err)
	}
	var order []int64
	for _, m := range page.Messages {
		if m.ConversationID != f.id {
			continue
		}
		order = append(order, m.ID)
		known := f.messages[m.ID]
		versions, err := r.MessageVersions(m.ID)
		var before []string
		for _, v := range versions {
			before = append(before, v.Content)
		}
		if err != nil || m.Content != known.content || (m.DeletedAt != nil) != known.deleted || (m.ReadAt != nil) != known.read || !slices.Equal(before, known.before) {
			c.t.Errorf("message %+v with %q, by its events %+v, %v", m, before, known, err)
		}
	}
	if !slices.Equal(order, f.order) {
		c.t.Errorf("history %v, by the events %v", order, f.order)
	}
	tags, err := r.Tags(f.id)
	if err != nil || !slices.Equal(tags[f.id], f.tags) {
		c.t.Errorf("tags %v, by the events %v, %v", tags, f.tags, err)
	}
	notes, err := r.Notes(f.id, 0, 1000)
	if err != nil || len(notes) != len(f.notes) {
		c.t.Errorf("%d notes, by the events %d, %v", len(notes), len(f.notes), err)
	}
	steps, err := r.Transitions(f.id, 1000)
	if err != nil || len(steps) != f.steps {
		c.t.Errorf("%d steps, by the events %d, %v", len(steps), f.steps, err)
	}
}

// totals compares what managers are told of all their conversations.
func (c *crowd) totals(all map[int64]*followed) {
	c.t.Helper()
	for _, m := range []models.Manager{c.Anna, c.boris} {
		totals, err := c.service.Unread(ctx, as(m), chat.Sender{})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range all {
			want := 0
			if f.state == models.StateAssigned && *f.manager == m.ID {
				want = f.unreadManager
			}
			got := 0
			for _, one := range totals.Conversations {
				if one.ID == f.id {
					got = one.Unread
				}
			}
			if got != want {
				c.t.Errorf("%s is told of %d unread in %d, want %d", m.Name, got, f.id, want)
			}
		}
	}
}

func same(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// followed is a conversation as whoever heard every event knows it.
type followed struct {
	t                            *testing.T
	id, seq                      int64
	unreadVisitor, unreadManager int
	state                        models.State
	manager                      *int64
	order                        []int64
	messages                     map[int64]*spoken
	tags                         []string
	notes                        map[int64]bool
	steps                        int
}

type spoken struct {
	sender        models.SenderType
	content       string
	read, deleted bool
	before        []string
}

func newFollowed(t *testing.T, id int64) *followed {
	return &followed{t: t, id: id, state: models.StateNone, messages: map[int64]*spoken{}, notes: map[int64]bool{}}
}

func (f *followed) follow(e models.Event) {
	f.t.Helper()
	f.seq++
	if *e.ConversationSeq != f.seq {
		f.t.Fatalf("event %d of %d has the sequence %d, want %d", e.ID, f.id, *e.ConversationSeq, f.seq)
	}
	var ev chat.Event
	if err := json.Unmarshal([]byte(e.Payload), &ev); err != nil {
		f.t.Fatal(err)
	}
	ok := true
	switch ev.Entity {
	case models.EventMessage:
		ok = f.message(ev)
	case models.EventRead:
		ok = f.read(*ev.Read)
	case models.EventTags:
		ok = !slices.Equal(f.tags, ev.Tags.Tags) && slices.IsSorted(ev.Tags.Tags)
		f.tags = ev.Tags.Tags
	case models.EventNote:
		_, known := f.notes[ev.Note.ID]
		if ok = known == (ev.Event == "deleted"); known {
			delete(f.notes, ev.Note.ID)
		} else {
			f.notes[ev.Note.ID] = true
		}
	case models.EventTransition:
		step := ev.Transition.Transition
		ok = step.FromState == f.state && same(step.FromManagerID, f.manager)
		f.state, f.manager = step.ToState, step.ManagerID
		f.steps++
	case models.EventConversation:
		c := ev.Conversation
		ok = c.UnreadCount == f.unreadVisitor && c.UnreadManagerCount == f.unreadManager && same(c.ManagerID, f.manager) &&
			(c.Status == models.StatusClosed) == (f.state == models.StateClosed)
	}
	if !ok {
		f.t.Errorf("event %s does not fit what was told before: %+v", e.Payload, f)
	}
}

func (f *followed) count(sender models.SenderType, by int) {
	if sender == models.SenderVisitor {
		f.unreadManager += by
	} else {
		f.unreadVisitor += by
	}
}

func (f *followed) message(ev chat.Event) bool {
	m := ev.Message
	known := f.messages[m.ID]
	if ev.Event == "created" {
		ok := known == nil && (len(f.order) == 0 || f.order[len(f.order)-1] < m.ID) && !m.Read && !m.Deleted && f.state != models.StateClosed
		f.order = append(f.order, m.ID)
		f.messages[m.ID] = &spoken{sender: m.SenderType, content: m.Content}
		f.count(m.SenderType, 1)
		return ok
	}
	if known == nil || known.deleted != m.Deleted && m.Content != "" || known.deleted && !m.Deleted || known.read && !m.Read {
		return false
	}
	if known.content != m.Content {
		known.before = append(known.before, known.content)
	}
	if m.Read && !known.read {
		f.count(known.sender, -1)
	}
	known.content, known.deleted, known.read = m.Content, m.Deleted, m.Read
	return true
}

func (f *followed) read(r chat.ReadView) bool {
	n := 0
	for id, m := range f.messages {
		if id <= r.UpTo && m.sender != r.Reader && !m.read {
			m.read = true
			n++
			f.count(m.sender, -1)
		}
	}
	return n > 0 && n == r.Count && r.UnreadCount == f.unreadVisitor && r.UnreadManagerCount == f.unreadManager && r.ConversationID == f.id
}
