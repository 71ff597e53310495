package chat

import (
	"context"
	"errors"
	"time"

	"parley/models"
)

// Reopen takes a closed conversation up again, within a time after its end: either side may, and a supervisor, who
// then has it. When a visitor does, duty decides, and prefers the former counterpart. Refusals: reopen_too_late,
// chat_already_open when the visitor has another one, chat_offline_message.
func (s *Service) Reopen(ctx context.Context, p Principal, claimed Sender, id int64) (Event, error) {
	return s.act(ctx, p, claimed, id, Reopen, s.reopen)
}

func (s *Service) reopen(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
	if c.Status == models.StatusOpen {
		return s.shown(tx, c)
	}
	st := step{action: models.ActionReopened, actor: actor, at: now()}
	if s.cfg.ReopenWithin < 0 || st.at > c.ClosedAt.Add(s.cfg.ReopenWithin) {
		return Event{}, E(Conflict, "reopen_too_late", "This conversation ended too long ago")
	}
	if err := s.onlyOne(tx, c); err != nil {
		return Event{}, err
	}
	if actor.Party == Manager {
		if err := s.roomFor(tx, o, actor.ManagerID, st.at); err != nil {
			return Event{}, err
		}
		st.to = &actor.ManagerID
		return s.take(tx, o, &c, st)
	}
	decision, err := s.decide(tx, o, c.VisitorID, nil, st.at)
	if err != nil {
		return Event{}, err
	}
	if decision.Outcome == Nobody {
		return Event{}, s.offline(o)
	}
	st.decision, st.to = &decision, decision.manager()
	return s.take(tx, o, &c, st)
}

// onlyOne refuses to open a conversation again where the visitor has another one.
func (s *Service) onlyOne(r Reader, c models.Conversation) error {
	if c.ChatType != models.ChatVisitor {
		return nil
	}
	other, err := r.OpenInRoom(c.VisitorID, c.RoomID, c.ChatType)
	switch {
	case errors.Is(err, ErrNoRecord):
		return nil
	case err != nil:
		return err
	case other.ManagerID != nil:
		return s.alreadyOpen(r, other)
	}
	return E(Conflict, "chat_already_open", "The visitor has another open conversation")
}

// rateWithin is how long after its end a conversation can be rated.
const rateWithin = 7 * 24 * time.Hour

// Rate keeps what the visitor says of a conversation that is over: 1 to 5, and a text or none. Saying it again
// replaces it. Refusals: rating_invalid, conversation_open,
// rating_too_late.
func (s *Service) Rate(ctx context.Context, p Principal, claimed Sender, id int64, rating int, text string) (Event, error) {
	if rating < 1 || rating > 5 {
		return Event{}, E(Invalid, "rating_invalid", "A rating is 1 to 5")
	}
	if text != "" {
		clean, ok := models.CleanContent(text)
		if !ok {
			return Event{}, E(Invalid, "rating_text_invalid", "The text of a rating has up to %d characters", models.MaxContent)
		}
		text = clean
	}
	return s.act(ctx, p, claimed, id, Rate, func(tx Tx, o models.Organization, actor Principal, c models.Conversation) (Event, error) {
		at := now()
		if c.Status != models.StatusClosed {
			return Event{}, E(Conflict, "conversation_open", "A conversation is rated when it is over")
		}
		if at > c.ClosedAt.Add(rateWithin) {
			return Event{}, E(Conflict, "rating_too_late", "This conversation ended too long ago")
		}
		c.Rating, c.RatingText, c.RatedAt = &rating, nil, &at
		if text != "" {
			c.RatingText = &text
		}
		return s.take(tx, o, &c, step{action: models.ActionRated, to: c.ManagerID, actor: actor, at: at})
	})
}
