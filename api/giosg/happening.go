package giosg

import (
	"context"
	"encoding/json"

	"parley/chat"
	"parley/models"
)

// happening is an event with what it is about, which is read when it is asked for.
type happening struct {
	*Teller
	ctx     context.Context
	event   models.Event
	changed chat.Changed
	reader  chat.Reader
	names   chat.ResourceNames

	organization models.Organization
	conversation models.Conversation
}

func (t *Teller) happening(ctx context.Context, e models.Event) (*happening, error) {
	h := &happening{Teller: t, ctx: ctx, event: e, reader: t.store.View(ctx)}
	var err error
	if h.names.Organization, err = t.names.organization(h.reader, e.OrganizationID); err != nil {
		return nil, err
	}
	h.names.Users, err = t.names.team(h.reader, e.OrganizationID)
	return h, err
}

// table is what giosg's clients are told of each kind of event.
var table = map[models.EventKind]func(*happening) ([]notice, error){
	models.EventTransition:   (*happening).stepped,
	models.EventMessage:      (*happening).said,
	models.EventTags:         (*happening).tagged,
	models.EventMembership:   (*happening).joined,
	models.EventAttendance:   (*happening).attended,
	models.EventInvitation:   (*happening).invited,
	models.EventRoomVisitor:  (*happening).visited,
	models.EventVariable:     (*happening).described,
	models.EventVisitor:      (*happening).identified,
	models.EventRoom:         (*happening).furnished,
	models.EventUser:         (*happening).hired,
	models.EventOrganization: (*happening).organized,
	models.EventAvailability: (*happening).manned,
	models.EventChat:         (*happening).gone,
}

// resourceKinds are the events that say no more than which resource changed.
var resourceKinds = map[models.EventKind]bool{
	models.EventMembership: true, models.EventAttendance: true, models.EventInvitation: true, models.EventRoomVisitor: true,
	models.EventVariable: true, models.EventRoom: true, models.EventUser: true, models.EventOrganization: true,
	models.EventChat: true,
}

// tells tells whether an event may be told at all.
func tells(e models.Event) bool { return table[e.Kind] != nil }

// notices lists what is to be told of the event, in order.
func (h *happening) notices() (list []notice, err error) {
	if resourceKinds[h.event.Kind] {
		if h.changed, err = chat.ChangedOf(h.event); err != nil {
			return nil, err
		}
	}
	if h.event.VisitorID != "" {
		h.names.Visitor = h.event.VisitorID
	}
	if id := h.event.ConversationID; id != nil && h.event.Kind != models.EventChat {
		if h.conversation, err = h.reader.Conversation(*id); err != nil {
			return nil, err
		}
		h.names.Chat, h.names.Visitor = h.conversation.UUID, h.conversation.VisitorID
		if h.names.Rooms, err = h.Teller.names.place(h.reader, h.conversation); err != nil {
			return nil, err
		}
	}
	return table[h.event.Kind](h)
}

// says reads the JSON of an event of ours.
func (h *happening) says() (ev chat.Event, err error) {
	return ev, json.Unmarshal([]byte(h.event.Payload), &ev)
}

// within is the organisation, whose record is read once.
func (h *happening) within() (models.Organization, error) {
	var err error
	if h.organization.ID == 0 {
		h.organization, err = h.reader.Organization(h.event.OrganizationID)
	}
	return h.organization, err
}

// in has paths lead through one room only.
func (h *happening) in(roomID int64) (err error) {
	h.names.Rooms, err = h.Teller.names.room(h.reader, roomID)
	return err
}

// of is a user's UUID; manager 0 is the conversation's visitor, whose id it is then.
func (h *happening) of(managerID int64) (id string, err error) {
	if managerID == 0 {
		return h.names.Visitor, nil
	}
	return h.Teller.names.user(h.reader, managerID)
}
