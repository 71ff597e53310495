package chat

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"parley/models"
)

// exportsAtOnce bounds how many exports one process writes at a time.
const exportsAtOnce = 4

// exportRetry is when it is worth trying again.
const exportRetry = 10 * time.Second

// Export is all that is known of a visitor, to be written as a zip: data.json, and files under files/.
type Export struct {
	store        Store
	blobs        Blobs // nil: there are no files
	places       chan struct{}
	organization models.Organization
	visitor      models.Visitor
	exported     models.Time
}

// ExportVisitor settles that the caller may have all that is known of a visitor of her organisation, and notes in the
// audit log that she has it. Close the export in any case.
func (s *Service) ExportVisitor(ctx context.Context, p Principal, visitorID string) (*Export, error) {
	if err := s.gate.mayData(p); err != nil {
		return nil, err
	}
	select {
	case s.exporting <- struct{}{}:
	default:
		return nil, tooMany(exportRetry)
	}
	if err := s.gate.denials.flush(ctx); err != nil {
		<-s.exporting
		return nil, err
	}
	e, err := newExport(ctx, s.store, p, p.OrganizationID, visitorID)
	if err != nil {
		<-s.exporting
		return nil, err
	}
	e.blobs, e.places = s.cfg.Attachments.Blobs, s.exporting
	return e, nil
}

// ExportVisitor is all that is known of a visitor, for the operator; blobs may be nil.
func (a *Admin) ExportVisitor(ctx context.Context, organizationID int64, visitorID string, blobs Blobs) (*Export, error) {
	e, err := newExport(ctx, a.store, commandLine, organizationID, visitorID)
	if err == nil {
		e.blobs = blobs
	}
	return e, err
}

// newExport finds the visitor; organizationID 0 is any.
func newExport(ctx context.Context, store Store, by Principal, organizationID int64, visitorID string) (*Export, error) {
	e := &Export{store: store, exported: now()}
	if !models.ValidVisitorID(visitorID) {
		return nil, visitorNotFound(visitorID)
	}
	err := store.Update(ctx, func(tx Tx) error {
		id, err := goesBy(tx, visitorID)
		if err != nil {
			return err
		}
		e.visitor, err = tx.Visitor(id)
		if err == nil && organizationID != 0 && e.visitor.OrganizationID != organizationID {
			err = ErrNoRecord
		}
		if err != nil {
			return orNotFound(err, "visitor_not_found", "There is no such visitor")
		}
		if e.organization, err = tx.Organization(e.visitor.OrganizationID); err != nil {
			return err
		}
		return audit(ctx, tx, by, Deed{Action: models.AuditExported, OrganizationID: e.organization.ID, Target: visitorTarget(id)})
	})
	return e, err
}

// Close lets another export begin.
func (e *Export) Close() {
	if e.places != nil {
		<-e.places
		e.places = nil
	}
}

// Write writes the zip as it goes, page by page. What changes meanwhile may be in it or not.
func (e *Export) Write(ctx context.Context, to io.Writer) error {
	z := zip.NewWriter(to)
	data, err := z.CreateHeader(&zip.FileHeader{Name: "data.json", Method: zip.Deflate, Modified: e.exported.Time()})
	if err == nil {
		err = e.writeData(ctx, data)
	}
	if err == nil && e.blobs != nil {
		err = e.writeFiles(ctx, z)
	}
	if err != nil {
		return err
	}
	return z.Close()
}

// exportedConversation is what is told of a conversation beside its messages.
type exportedConversation struct {
	*ConversationView
	Tags        []string          `json:"tags"`
	Transitions []*TransitionView `json:"transitions"`
	Notes       []*NoteView       `json:"notes"`
	Calls       []exportedCall    `json:"calls"`
	Membership  *exportedMember   `json:"membership"`
}

// exportedMessage is a message with what it said before.
type exportedMessage struct {
	*MessageView
	Versions []models.MessageVersion `json:"versions"`
}

