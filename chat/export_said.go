package chat

import (
	"context"
	"encoding/json"

	"parley/models"
)

// exportedVariable is a variable with the room that it is said in.
type exportedVariable struct {
	RoomID    string          `json:"room_id"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	IsSigned  bool            `json:"is_signed"`
	CreatedAt models.Time     `json:"created_at"`
	UpdatedAt models.Time     `json:"updated_at"`
}

// writeSaid writes what the visitor's site says of her.
func (e *Export) writeSaid(ctx context.Context, w *jsonWriter) {
	r := e.store.View(ctx)
	rooms := map[int64]string{}
	w.array("variables", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.VisitorVariable, error) {
			return r.VariablePage(e.visitor.ID, after, limit)
		}, func(v models.VisitorVariable) int64 { return v.ID }, func(v models.VisitorVariable) error {
			if rooms[v.RoomID] == "" {
				room, err := r.Room(v.RoomID)
				if err != nil {
					return err
				}
				rooms[v.RoomID] = room.UUID
			}
			return w.item(exportedVariable{rooms[v.RoomID], v.Key, json.RawMessage(v.Value), v.Signed, v.CreatedAt, v.UpdatedAt})
		})
	})
	w.array("identifiers", func() error {
		list, err := r.IdentifiersOf(e.visitor.ID)
		if err != nil {
			return err
		}
		for _, i := range list {
			if err := w.item(exportedIdentifier{i.Identifier, i.CreatedAt, i.UpdatedAt}); err != nil {
				return err
			}
		}
		return nil
	})
	w.array("goals", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.GoalMatch, error) {
			return r.GoalMatchPage(e.visitor.ID, after, limit)
		}, func(m models.GoalMatch) int64 { return m.ID }, func(m models.GoalMatch) error {
			g, err := r.Goal(m.GoalID)
			if err != nil {
				return err
			}
			return w.item(exportedMatch{g.Name, m.Value, m.CreatedAt})
		})
	})
}

// exportedIdentifier is what the site calls her.
type exportedIdentifier struct {
	Identifier string      `json:"identifier"`
	CreatedAt  models.Time `json:"created_at"`
	UpdatedAt  models.Time `json:"updated_at"`
}

// exportedMatch is a goal that she has reached.
type exportedMatch struct {
	Goal      string      `json:"goal"`
	Value     float64     `json:"value"`
	CreatedAt models.Time `json:"created_at"`
}
