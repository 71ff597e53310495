package chat

import (
	"context"
	"errors"
	"net/url"
	"time"

	"parley/models"
)

// A call rings at all managers of an organisation who listen, in a conversation of its own; the first who accepts has
// it. Sound and pictures go from browser to browser. The server passes on what they need to find each other, and keeps
// how far the call is.
//
//	ringing ──accept──▶ accepted ──hangup, closed, handed on, both silent──▶ ended
//	   ├─────refuse───▶ refused
//	   └─────hangup, closed, nobody for a while──▶ missed

// CallReader reads calls.
type CallReader interface {
	// LatestCall is the newest of a conversation, LatestCallOf of a visitor.
	LatestCall(conversationID int64) (models.Call, error)
	LatestCallOf(visitorID string) (models.Call, error)
	// Calls lists a conversation's, oldest first.
	Calls(conversationID int64, limit int) ([]models.Call, error)
	// LiveCalls lists an organisation's that have not come to an end, oldest first.
	LiveCalls(organizationID int64, limit int) ([]models.Call, error)
	// OverdueCalls lists calls that ring and began before rang, and those that were accepted and in which nobody was
	// heard since heard.
	OverdueCalls(rang, heard models.Time, limit int) ([]models.Call, error)
}

// CallTx writes calls.
type CallTx interface {
	CreateCall(c *models.Call) error
	SaveCall(c models.Call) error
	// HeardInCall notes when somebody was last heard of in a call that goes on.
	HeardInCall(id int64, at models.Time) error
}

// CallConfig is about calls; zero fields take the defaults that are named.
type CallConfig struct {
	// RingFor is how long a call rings before it is missed (60 s), SilentFor how long neither side may be heard of
	// before an accepted one has ended (60 s).
	RingFor, SilentFor time.Duration
	// STUN and TURN are addresses of servers that help browsers find each other. TURNSecret is what TURN's credentials
	// are made with; they hold for TURNLife (12 h).
	STUN, TURN []string
	TURNSecret string
	TURNLife   time.Duration
}

func (c CallConfig) withDefaults() CallConfig {
	if c.RingFor == 0 {
		c.RingFor = time.Minute
	}
	if c.SilentFor == 0 {
		c.SilentFor = time.Minute
	}
	if c.TURNLife == 0 {
		c.TURNLife = 12 * time.Hour
	}
	return c
}

// CallView is a call as both sides see it.
type CallView struct {
	ID               string           `json:"id"`
	ConversationID   int64            `json:"conversation_id"`
	ConversationUUID string           `json:"conversation_uuid"`
	VisitorID        string           `json:"visitor_id"`
	VisitorName      *string          `json:"visitor_name"`
	Kind             models.CallKind  `json:"kind"`
	State            models.CallState `json:"state"`
	// OperatorName and OperatorAvatar are what the page shows of who is called.
	OperatorName   string  `json:"operator_name"`
	OperatorAvatar *string `json:"operator_avatar"`
	// Manager is who has accepted it.
	Manager   *ManagerView `json:"manager"`
	CreatedAt models.Time  `json:"created_at"`
	// RingsUntil is when it is missed unless somebody accepts it.
	RingsUntil models.Time  `json:"rings_until"`
	AcceptedAt *models.Time `json:"accepted_at"`
	EndedAt    *models.Time `json:"ended_at"`
}

// CallRequest is a visitor's wish to be called.
type CallRequest struct {
	VisitorID string
	Sender    Sender
	SiteKey   string
	// Room is the uuid or token of the room in which it rings; empty: the main room.
	Room string
	// OperatorName, and the address of a picture if there is one, are what the page shows of who is called.
	OperatorName, OperatorAvatar string
	// Kind is empty for audio.
	Kind models.CallKind
}

const (
	maxOperatorName = 200
	maxAvatarURL    = 2048
	// maxCalls bounds lists of calls.
	maxCalls = 100
)

func (r *CallRequest) clean() (err error) {
	if r.Kind == "" {
		r.Kind = models.CallAudio
	}
	if !r.Kind.Valid() {
		return E(Invalid, "call_kind_invalid", "A call is audio, video or audio+video")
	}
	if r.OperatorName == "" || len(r.OperatorName) > maxOperatorName || !plain(r.OperatorName) {
		return E(Invalid, "operator_name_invalid", "operator_name has 1 to %d bytes of text", maxOperatorName)
	}
	if r.OperatorAvatar == "" {
		return nil
	}
	u, err := url.Parse(r.OperatorAvatar)
	if err != nil || len(r.OperatorAvatar) > maxAvatarURL || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return E(Invalid, "operator_avatar_invalid", "operator_avatar is the address of a picture")
	}
	return nil
}

