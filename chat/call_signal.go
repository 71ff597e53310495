package chat

import (
	"context"
	"errors"
	"strconv"

	"parley/models"
)

// What the two sides of a call say. The first three change how far it is; those after are passed on and not kept;
// alive tells that somebody is still there.
const (
	callAccept    = "accept"
	callRefuse    = "refuse"
	callHangUp    = "hangup"
	callReady     = "ready"
	callOffer     = "offer"
	callAnswer    = "answer"
	callCandidate = "candidate"
	callMute      = "mute"
	callAlive     = "alive"
)

// Bounds of what is passed on: bytes of a description and of a candidate, and how many a second of one side.
const (
	maxSDP          = 32 << 10
	maxCandidate    = 1 << 10
	signalPerSecond = 20
	signalBurst     = 60
)

// aliveAfter is how much of SilentFor may pass before it is noted again that somebody is there, as a divisor.
const aliveAfter = 4

// CallCandidate is a way to reach one side, as browsers write it.
type CallCandidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *int    `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment"`
}

// CallSignal is what one side of a call says to the other.
type CallSignal struct {
	CallID string `json:"call_id"`
	Type   string `json:"type"`
	// From is set by the server.
	From models.SenderType `json:"from"`
	// SDP comes with offer and answer, Candidate with candidate; Audio and Video with mute: what is to be heard and
	// seen of the side.
	SDP       string         `json:"sdp,omitempty"`
	Candidate *CallCandidate `json:"candidate,omitempty"`
	Audio     *bool          `json:"audio,omitempty"`
	Video     *bool          `json:"video,omitempty"`
}

func (c CallSignal) valid() error {
	invalid := func(text string) error { return E(Invalid, "call_signal_invalid", "%s", text) }
	switch c.Type {
	case callAccept, callRefuse, callHangUp, callReady, callMute, callAlive:
	case callOffer, callAnswer:
		if c.SDP == "" || len(c.SDP) > maxSDP {
			return invalid("sdp has 1 to " + strconv.Itoa(maxSDP) + " bytes")
		}
	case callCandidate:
		if c.Candidate == nil || !c.Candidate.fits() {
			return invalid("candidate is an RTCIceCandidate of up to " + strconv.Itoa(maxCandidate) + " bytes")
		}
	default:
		return invalid("type is accept, refuse, hangup, ready, offer, answer, candidate, mute or alive")
	}
	if c.Type != callOffer && c.Type != callAnswer && c.SDP != "" || c.Type != callCandidate && c.Candidate != nil ||
		c.Type != callMute && (c.Audio != nil || c.Video != nil) {
		return invalid("sdp, candidate, audio and video come with types of their own")
	}
	return nil
}

func (c CallCandidate) fits() bool {
	size := len(c.Candidate)
	for _, text := range []*string{c.SDPMid, c.UsernameFragment} {
		if text != nil {
			size += len(*text)
		}
	}
	return size <= maxCandidate && (c.SDPMLineIndex == nil || *c.SDPMLineIndex >= 0 && *c.SDPMLineIndex < 1000)
}

