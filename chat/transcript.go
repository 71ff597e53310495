package chat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"parley/models"
)

// DataReader reads what is told of a visitor, in pages by rising id above one.
type DataReader interface {
	// ConversationPage lists a visitor's conversations, MessagePage a conversation's messages with their files.
	ConversationPage(visitorID string, after int64, limit int) ([]models.Conversation, error)
	MessagePage(conversationID, after int64, limit int) ([]models.Message, error)
	NotificationPage(visitorID string, after int64, limit int) ([]models.Notification, error)
	EventPage(visitorID string, after int64, limit int) ([]models.Event, error)
	// AuditPage lists the entries in which the visitor acted or was acted on.
	AuditPage(visitorID string, after int64, limit int) ([]models.AuditEntry, error)
	// Aliases lists ids of visitors who were merged into one.
	Aliases(organizationID int64, mergedInto string, limit int) ([]string, error)
}

// dataPage is how many records are read at once, so that neither memory nor the database is held for long.
const dataPage = 200

// pages reads all pages that read gives, one after the other; id tells an item's.
func pages[T any](ctx context.Context, read func(after int64, limit int) ([]T, error), id func(T) int64, each func(T) error) error {
	for after := int64(0); ; {
		list, err := read(after, dataPage)
		if err != nil {
			return err
		}
		for _, item := range list {
			if err := each(item); err != nil {
				return err
			}
			after = id(item)
		}
		if len(list) < dataPage {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Transcript is what was said in a conversation, to be written down.
type Transcript struct {
	store Store
	c     models.Conversation
	// Staff: notes are in it.
	staff        bool
	visitor      models.Visitor
	organization models.Organization
	zone         *time.Location
}

// Transcript settles who may have a conversation's transcript: its visitor, without notes; managers who may look at
// it; backends with the scope data.
func (s *Service) Transcript(ctx context.Context, p Principal, claimed Sender, id int64) (Transcript, error) {
	t := Transcript{store: s.store}
	var actor Principal
	var err error
	if p.Party == Backend && claimed == (Sender{}) {
		actor = p
		if err := p.demand(models.ScopeData); err != nil {
			return t, err
		}
		t.c, err = s.store.View(ctx).Conversation(id)
		err = orNotFound(err, "conversation_not_found", "There is no conversation %d", id)
	} else {
		t.c, actor, err = s.look(ctx, p, claimed, id)
	}
	if err == nil {
		err = s.gate.MayConversation(memberLookup(ctx, s.store), actor, t.c, Look)
	}
	if err != nil {
		return t, err
	}
	t.staff = actor.Party == Manager || actor.Party == Backend
	r := s.store.View(ctx)
	if t.organization, err = r.Organization(t.c.OrganizationID); err != nil {
		return t, err
	}
	if t.zone, err = time.LoadLocation(t.organization.TimeZone); err != nil {
		t.zone = time.UTC
	}
	t.visitor, err = r.Visitor(t.c.VisitorID)
	return t, err
}

// messages calls each for what was said, in its order.
func (t Transcript) messages(ctx context.Context, each func(models.Message) error) error {
	return pages(ctx, func(after int64, limit int) ([]models.Message, error) {
		return t.store.View(ctx).MessagePage(t.c.ID, after, limit)
	}, func(m models.Message) int64 { return m.ID }, each)
}

func (t Transcript) notes(ctx context.Context) ([]models.Note, error) {
	if !t.staff {
		return nil, nil
	}
	return t.store.View(ctx).Notes(t.c.ID, 0, maxNotes)
}

// WriteText writes it for people: a line for each message, whose further lines are indented, so that no text looks like
// another message's beginning.
func (t Transcript) WriteText(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%s: conversation %d, %s (%s)\n\n", line(t.organization.Name), t.c.ID, t.when(t.c.CreatedAt), t.zone)
	err := t.messages(ctx, func(m models.Message) error {
		fmt.Fprintf(w, "[%s] %s (%s): %s\n", t.when(m.CreatedAt), t.speaker(m), m.SenderType, t.text(m))
		for _, a := range m.Attachments {
			fmt.Fprintf(w, "    file: %s (%s, %d bytes)\n", line(a.Name), a.ContentType, a.Size)
		}
		return nil
	})
	if err != nil {
		return err
	}
	notes, err := t.notes(ctx)
	if err != nil {
		return err
	}
	if len(notes) > 0 {
		fmt.Fprint(w, "\nNotes\n")
	}
	for _, n := range notes {
		fmt.Fprintf(w, "[%s] %s: %s\n", t.when(n.CreatedAt), line(n.ManagerName), indented(n.Content))
	}
	if t.c.ClosedAt != nil {
		fmt.Fprintf(w, "\nclosed %s\n", t.when(*t.c.ClosedAt))
	}
	return w.Flush()
}

func (t Transcript) when(at models.Time) string {
	return at.Time().In(t.zone).Format("2006-01-02 15:04:05")
}

func (t Transcript) speaker(m models.Message) string {
	switch {
	case m.SenderName != nil && *m.SenderName != "":
		return line(*m.SenderName)
	case m.SenderType == models.SenderVisitor && t.visitor.Name != nil:
		return line(*t.visitor.Name)
	case m.SenderType == models.SenderVisitor:
		return "Visitor"
	}
	return "Manager"
}

func (t Transcript) text(m models.Message) string {
	if m.DeletedAt != nil {
		return "(deleted)"
	}
	return indented(m.Wording())
}

// line is text of one line, without what controls a terminal or turns the direction of writing.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}

func indented(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\u2028' || r == '\u2029' })
	for i := range lines {
		lines[i] = line(lines[i])
	}
	return strings.Join(lines, "\n    ")
}

// WriteJSON writes it for programs: one object with conversation, time_zone, messages, and for staff notes.
func (t Transcript) WriteJSON(ctx context.Context, to io.Writer) error {
	shown := viewConversation(t.c, t.visitor, nil)
	var err error
	if shown.Room, err = roomUUID(t.store.View(ctx), t.c); err != nil {
		return err
	}
	w := newJSONWriter(to)
	w.open("{")
	w.field("conversation", shown)
	w.field("time_zone", t.zone.String())
	w.array("messages", func() error {
		return t.messages(ctx, func(m models.Message) error { return w.item(viewMessage(m)) })
	})
	if t.staff {
		w.array("notes", func() error {
			notes, err := t.notes(ctx)
			for _, n := range notes {
				_ = w.item(viewNote(n)) // close tells
			}
			return err
		})
	}
	w.shut("}")
	return w.close()
}

// jsonWriter writes a document piece by piece. After the first error it writes nothing more, and close returns it.
type jsonWriter struct {
	w     *bufio.Writer
	begun bool // something stands before in this object or array
	err   error
}

func newJSONWriter(to io.Writer) *jsonWriter { return &jsonWriter{w: bufio.NewWriter(to)} }

func (j *jsonWriter) text(s string) {
	if j.err == nil {
		_, j.err = j.w.WriteString(s)
	}
}

func (j *jsonWriter) comma() {
	if j.begun {
		j.text(",\n")
	}
	j.begun = true
}

func (j *jsonWriter) open(s string) { j.text(s); j.begun = false }

func (j *jsonWriter) shut(s string) { j.text(s); j.begun = true }

func (j *jsonWriter) value(v any) {
	raw, err := json.Marshal(v)
	if j.err == nil {
		j.err = err
	}
	j.text(string(raw))
}

func (j *jsonWriter) name(name string) {
	j.comma()
	j.value(name)
	j.text(":")
}

func (j *jsonWriter) field(name string, v any) {
	j.name(name)
	j.value(v)
}

func (j *jsonWriter) item(v any) error {
	j.comma()
	j.value(v)
	return j.err
}

func (j *jsonWriter) array(name string, fill func() error) {
	j.name(name)
	j.open("[")
	if j.err == nil {
		j.err = fill()
	}
	j.shut("]")
}

func (j *jsonWriter) close() error {
	j.text("\n")
	if j.err == nil {
		j.err = j.w.Flush()
	}
	return j.err
}