// RequestCall begins a call: it rings. It has a conversation of its own, of the type task, in which a message asks for
// it; one of an earlier call that is still open serves again, and that call is over. Refusals: calls_off where the
// organisation takes none, chat_offline_message when nobody is on duty, room_not_found.
func (s *Service) RequestCall(ctx context.Context, p Principal, r CallRequest) (Event, error) {
	if !models.ValidVisitorID(r.VisitorID) {
		return Event{}, visitorIDInvalid()
	}
	if err := r.clean(); err != nil {
		return Event{}, err
	}
	if r.Sender.Type == models.SenderManager {
		return Event{}, E(Invalid, "sender_invalid", "A call is a visitor's")
	}
	if err := s.gate.Admit(p, r.Sender); err != nil {
		return Event{}, err
	}
	var err error
	if r.VisitorID, err = s.meant(ctx, p, r.VisitorID, &r.Sender); err != nil {
		return Event{}, err
	}
	if p.Party == Manager {
		return Event{}, forbidden("A call is a visitor's")
	}
	organization, err := s.organizationOf(ctx, p, r.VisitorID, r.SiteKey)
	if err != nil {
		return Event{}, err
	}
	actor, err := s.gate.Actor(ctx, p, r.Sender, r.VisitorID, organization.ID)
	if err != nil {
		return Event{}, err
	}
	if !organization.Calls {
		return Event{}, E(Conflict, "calls_off", "This organisation takes no calls")
	}
	if p.Party != Backend {
		if err := s.opens.Take(r.VisitorID); err != nil {
			return Event{}, err
		}
	}
	where, err := s.opening(s.store.View(ctx), organization.ID, r.Room, opening{kind: models.ChatTask})
	if err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		if err := s.ensureVisitor(tx, r.VisitorID, organization.ID); err != nil {
			return err
		}
		ev, err = s.ring(tx, actor, organization.ID, where, r)
		return err
	})
	return ev, err
}

// ring begins the call. The visitor is locked.
func (s *Service) ring(tx Tx, actor Principal, organizationID int64, where opening, r CallRequest) (Event, error) {
	o, err := tx.LockOrganization(organizationID)
	if err != nil {
		return Event{}, err
	}
	at := now()
	c, err := s.callChat(tx, o, actor, where, r.VisitorID, at)
	if err != nil {
		return Event{}, err
	}
	m := models.Message{
		UUID: newUUID(), OrganizationID: o.ID, ConversationID: c.ID, VisitorID: c.VisitorID,
		Type: models.MessageCall, Content: callText[r.Kind],
	}
	if err := sign(tx, &m, actor); err != nil {
		return Event{}, err
	}
	if _, err := s.say(tx, actor, &c, &m); err != nil {
		return Event{}, err
	}
	call := models.Call{
		UUID: newUUID(), OrganizationID: o.ID, ConversationID: c.ID, MessageID: m.ID, Kind: r.Kind,
		State: models.CallRinging, OperatorName: r.OperatorName, CreatedAt: at, UpdatedAt: at,
	}
	if r.OperatorAvatar != "" {
		call.OperatorAvatar = &r.OperatorAvatar
	}
	if err := tx.CreateCall(&call); err != nil {
		return Event{}, err
	}
	ev, err := s.tellCall(tx, &c, call, created, at)
	if err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(c)
}

// callText is what the message that asks for a call says to clients that know no calls.
var callText = map[models.CallKind]string{
	models.CallAudio: "Call", models.CallVideo: "Video call", models.CallBoth: "Video call",
}

// callChat is the conversation of the visitor's latest call if it is open and in the room, or a new one, locked.
func (s *Service) callChat(tx Tx, o models.Organization, actor Principal, where opening, visitorID string, at models.Time) (models.Conversation, error) {
	decision, err := s.decide(tx, o, visitorID, nil, at)
	if err != nil {
		return models.Conversation{}, err
	}
	if decision.Outcome == Nobody {
		return models.Conversation{}, s.offline(o)
	}
	latest, err := tx.LatestCallOf(visitorID)
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return models.Conversation{}, err
	}
	if err == nil {
		c, err := tx.LockConversation(latest.ConversationID)
		if err != nil {
			return c, err
		}
		if err := s.overCall(tx, &c, latest, at); err != nil {
			return c, err
		}
		if c.Status == models.StatusOpen && c.RoomID == where.place {
			return c, nil
		}
		if err := tx.SaveConversation(c); err != nil {
			return c, err
		}
	}
	c, err := where.begin(tx, o.ID, visitorID, at)
	if err != nil {
		return c, err
	}
	_, err = s.take(tx, o, &c, step{action: models.ActionOpened, actor: actor, at: at})
	return c, err
}

// overCall ends a call that goes on; the caller saves the conversation.
func (s *Service) overCall(tx Tx, c *models.Conversation, call models.Call, at models.Time) error {
	if call.EndedAt != nil {
		return nil
	}
	state := models.CallEnded
	if call.State == models.CallRinging {
		state = models.CallMissed
	}
	_, err := s.moveCall(tx, c, call, state, at)
	return err
}

