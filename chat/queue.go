package chat

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"parley/models"
)

// QueueReader reads who waits for a manager.
type QueueReader interface {
	// Waiting lists an organisation's conversations that nobody has, longest waiting first.
	Waiting(organizationID int64, limit int) ([]models.Conversation, error)
	// WaitingBefore counts those that have waited longer than since; of those that have waited as long, lower ids.
	WaitingBefore(organizationID int64, since models.Time, id int64) (int, error)
	// Queues lists the organisations in which somebody waits.
	Queues() ([]int64, error)
	// Unanswered lists open conversations that should have been answered by then, the oldest first.
	Unanswered(by models.Time, limit int) ([]models.Conversation, error)
}

// QueueView is a visitor's place in the queue. It is published on the conversation's channel when it changes,
// and not kept.
type QueueView struct {
	ConversationID int64 `json:"conversation_id"`
	// Position counts from 1.
	Position int         `json:"position"`
	Since    models.Time `json:"since"`
	// Unattended: nobody is likely to come soon; a visitor does well to leave a message and an address.
	Unattended bool `json:"unattended"`
}

// place counts a waiting conversation's place in the queue.
func place(r Reader, c models.Conversation) (int, error) {
	before, err := r.WaitingBefore(c.OrganizationID, *c.WaitingSince, c.ID)
	return before + 1, err
}

const (
	// maxQueue is how much of a queue is looked at and told at a time.
	maxQueue = 500
	// retryAfter is when a manager who let a conversation pass may be given it again.
	retryAfter = 15 * time.Minute
	// maxSteps is how much of a conversation's life is looked at for who has had it.
	maxSteps = 200
)

// Stir tells Run that the queue may move on: a manager came, or has room. It never blocks.
func (s *Service) Stir() {
	select {
	case s.stirred <- struct{}{}:
	default: // it will look anyway
	}
}

// serveQueues gives conversations that wait to managers who have room now, in the order of the queue.
func (s *Service) serveQueues(ctx context.Context, organizations []int64) error {
	var errs []error
	for _, id := range organizations {
		errs = append(errs, s.serveQueue(ctx, id))
	}
	return errors.Join(errs...)
}

