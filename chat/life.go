package chat

import (
	"encoding/json"
	"slices"
	"strconv"

	"parley/models"
)

// life is the state machine of a conversation: what may be done with it in which state, and where that can lead.
// A step that is not in the table is refused. Who may take a step is the gate's to say.
//
//	none ──opened──▶ assigned ──answered──▶ assigned ──closed──▶ closed ──reopened──▶ assigned, waiting
//	 │                │    ▲                                        ▲
//	 └─opened, left─▶ waiting ─assigned, claimed, taken over─┘      │
//	                  └──────────────closed───────────────────────────┘
var life = map[models.Action]struct{ from, to []models.State }{
	models.ActionOpened:      {none, live},
	models.ActionLeft:        {none, live},
	models.ActionAssigned:    {waiting, assigned},
	models.ActionClaimed:     {live, assigned},
	models.ActionAnswered:    {assigned, assigned},
	models.ActionTransferred: {live, assigned},
	models.ActionQueued:      {assigned, waiting},
	models.ActionTakenOver:   {live, assigned},
	models.ActionReassigned:  {assigned, live},
	models.ActionUnanswered:  {live, live},
	models.ActionClosed:      {live, closed},
	models.ActionIdleClosed:  {live, closed},
	models.ActionReopened:    {closed, live},
	models.ActionRated:       {closed, closed},
}

var (
	none     = []models.State{models.StateNone}
	waiting  = []models.State{models.StateWaiting}
	assigned = []models.State{models.StateAssigned}
	live     = []models.State{models.StateWaiting, models.StateAssigned}
	closed   = []models.State{models.StateClosed}
)

// step is one move of a conversation.
type step struct {
	action models.Action
	// to is who has the conversation afterwards; nil: nobody.
	to *int64
	// actor is who did it; the zero value is the server itself.
	actor Principal
	// note is for managers alone.
	note string
	// decision is duty's, where it was asked.
	decision *Decision
	at       models.Time
}

// take does a step: it checks that the step is possible, changes the conversation, notes the transition, tells
// everybody and saves. c is locked, or new and not yet stored.
func (s *Service) take(tx Tx, o models.Organization, c *models.Conversation, st step) (Event, error) {
	from := c.State()
	if st.action == models.ActionOpened || st.action == models.ActionLeft {
		from = models.StateNone
	}
	before := c.ManagerID
	s.apply(o, c, st)
	if rule := life[st.action]; !slices.Contains(rule.from, from) || !slices.Contains(rule.to, c.State()) {
		return Event{}, notPossible(from)
	}
	action := updated
	if from == models.StateNone {
		action = created
		if err := tx.CreateConversation(c); err != nil {
			return Event{}, err
		}
	}
	if c.ManagerID != nil && (before == nil || *before != *c.ManagerID || from == models.StateNone) {
		if err := tx.AssignManager(*c.ManagerID, st.at); err != nil {
			return Event{}, err
		}
	}
	if from == models.StateNone {
		before = nil
	}
	if err := note(tx, c, from, before, st); err != nil {
		return Event{}, err
	}
	if c.ChatType == models.ChatTask && from != models.StateNone {
		if err := s.followChat(tx, c, st.at); err != nil {
			return Event{}, err
		}
	}
	ev, err := announce(tx, c, action, st.at)
	if err != nil {
		return Event{}, err
	}
	return ev, attend(tx, *c, before, st) // members of what nobody has heard of would be told too early
}

// apply changes the conversation's fields.
func (s *Service) apply(o models.Organization, c *models.Conversation, st step) {
	c.UpdatedAt = st.at
	c.AnswerBy = nil
	switch st.action {
	case models.ActionClosed, models.ActionIdleClosed:
		c.Status, c.ClosedAt, c.WaitingSince, c.Unattended = models.StatusClosed, &st.at, nil, false
		return
	case models.ActionRated:
		return
	}
	c.Status, c.ClosedAt, c.ManagerID, c.Unattended = models.StatusOpen, nil, st.to, false
	if st.action == models.ActionReopened {
		c.AnsweredAt = nil // not this time
	}
	if st.byHerself() {
		c.WaitingSince = nil
		if st.action == models.ActionAnswered && c.AnsweredAt == nil {
			c.AnsweredAt = &st.at
		}
		return
	}
	if c.WaitingSince == nil || st.action == models.ActionQueued {
		c.WaitingSince = &st.at
	}
	asked := st.to != nil
	if d := st.decision; d != nil {
		c.Unattended = d.Outcome == Nobody
		asked = asked || d.Rule == RuleBroadcast
	}
	if within := s.answerWithin(o); asked && within > 0 {
		by := st.at.Add(within)
		c.AnswerBy = &by
	}
}

// byHerself tells whether the manager who has the conversation afterwards took the step, or whoever takes part has
// written: she is there, so the visitor waits for nobody.
func (st step) byHerself() bool {
	return st.actor.Party == Manager && (st.action == models.ActionAnswered || st.to != nil && st.actor.ManagerID == *st.to)
}

func notPossible(from models.State) *Error {
	if from == models.StateClosed {
		return E(Conflict, "conversation_closed", "The conversation is closed")
	}
	return E(Conflict, "state_conflict", "A conversation that is %s cannot do this", from)
}

// TransitionView is a transition as managers see it. Where it is published, it has no decision.
type TransitionView struct {
	models.Transition
	Decision json.RawMessage `json:"decision,omitempty"`
}

func viewTransition(t models.Transition) *TransitionView {
	view := &TransitionView{Transition: t}
	if t.Decision != nil {
		view.Decision = json.RawMessage(*t.Decision)
	}
	return view
}

// note keeps the step and tells the managers.
func note(tx Tx, c *models.Conversation, from models.State, before *int64, st step) error {
	t := models.Transition{
		OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID, Action: st.action,
		FromState: from, ToState: c.State(), FromManagerID: before, ManagerID: c.ManagerID,
		Note: st.note, CreatedAt: st.at,
	}
	t.ActorType, t.ActorID = actorOf(st.actor)
	if st.decision != nil {
		text, err := json.Marshal(st.decision)
		if err != nil {
			return err
		}
		decision := string(text)
		t.Decision = &decision
	}
	if err := tx.AppendTransition(&t); err != nil {
		return err
	}
	t.Decision = nil // as long as there are managers; who wants to know asks for it
	ev := Event{Entity: models.EventTransition, Event: created, Transition: viewTransition(t)}
	return record(tx, c, created, ev, st.at)
}

// actorOf names who did something, in what is kept about it.
func actorOf(p Principal) (kind, id string) {
	switch p.Party {
	case Visitor:
		return string(Visitor), p.VisitorID
	case Manager:
		return string(Manager), strconv.FormatInt(p.ManagerID, 10)
	case Backend:
		return string(Backend), strconv.FormatInt(p.KeyID, 10)
	}
	return "system", ""
}

// answered notes that a manager has written to a visitor who waited. The message itself tells everybody.
func (s *Service) answered(tx Tx, c *models.Conversation, actor Principal, at models.Time) error {
	st := step{action: models.ActionAnswered, to: c.ManagerID, actor: actor, at: at}
	s.apply(models.Organization{}, c, st)
	if err := note(tx, c, models.StateAssigned, c.ManagerID, st); err != nil {
		return err
	}
	return attend(tx, *c, c.ManagerID, st)
}