// moveCall brings a call into another state and tells so; the caller saves the conversation.
func (s *Service) moveCall(tx Tx, c *models.Conversation, call models.Call, to models.CallState, at models.Time) (Event, error) {
	call.State, call.UpdatedAt = to, at
	if to == models.CallAccepted {
		call.AcceptedAt, call.ManagerID = &at, c.ManagerID
	} else {
		call.EndedAt = &at
	}
	if err := tx.SaveCall(call); err != nil {
		return Event{}, err
	}
	return s.tellCall(tx, c, call, updated, at)
}

func (s *Service) tellCall(tx Tx, c *models.Conversation, call models.Call, action string, at models.Time) (Event, error) {
	view, err := s.viewCall(tx, call, *c)
	if err != nil {
		return Event{}, err
	}
	ev := Event{Entity: models.EventCall, Event: action, Call: view}
	return ev, record(tx, c, action, ev, at)
}

func (s *Service) viewCall(r Reader, call models.Call, c models.Conversation) (*CallView, error) {
	v, err := r.Visitor(c.VisitorID)
	if err != nil {
		return nil, err
	}
	view := &CallView{
		ID: call.UUID, ConversationID: c.ID, ConversationUUID: c.UUID, VisitorID: c.VisitorID, VisitorName: v.Name,
		Kind: call.Kind, State: call.State, OperatorName: call.OperatorName, OperatorAvatar: call.OperatorAvatar,
		CreatedAt: call.CreatedAt, RingsUntil: call.CreatedAt.Add(s.cfg.Calls.RingFor),
		AcceptedAt: call.AcceptedAt, EndedAt: call.EndedAt,
	}
	if call.ManagerID != nil {
		m, err := r.FormerManager(*call.ManagerID)
		if err != nil {
			return nil, err
		}
		view.Manager = &ManagerView{ID: m.ID, Name: m.Name, AvatarURL: m.AvatarURL}
	}
	return view, nil
}

// followChat ends the call of a conversation that was closed, or handed on while it was spoken in; the caller saves
// the conversation.
func (s *Service) followChat(tx Tx, c *models.Conversation, at models.Time) error {
	call, err := tx.LatestCall(c.ID)
	if errors.Is(err, ErrNoRecord) {
		return nil
	}
	if err != nil {
		return err
	}
	hers := call.ManagerID != nil && c.ManagerID != nil && *call.ManagerID == *c.ManagerID
	if c.Status != models.StatusClosed && (call.State != models.CallAccepted || hers) {
		return nil
	}
	return s.overCall(tx, c, call, at)
}

// Call is the latest call of a conversation, or nothing.
func (s *Service) Call(ctx context.Context, p Principal, claimed Sender, conversationID int64) (*CallView, error) {
	c, actor, err := s.look(ctx, p, claimed, conversationID)
	if err == nil {
		err = s.gate.MayConversation(memberLookup(ctx, s.store), actor, c, Look)
	}
	if err != nil {
		return nil, err
	}
	r := s.store.View(ctx)
	call, err := r.LatestCall(c.ID)
	if errors.Is(err, ErrNoRecord) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.viewCall(r, call, c)
}

// Calls lists the calls of the caller's organisation that have not come to an end, oldest first.
func (s *Service) Calls(ctx context.Context, p Principal) ([]*CallView, error) {
	if err := managersOrBackend(p); err != nil {
		return nil, err
	}
	r := s.store.View(ctx)
	live, err := r.LiveCalls(p.OrganizationID, maxCalls)
	if err != nil {
		return nil, err
	}
	views := []*CallView{}
	for _, call := range live {
		c, err := r.Conversation(call.ConversationID)
		if errors.Is(err, ErrNoRecord) {
			continue
		}
		if err != nil {
			return nil, err
		}
		view, err := s.viewCall(r, call, c)
		if err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	return views, nil
}

// endOverdueCalls notes calls that nobody has accepted, and those whose two sides have gone.
func (s *Service) endOverdueCalls(ctx context.Context) error {
	at := now()
	overdue, err := s.store.View(ctx).OverdueCalls(at.Add(-s.cfg.Calls.RingFor), at.Add(-s.cfg.Calls.SilentFor), careBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, call := range overdue {
		errs = append(errs, s.update(ctx, func(tx Tx) error { return s.endOverdue(tx, call, at) }))
	}
	return errors.Join(errs...)
}

func (s *Service) endOverdue(tx Tx, seen models.Call, at models.Time) error {
	c, err := tx.Conversation(seen.ConversationID)
	if err == nil {
		_, c, err = lockWhole(tx, c)
	}
	if err != nil {
		return err
	}
	call, err := tx.LatestCall(c.ID)
	if err != nil || call.ID != seen.ID || call.UpdatedAt != seen.UpdatedAt {
		return err
	}
	if err := s.overCall(tx, &c, call, at); err != nil {
		return err
	}
	return tx.SaveConversation(c)
}