// Signal is what one side of a call does or says. accept and refuse are any manager's while it rings, all else is for
// who may speak in the conversation: its visitor, and the manager who has accepted. What changes the call yields its
// event; of the rest the event is empty. Refusals: call_not_found, call_taken when another manager was faster,
// call_over.
func (s *Service) Signal(ctx context.Context, p Principal, claimed Sender, conversationID int64, signal CallSignal) (Event, error) {
	if err := signal.valid(); err != nil {
		return Event{}, err
	}
	switch signal.Type {
	case callAccept:
		return s.actAsStaff(ctx, p, claimed, conversationID, Claim, s.onCall(signal.CallID, s.acceptCall))
	case callRefuse:
		return s.actAsStaff(ctx, p, claimed, conversationID, Claim, s.onCall(signal.CallID, s.refuseCall))
	case callHangUp:
		return s.act(ctx, p, claimed, conversationID, Speak, s.onCall(signal.CallID, s.hangUp))
	}
	c, actor, err := s.conversation(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	signal.From = models.SenderVisitor
	if actor.Party == Manager {
		signal.From = models.SenderManager
	}
	if err := s.signals.Take(signal.CallID + " " + string(signal.From)); err != nil {
		return Event{}, err
	}
	call, err := s.store.View(ctx).LatestCall(c.ID)
	if err = isCall(call, err, signal.CallID); err != nil {
		return Event{}, err
	}
	if actor.Party == Manager && (call.ManagerID == nil || *call.ManagerID != actor.ManagerID) {
		return Event{}, callTaken()
	}
	if call.EndedAt != nil {
		return Event{}, callOver()
	}
	if signal.Type == callAlive {
		return Event{}, s.heardInCall(ctx, call)
	}
	if call.State != models.CallAccepted {
		return Event{}, E(Conflict, "call_not_accepted", "Nobody has accepted the call")
	}
	s.broadcast(ctx, conversationChannel(c.ID), c.OrganizationID, Event{Entity: models.EventCall, Event: "signal", Signal: &signal})
	return Event{}, nil
}

// isCall refuses when a conversation's latest call is another than was named.
func isCall(call models.Call, err error, uuid string) error {
	if errors.Is(err, ErrNoRecord) || err == nil && call.UUID != uuid {
		return E(NotFound, "call_not_found", "There is no such call in this conversation")
	}
	return err
}

func callTaken() *Error {
	return E(Conflict, "call_taken", "Another manager has accepted the call")
}

func callOver() *Error { return E(Conflict, "call_over", "The call is over") }

// onCall makes an action about a conversation of one about its latest call.
func (s *Service) onCall(uuid string, do func(Tx, models.Organization, Principal, *models.Conversation, models.Call) (Event, error)) action {
	return func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		call, err := tx.LatestCall(c.ID)
		if err = isCall(call, err, uuid); err != nil {
			return Event{}, err
		}
		ev, err := do(tx, o, actor, &c, call)
		if err != nil {
			return Event{}, err
		}
		return ev, tx.SaveConversation(c)
	}
}

// acceptCall gives the call, and its conversation, to the manager who asks, whoever duty gave it to.
func (s *Service) acceptCall(tx Tx, o models.Organization, actor Principal, c *models.Conversation, call models.Call) (Event, error) {
	if call.State == models.CallAccepted {
		if *call.ManagerID == actor.ManagerID {
			return s.shownCall(tx, *c, call)
		}
		return Event{}, callTaken()
	}
	if call.State != models.CallRinging || actor.Party != Manager {
		return Event{}, callOver()
	}
	at := now()
	if c.ManagerID == nil || *c.ManagerID != actor.ManagerID {
		if err := s.roomFor(tx, o, actor.ManagerID, at); err != nil {
			return Event{}, err
		}
		if _, err := s.take(tx, o, c, step{action: models.ActionClaimed, to: &actor.ManagerID, actor: actor, at: at}); err != nil {
			return Event{}, err
		}
	}
	if answers(actor, *c) {
		if err := s.answered(tx, c, actor, at); err != nil {
			return Event{}, err
		}
	}
	return s.moveCall(tx, c, call, models.CallAccepted, at)
}

func (s *Service) refuseCall(tx Tx, _ models.Organization, _ Principal, c *models.Conversation, call models.Call) (Event, error) {
	switch call.State {
	case models.CallRinging:
		return s.moveCall(tx, c, call, models.CallRefused, now())
	case models.CallAccepted:
		return Event{}, callTaken()
	}
	return s.shownCall(tx, *c, call)
}

// hangUp ends the call. While it rings only its visitor can: managers refuse.
func (s *Service) hangUp(tx Tx, _ models.Organization, actor Principal, c *models.Conversation, call models.Call) (Event, error) {
	if call.EndedAt != nil {
		return s.shownCall(tx, *c, call)
	}
	if actor.Party == Manager && (call.ManagerID == nil || *call.ManagerID != actor.ManagerID) {
		return Event{}, callTaken()
	}
	at := now()
	state := models.CallEnded
	if call.State == models.CallRinging {
		state = models.CallMissed
	}
	return s.moveCall(tx, c, call, state, at)
}

func (s *Service) shownCall(r Reader, c models.Conversation, call models.Call) (Event, error) {
	view, err := s.viewCall(r, call, c)
	return Event{Entity: models.EventCall, Event: updated, Call: view}, err
}

// heardInCall notes that somebody is there, now and then.
func (s *Service) heardInCall(ctx context.Context, call models.Call) error {
	at := now()
	if at < call.UpdatedAt.Add(s.cfg.Calls.SilentFor/aliveAfter) {
		return nil
	}
	return s.store.Update(ctx, func(tx Tx) error {
		latest, err := tx.LatestCall(call.ConversationID)
		if err != nil || latest.ID != call.ID || latest.EndedAt != nil {
			return err
		}
		return tx.HeardInCall(call.ID, at)
	})
}
