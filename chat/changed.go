package chat

import (
	"encoding/json"

	"parley/models"
)

// Actions of events about resources.
const (
	ResourceAdded   = "added"
	ResourceChanged = "changed"
	ResourceRemoved = "removed"
)

// Changed is what an event about a resource says: which one it is, and what of it changed. It holds no state; who tells
// of it reads the present one. Nothing of it is seen by who follows events, and no webhook in our own format hears it.
type Changed struct {
	// RoomID is a room's own number, the main room's too; of a conversation that is gone it is its Room.Place.
	RoomID int64 `json:"room_id,omitempty"`
	// ManagerID is a user's, or a member's: 0 is the conversation's visitor.
	ManagerID int64 `json:"manager_id,omitempty"`
	// UUID is an invitation's, that of somebody's coming or going, or a conversation's that is gone.
	UUID string `json:"uuid,omitempty"`
	// Key is a variable's.
	Key string `json:"key,omitempty"`
	// Attributes names what changed, as clients name it; nothing with other actions.
	Attributes []string `json:"changed,omitempty"`
}

// ChangedOf reads what an event about a resource says.
func ChangedOf(e models.Event) (c Changed, err error) {
	err = json.Unmarshal([]byte(e.Payload), &c)
	return c, err
}

// resourceEvent puts into the outbox that something happened to a resource. e says of which kind it is, whose, and of
// which visitor or conversation; a conversation is locked by the caller, so that the order of its events is that of
// what happened.
func resourceEvent(tx Tx, e models.Event, action string, c Changed) error {
	payload, err := json.Marshal(c)
	if err != nil {
		return err
	}
	e.Action, e.Payload = action, string(payload)
	if e.CreatedAt == 0 {
		e.CreatedAt = now()
	}
	return tx.AppendEvent(&e)
}

// tellRoom leaves that a room was made, changed or deleted.
func tellRoom(tx Tx, r models.Room, action string, attributes ...string) error {
	e := models.Event{OrganizationID: r.OrganizationID, Kind: models.EventRoom}
	return resourceEvent(tx, e, action, Changed{RoomID: r.ID, Attributes: attributes})
}

// tellOrganization leaves that an organisation's attributes changed.
func tellOrganization(tx Tx, id int64, attributes ...string) error {
	e := models.Event{OrganizationID: id, Kind: models.EventOrganization}
	return resourceEvent(tx, e, ResourceChanged, Changed{Attributes: attributes})
}

// tellUser leaves that a manager was made, changed or left. is_online and is_present among the attributes are told to
// visitors and to her conversations' members, too.
func tellUser(tx Tx, m models.Manager, action string, attributes ...string) error {
	e := models.Event{OrganizationID: m.OrganizationID, Kind: models.EventUser}
	return resourceEvent(tx, e, action, Changed{ManagerID: m.ID, Attributes: attributes})
}

// tellRoomVisitor leaves that a visitor came online in a room (added), changed there, or went (removed).
func tellRoomVisitor(tx Tx, v models.RoomVisitor, action string, attributes ...string) error {
	e := models.Event{OrganizationID: v.OrganizationID, VisitorID: v.VisitorID, Kind: models.EventRoomVisitor}
	return resourceEvent(tx, e, action, Changed{RoomID: v.RoomID, Attributes: attributes})
}

// tellVariable leaves that a visitor's variable in a room was set, changed or removed.
func tellVariable(tx Tx, v models.VisitorVariable, action string, attributes ...string) error {
	e := models.Event{OrganizationID: v.OrganizationID, VisitorID: v.VisitorID, Kind: models.EventVariable}
	return resourceEvent(tx, e, action, Changed{RoomID: v.RoomID, Key: v.Key, Attributes: attributes})
}

// tellMember leaves that somebody became a member of a locked conversation, or that her membership changed.
// managerID 0 is the visitor.
func tellMember(tx Tx, c models.Conversation, managerID int64, action string, attributes ...string) error {
	return resourceEvent(tx, eventOf(c, models.EventMembership), action, Changed{ManagerID: managerID, Attributes: attributes})
}

// tellAttendance leaves that a member of a locked conversation came or went, which shows among its messages.
func tellAttendance(tx Tx, c models.Conversation, a models.Attendance) error {
	return resourceEvent(tx, eventOf(c, models.EventAttendance), ResourceAdded, Changed{ManagerID: a.ManagerID, UUID: a.UUID})
}

// tellInvitation leaves that a team or a manager was asked into a locked conversation, or what came of it.
func tellInvitation(tx Tx, c models.Conversation, i models.Invitation, action string, attributes ...string) error {
	return resourceEvent(tx, eventOf(c, models.EventInvitation), action, Changed{UUID: i.UUID, Attributes: attributes})
}

// tellRemoved leaves that a conversation was removed. mark is in the place of its visitor's id.
func tellRemoved(tx Tx, c models.Conversation, mark string) error {
	e := eventOf(c, models.EventChat)
	e.VisitorID = mark
	return resourceEvent(tx, e, ResourceRemoved, Changed{UUID: c.UUID, RoomID: c.RoomID})
}

func eventOf(c models.Conversation, kind models.EventKind) models.Event {
	return models.Event{OrganizationID: c.OrganizationID, VisitorID: c.VisitorID, ConversationID: &c.ID, Kind: kind}
}
