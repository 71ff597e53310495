package chat

import "parley/models"

// episode is the life of a conversation from its opening, or its reopening, to its close. Times are 0 for what has
// not happened, managers for nobody.
type episode struct {
	openedAt models.Time // 0: before anything was recorded
	left     bool        // as a message
	begun    bool        // by a manager
	again    bool        // reopened
	// first is who had it first, from givenAt on.
	first   int64
	givenAt models.Time

	answered   bool
	answeredAt models.Time
	answeredBy int64

	closed   bool
	closedAt models.Time
	closedBy int64
}

// facts takes what the transitions of a conversation come to.
type facts interface {
	episode(e episode)
	// held: a manager had an open conversation from one time to another.
	held(manager int64, from, to models.Time)
	// passed: a manager gave an open conversation to another one, or to the queue, 0.
	passed(from, to int64, at models.Time)
	// unanswered: a manager, or everybody, 0, let the time pass.
	unanswered(manager int64, at models.Time)
	rated(manager int64, r Rating)
}

// fold turns transitions into facts. They come a conversation after the other, each in its order.
type fold struct {
	to      facts
	ratings map[int64]Rating
	now     models.Time

	conversation int64
	current      *episode
	holder       int64
	heldSince    models.Time
}

// newFold folds what happened until now; ratings are those that count, by conversation.
func newFold(to facts, ratings map[int64]Rating, now models.Time) *fold {
	return &fold{to: to, ratings: ratings, now: now}
}

func (f *fold) add(t models.Transition) {
	if t.ConversationID != f.conversation {
		f.end()
		f.conversation = t.ConversationID
	}
	if over := t.FromState == models.StateClosed && t.ToState == models.StateClosed; f.current == nil && !over {
		f.begin(t)
	}
	f.hand(t)
	from, to := managerOf(t.FromManagerID), managerOf(t.ManagerID)
	switch t.Action {
	case models.ActionAnswered:
		f.answer(t, to)
	case models.ActionClaimed:
		if f.current.again { // what she writes now is not noted, since an earlier answer was
			f.answer(t, to)
		}
	case models.ActionTransferred, models.ActionTakenOver, models.ActionReassigned, models.ActionQueued:
		if from != 0 && from != to {
			f.to.passed(from, to, t.CreatedAt)
		}
	case models.ActionUnanswered:
		f.to.unanswered(from, t.CreatedAt)
	case models.ActionRated:
		// One that was changed later counts once, as it is now.
		if r, counts := f.ratings[t.ConversationID]; counts && r.At == t.CreatedAt {
			f.to.rated(to, r)
		}
	}
	if t.ToState == models.StateClosed && f.current != nil {
		f.close(t)
	}
}

// end says that the conversation has no further transitions.
func (f *fold) end() {
	f.release(f.now)
	if f.current != nil {
		f.to.episode(*f.current)
		f.current = nil
	}
}

func (f *fold) begin(t models.Transition) {
	f.current = &episode{}
	if t.FromState != models.StateNone && t.FromState != models.StateClosed {
		return // it began before transitions were recorded
	}
	f.current.openedAt = t.CreatedAt
	f.current.left = t.Action == models.ActionLeft
	f.current.again = t.Action == models.ActionReopened
	f.current.begun = t.ActorType == string(Manager) && t.ToState == models.StateAssigned
}

// hand notes who has the conversation after a step.
func (f *fold) hand(t models.Transition) {
	holder := int64(0)
	if t.ToState == models.StateAssigned {
		holder = managerOf(t.ManagerID)
	}
	if holder == f.holder {
		return
	}
	f.release(t.CreatedAt)
	f.holder, f.heldSince = holder, t.CreatedAt
	if holder != 0 && f.current.first == 0 {
		f.current.first, f.current.givenAt = holder, t.CreatedAt
	}
}

func (f *fold) release(at models.Time) {
	if f.holder != 0 {
		f.to.held(f.holder, f.heldSince, at)
	}
	f.holder = 0
}

func (f *fold) answer(t models.Transition, manager int64) {
	if f.current == nil || f.current.answered {
		return
	}
	f.current.answered, f.current.answeredAt, f.current.answeredBy = true, t.CreatedAt, manager
}

func (f *fold) close(t models.Transition) {
	f.current.closed, f.current.closedAt = true, t.CreatedAt
	if t.FromState == models.StateAssigned {
		f.current.closedBy = managerOf(t.FromManagerID)
	}
	f.to.episode(*f.current)
	f.current = nil
}

func managerOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