func (e *Export) writeData(ctx context.Context, to io.Writer) error {
	w := newJSONWriter(to)
	r := e.store.View(ctx)
	w.open("{")
	w.field("exported_at", e.exported)
	w.field("organization", map[string]any{"id": e.organization.ID, "name": e.organization.Name})
	w.field("visitor", viewVisitor(e.visitor))
	aliases, err := r.Aliases(e.organization.ID, e.visitor.ID, dataPage)
	if err != nil {
		return err
	}
	w.field("former_ids", aliases)
	w.array("conversations", func() error {
		return e.conversations(ctx, func(c models.Conversation) error { return e.writeConversation(ctx, w, c) })
	})
	w.array("notifications", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.Notification, error) {
			return r.NotificationPage(e.visitor.ID, after, limit)
		}, func(n models.Notification) int64 { return n.ID }, func(n models.Notification) error { return w.item(viewNotification(n)) })
	})
	e.writeSaid(ctx, w)
	e.rooms(ctx, w)
	w.array("events", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.Event, error) {
			return r.EventPage(e.visitor.ID, after, limit)
		}, func(ev models.Event) int64 { return ev.ID }, func(ev models.Event) error {
			return w.item(map[string]any{"created_at": ev.CreatedAt, "event": json.RawMessage(ev.Payload)})
		})
	})
	w.array("audit", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.AuditEntry, error) {
			return r.AuditPage(e.visitor.ID, after, limit)
		}, func(a models.AuditEntry) int64 { return a.ID }, func(a models.AuditEntry) error { return w.item(viewAudit(a)) })
	})
	w.shut("}")
	return w.close()
}

func (e *Export) conversations(ctx context.Context, each func(models.Conversation) error) error {
	return pages(ctx, func(after int64, limit int) ([]models.Conversation, error) {
		return e.store.View(ctx).ConversationPage(e.visitor.ID, after, limit)
	}, func(c models.Conversation) int64 { return c.ID }, each)
}

func (e *Export) messages(ctx context.Context, c models.Conversation, each func(models.Message) error) error {
	return pages(ctx, func(after int64, limit int) ([]models.Message, error) {
		return e.store.View(ctx).MessagePage(c.ID, after, limit)
	}, func(m models.Message) int64 { return m.ID }, each)
}

func (e *Export) writeConversation(ctx context.Context, w *jsonWriter, c models.Conversation) error {
	r := e.store.View(ctx)
	told := exportedConversation{ConversationView: viewConversation(c, e.visitor, nil), Tags: []string{}}
	told.Staff = viewStaff(c)
	room, err := roomUUID(r, c)
	if err != nil {
		return err
	}
	told.Room = room
	tags, err := r.Tags(c.ID)
	if err != nil {
		return err
	}
	told.Tags = append(told.Tags, tags[c.ID]...)
	steps, err := r.Transitions(c.ID, maxTransitions)
	if err != nil {
		return err
	}
	for _, t := range steps {
		t.Decision = nil // it is about managers
		told.Transitions = append(told.Transitions, viewTransition(t))
	}
	notes, err := r.Notes(c.ID, 0, maxNotes)
	if err != nil {
		return err
	}
	for _, n := range notes {
		told.Notes = append(told.Notes, viewNote(n))
	}
	if told.Calls, err = exportCalls(r, c); err != nil {
		return err
	}
	if told.Membership, err = exportMember(r, c); err != nil {
		return err
	}
	w.comma()
	w.open("{")
	w.field("conversation", told)
	w.array("messages", func() error {
		return e.messages(ctx, c, func(m models.Message) error {
			one := exportedMessage{MessageView: viewMessage(m), Versions: []models.MessageVersion{}}
			if m.EditedAt != nil || m.DeletedAt != nil {
				var err error
				if one.Versions, err = r.MessageVersions(m.ID); err != nil {
					return err
				}
			}
			return w.item(one)
		})
	})
	w.shut("}")
	return w.err
}

// writeFiles copies the files. One that was removed meanwhile is left out.
func (e *Export) writeFiles(ctx context.Context, z *zip.Writer) error {
	return e.conversations(ctx, func(c models.Conversation) error {
		return e.messages(ctx, c, func(m models.Message) error {
			for _, a := range m.Attachments {
				if err := e.writeFile(ctx, z, a); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (e *Export) writeFile(ctx context.Context, z *zip.Writer, a models.Attachment) error {
	content, err := e.blobs.Open(ctx, a.BlobKey, 0, -1)
	if errors.Is(err, ErrNoRecord) {
		return nil
	}
	if err != nil {
		return err
	}
	defer content.Close() //nolint:errcheck // it was read
	file, err := z.CreateHeader(&zip.FileHeader{Name: "files/" + a.UUID + "/" + models.FileName(a.Name), Modified: a.CreatedAt.Time()})
	if err == nil {
		_, err = io.Copy(file, content)
	}
	return err
}
