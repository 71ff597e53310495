package chat

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/models"
)

// AuditReader reads the audit log.
type AuditReader interface {
	// Audit lists entries, the latest first.
	Audit(q AuditQuery) ([]models.AuditEntry, error)
}

// AuditTx writes it.
type AuditTx interface {
	AppendAudit(entries []models.AuditEntry) error
	// DeleteAudit removes up to limit entries from before a time, the oldest first.
	DeleteAudit(before models.Time, limit int) error
}

// Deed is what somebody did, for the audit log. Nothing of it is a secret, and nothing says of a visitor more than
// her id, as the target alone.
type Deed struct {
	Action models.AuditAction
	// OrganizationID is whose log has it; 0: the actor's.
	OrganizationID int64
	Target         AuditTarget
	// Details are a few short facts; more than maxDetails bytes of JSON are left out.
	Details map[string]any
}

// AuditTarget is what something was done to: a kind, such as manager, key or visitor, and an id.
type AuditTarget struct{ Kind, ID string }

// targetOf names what has a number.
func targetOf(kind string, id int64) AuditTarget {
	return AuditTarget{kind, strconv.FormatInt(id, 10)}
}

func managerTarget(id int64) AuditTarget { return targetOf("manager", id) }

func visitorTarget(id string) AuditTarget { return AuditTarget{"visitor", id} }

// Bounds of an entry's texts, in bytes.
const (
	maxAuditText = 200
	maxDetails   = 1000
)

// commandLine is whoever runs the program's commands, system what the server does by itself.
var (
	commandLine = Principal{Party: "command"}
	system      = Principal{Party: "system"}
)

// audit writes a deed in the transaction that does it, so that there is no deed without its entry.
func audit(ctx context.Context, tx AuditTx, by Principal, d Deed) error {
	return tx.AppendAudit([]models.AuditEntry{entryOf(ctx, by, d)})
}

func entryOf(ctx context.Context, by Principal, d Deed) models.AuditEntry {
	e := models.AuditEntry{
		At: now(), Action: d.Action, TargetKind: d.Target.Kind, TargetID: bounded(d.Target.ID), Count: 1,
		Address: bounded(callerOf(ctx).Address), Details: details(d.Details),
	}
	e.ActorKind, e.ActorID = auditActor(by)
	if id := d.OrganizationID; id != 0 {
		e.OrganizationID = &id
	} else if id := by.OrganizationID; id != 0 {
		e.OrganizationID = &id
	}
	return e
}

// auditActor names a principal for the log.
func auditActor(p Principal) (kind, id string) {
	switch p.Party {
	case Visitor:
		return "visitor", p.VisitorID
	case Manager:
		return "manager", strconv.FormatInt(p.ManagerID, 10)
	case Backend:
		if p.KeyID == 0 {
			return "secret", ""
		}
		return "key", strconv.FormatInt(p.KeyID, 10)
	case Stranger:
		return "stranger", ""
	}
	return string(p.Party), ""
}

// bounded cuts a text, never inside a character, and takes out what no database keeps.
func bounded(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) <= maxAuditText {
		return text
	}
	end := maxAuditText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

func details(facts map[string]any) string {
	if len(facts) == 0 {
		return "{}"
	}
	text, err := json.Marshal(facts)
	if err != nil || len(text) > maxDetails {
		return `{"left_out":true}`
	}
	return string(text)
}

// AuditQuery asks for entries of the audit log; what is empty asks for all.
type AuditQuery struct {
	// OrganizationID 0 asks for every organisation's, and for what belongs to none.
	OrganizationID     int64
	Action             models.AuditAction
	ActorKind, ActorID string
	// From is the first moment, To the first one after the last.
	From, To models.Time
	Before   *AuditCursor
	Limit    int
}

// AuditCursor is the place after which a page goes on.
type AuditCursor struct {
	At models.Time
	ID int64
}

// AuditView is an entry as people see it.
type AuditView struct {
	ID             int64              `json:"id"`
	OrganizationID *int64             `json:"organization_id"`
	At             models.Time        `json:"at"`
	Actor          AuditParty         `json:"actor"`
	Action         models.AuditAction `json:"action"`
	// Target is null for what has none.
	Target  *AuditParty     `json:"target"`
	Address string          `json:"address"`
	Count   int             `json:"count"`
	Details json.RawMessage `json:"details"`
}

// AuditParty is somebody, or something, in the audit log.
type AuditParty struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func viewAudit(e models.AuditEntry) AuditView {
	view := AuditView{
		ID: e.ID, OrganizationID: e.OrganizationID, At: e.At, Actor: AuditParty{e.ActorKind, e.ActorID}, Action: e.Action,
		Address: e.Address, Count: e.Count, Details: json.RawMessage(e.Details),
	}
	if e.TargetKind != "" {
		view.Target = &AuditParty{e.TargetKind, e.TargetID}
	}
	return view
}

// AuditLog lists what was done in the caller's organisation, the latest first, to admins and backends. next is where
// the following page begins, nil at the end.
func (s *Service) AuditLog(ctx context.Context, p Principal, q AuditQuery) (views []AuditView, next *AuditCursor, err error) {
	if err := s.gate.mayData(p); err != nil {
		return nil, nil, err
	}
	if err := s.gate.denials.flush(ctx); err != nil { // what was refused a moment ago belongs to it
		return nil, nil, err
	}
	q.OrganizationID = p.OrganizationID
	return auditPage(s.store.View(ctx), q)
}

// AuditLog lists what was done, for the operator.
func (a *Admin) AuditLog(ctx context.Context, q AuditQuery) ([]AuditView, *AuditCursor, error) {
	return auditPage(a.store.View(ctx), q)
}

// maxAuditPage bounds a page of the log.
const maxAuditPage = 200

func auditPage(r Reader, q AuditQuery) (views []AuditView, next *AuditCursor, err error) {
	limit := min(max(q.Limit, 1), maxAuditPage)
	q.Limit = limit + 1
	entries, err := r.Audit(q)
	if len(entries) > limit {
		entries = entries[:limit]
		next = &AuditCursor{At: entries[limit-1].At, ID: entries[limit-1].ID}
	}
	views = make([]AuditView, len(entries))
	for i, e := range entries {
		views[i] = viewAudit(e)
	}
	return views, next, err
}
