package giosg

import "parley/chat"

// invited: a team or a user was asked into the conversation, or somebody came.
func (h *happening) invited() ([]notice, error) {
	facts, err := h.service.InvitationNow(h.ctx, h.conversation.ID, h.changed.UUID)
	if err != nil {
		return nil, err
	}
	sent := notice{
		kinds: []chat.ResourceKind{chat.ResourceInvitations, chat.ResourceInvitation}, action: h.event.Action, id: facts.UUID, names: h.names,
		identity: []string{"id"}, attributes: h.changed.Attributes, view: func(bool) (any, error) { return InvitationJSON(facts), nil },
	}
	sent.names.Key, sent.names.Users = facts.UUID, []string{facts.Inviter.UUID}
	got := sent
	got.kinds = []chat.ResourceKind{chat.ResourceReceived, chat.ResourceReceivedOne}
	got.names.Users, err = h.invitees(facts)
	return []notice{sent, got}, err
}

// invitees are the users who were asked.
func (h *happening) invitees(facts chat.InvitationFacts) (uuids []string, err error) {
	if facts.Invited != nil {
		return []string{facts.Invited.UUID}, nil
	}
	if facts.Team == nil {
		return nil, nil
	}
	members, err := h.reader.TeamMembers(facts.Team.ID)
	for _, id := range members[facts.Team.ID] {
		uuid, err := h.of(id)
		if err != nil {
			return nil, err
		}
		uuids = append(uuids, uuid)
	}
	return uuids, err
}
