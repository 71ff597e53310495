package giosg

import (
	"encoding/json"

	"parley/chat"
	"parley/models"
)

type variableJSON struct {
	Key            string          `json:"key"`
	Value          json.RawMessage `json:"value"`
	IsSigned       bool            `json:"is_signed"`
	IsHidden       bool            `json:"is_hidden"`
	RoomID         string          `json:"room_id"`
	VisitorID      string          `json:"visitor_id"`
	OrganizationID string          `json:"organization_id"`
	CreatedAt      models.Time     `json:"created_at"`
	UpdatedAt      models.Time     `json:"updated_at"`
}

// VariableJSON shows what is said of a visitor in a room.
func VariableJSON(v models.VisitorVariable, room models.Room, o models.Organization) any {
	return variableJSON{
		Key: v.Key, Value: json.RawMessage(v.Value), IsSigned: v.Signed, IsHidden: chat.HiddenVariable(v.Key),
		RoomID: room.UUID, VisitorID: v.VisitorID, OrganizationID: o.UUID, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
}
