package chat

import (
	"context"
	"encoding/json"

	"parley/models"
)

// exportedRoom is what a room knows of a visitor.
type exportedRoom struct {
	Room           string          `json:"room"`
	SessionID      *string         `json:"session_id"`
	VisitCount     int             `json:"visit_count"`
	Online         bool            `json:"is_online"`
	BecomeOnlineAt *models.Time    `json:"become_online_at"`
	SeenAt         models.Time     `json:"seen_at"`
	CreatedAt      models.Time     `json:"created_at"`
	About          json.RawMessage `json:"about"`
}

// rooms writes what rooms know of the visitor.
func (e *Export) rooms(ctx context.Context, w *jsonWriter) {
	r := e.store.View(ctx)
	w.array("rooms", func() error {
		return pages(ctx, func(after int64, limit int) ([]models.RoomVisitor, error) {
			return r.RoomVisitorsOf(e.visitor.ID, after, limit)
		}, func(v models.RoomVisitor) int64 { return v.ID }, func(v models.RoomVisitor) error {
			room, err := r.Room(v.RoomID)
			if err != nil {
				return err
			}
			return w.item(exportedRoom{
				Room: room.Name, SessionID: v.SessionID, VisitCount: v.VisitCount, Online: v.Online, BecomeOnlineAt: v.OnlineAt,
				SeenAt: v.SeenAt, CreatedAt: v.CreatedAt, About: json.RawMessage(v.About),
			})
		})
	})
}
