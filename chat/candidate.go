package chat

import (
	"time"

	"parley/models"
)

// ScheduleReader reads when managers work.
type ScheduleReader interface {
	// Schedules reads what holds at a moment: the organisation's holidays around it, the shifts and the leave of
	// its managers.
	Schedules(organizationID int64, at models.Time) (Schedules, error)
}

// candidates reads all that duty is decided by.
func (s *Service) candidates(r Reader, o models.Organization, at models.Time) ([]Candidate, error) {
	list, err := r.Candidates(o.ID)
	if err != nil {
		return nil, err
	}
	schedules, err := r.Schedules(o.ID, at)
	for i := range list {
		list[i].Away = schedules.Away(list[i].Manager, o, at)
		list[i].Limit = s.limit(o, list[i].Manager)
	}
	return list, err
}

// limit is how many open conversations a manager takes: her own word, the organisation's, the settings'.
func (s *Service) limit(o models.Organization, m models.Manager) int {
	switch {
	case m.MaxConversations != nil:
		return *m.MaxConversations
	case o.MaxConversations != nil:
		return *o.MaxConversations
	}
	return s.cfg.MaxConversations
}

// answerWithin is how long a conversation may wait for an answer before another manager is asked; 0: for ever.
func (s *Service) answerWithin(o models.Organization) time.Duration {
	if o.AnswerWithinMS != nil {
		return time.Duration(*o.AnswerWithinMS) * time.Millisecond
	}
	return s.cfg.AnswerWithin
}

// decide asks duty about a visitor's conversation.
func (s *Service) decide(tx Tx, o models.Organization, visitorID string, tried []int64, at models.Time) (Decision, error) {
	candidates, err := s.candidates(tx, o, at)
	if err != nil {
		return Decision{}, err
	}
	previous, err := tx.PreviousManager(visitorID)
	return Decide(Question{
		Now: at, Strategy: o.Strategy, Grace: s.cfg.DutyGrace, Candidates: candidates, Previous: previous, Tried: tried,
	}), err
}