// serveQueue looks first whether anybody has room, without a lock, since mostly nobody has.
func (s *Service) serveQueue(ctx context.Context, organizationID int64) error {
	r := s.store.View(ctx)
	o, err := r.Organization(organizationID)
	if err != nil || o.Strategy == models.Broadcast {
		return err
	}
	candidates, err := s.candidates(r, o, now())
	if err != nil {
		return err
	}
	if d := Decide(Question{Now: now(), Strategy: o.Strategy, Grace: s.cfg.DutyGrace, Candidates: candidates}); d.Outcome != Given {
		return nil
	}
	queue, err := r.Waiting(organizationID, maxQueue)
	if err != nil {
		return err
	}
	for _, c := range queue {
		var more bool
		err := s.update(ctx, func(tx Tx) error {
			more, err = s.assign(tx, c)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// assign gives one waiting conversation to whom duty chooses, and tells whether the next in the queue may have
// better luck.
func (s *Service) assign(tx Tx, seen models.Conversation) (more bool, err error) {
	o, c, err := lockWhole(tx, seen)
	if err != nil || c.State() != models.StateWaiting {
		return err == nil, err
	}
	at := now()
	tried, err := s.tried(tx, c, at)
	if err != nil {
		return false, err
	}
	decision, err := s.decide(tx, o, c.VisitorID, tried, at)
	if err != nil || decision.Outcome != Given {
		return decision.Rule == RuleAllTried, err
	}
	_, err = s.take(tx, o, &c, step{action: models.ActionAssigned, to: decision.manager(), decision: &decision, at: at})
	return true, err
}

// tried lists who let the conversation pass, handed it back or vanished with it, while the visitor waits: they are
// not asked again so soon.
func (s *Service) tried(tx Tx, c models.Conversation, at models.Time) ([]int64, error) {
	steps, err := tx.Transitions(c.ID, maxSteps)
	var list []int64
	for _, t := range steps {
		passed := t.Action == models.ActionUnanswered || t.Action == models.ActionReassigned || t.Action == models.ActionQueued
		if passed && t.FromManagerID != nil && t.CreatedAt.Add(retryAfter) > at &&
			(c.WaitingSince == nil || t.CreatedAt >= *c.WaitingSince) {
			list = append(list, *t.FromManagerID)
		}
	}
	return list, err
}

// askNext takes conversations from managers who let the time pass that they had to answer in.
func (s *Service) askNext(ctx context.Context) error {
	late, err := s.store.View(ctx).Unanswered(now(), careBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range late {
		errs = append(errs, s.update(ctx, func(tx Tx) error { return s.unanswered(tx, c) }))
	}
	return errors.Join(errs...)
}

// unanswered asks the next manager. When there is none, the conversation waits, and its visitor is told that
// nobody is likely to come.
func (s *Service) unanswered(tx Tx, seen models.Conversation) error {
	o, c, err := lockWhole(tx, seen)
	at := now()
	if err != nil || c.Status != models.StatusOpen || c.AnswerBy == nil || *c.AnswerBy > at {
		return err
	}
	tried, err := s.tried(tx, c, at)
	if err != nil {
		return err
	}
	if c.ManagerID != nil {
		tried = append(tried, *c.ManagerID)
	}
	decision, err := s.decide(tx, o, c.VisitorID, tried, at)
	if err != nil {
		return err
	}
	if decision.Rule == RuleBroadcast { // all were asked, and nobody took it
		decision.Outcome, decision.Rule = Nobody, RuleAllTried
	}
	_, err = s.take(tx, o, &c, step{action: models.ActionUnanswered, to: decision.manager(), decision: &decision, at: at})
	return err
}

// told is what Run last told visitors of their places, by conversation.
type told map[int64]QueueView

// tellPlaces tells those who wait where they are in the queue, when that has changed. Who came since learns it
// with the conversation itself.
func (s *Service) tellPlaces(ctx context.Context, organizations []int64) error {
	r := s.store.View(ctx)
	news := told{}
	for _, id := range organizations {
		queue, err := r.Waiting(id, maxQueue)
		if err != nil {
			return err
		}
		for i, c := range queue {
			place := QueueView{ConversationID: c.ID, Position: i + 1, Since: *c.WaitingSince, Unattended: c.Unattended}
			news[c.ID] = place
			if before, known := s.told[c.ID]; known && before == place {
				continue
			}
			ev := Event{Entity: "queue", Event: updated, Queue: &place}
			s.broadcast(ctx, conversationChannel(c.ID), c.OrganizationID, ev)
		}
	}
	s.told = news
	return nil
}

// broadcast sends what is not kept. Nobody is worse off for missing it, so a failure is only logged.
func (s *Service) broadcast(ctx context.Context, channel string, organizationID int64, ev Event) {
	data, err := json.Marshal(ev)
	if err == nil {
		err = s.cfg.Broadcaster.Publish(ctx, channel, organizationScope(organizationID), data)
	}
	if err != nil {
		s.cfg.Logger.Warn("a publication was lost", "entity", ev.Entity, "error", err)
	}
}

// Queue lists the conversations of the caller's organisation that wait, longest waiting first.
func (s *Service) Queue(ctx context.Context, p Principal) ([]*ConversationView, error) {
	if err := managersOrBackend(p); err != nil {
		return nil, err
	}
	items, err := s.store.View(ctx).Inbox(InboxQuery{OrganizationID: p.OrganizationID, Waiting: true, Limit: maxQueue})
	if err != nil {
		return nil, err
	}
	views := viewItems(items)
	for i, v := range views {
		if v.Queue != nil {
			v.Queue.Position = i + 1
		}
	}
	return views, showFaces(s.store.View(ctx), items, views)
}

func managersOrBackend(p Principal) error {
	if p.bound() {
		return p.demand(models.ScopeChat)
	}
	return managersOnly(p)
}
