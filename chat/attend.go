package chat

import (
	"errors"

	"parley/models"
)

// attend notes who takes part in a conversation after a step of its life: a manager who has it by her own doing does, and
// who loses it does so no more. Nobody takes part in what waits. A conversation that ends keeps its members.
func attend(tx Tx, c models.Conversation, before *int64, st step) error {
	switch st.action {
	case models.ActionClosed, models.ActionIdleClosed, models.ActionRated:
		return nil
	case models.ActionOpened, models.ActionLeft: // it had nobody
	default:
		if err := quitBefore(tx, c, before, st.at); err != nil {
			return err
		}
	}
	if !st.byHerself() {
		return nil
	}
	_, err := join(tx, c, st.actor.ManagerID, st.at)
	return err
}

// quitBefore lets those leave who have nothing to do with the conversation any more.
func quitBefore(tx Tx, c models.Conversation, before *int64, at models.Time) error {
	if c.ManagerID == nil {
		members, err := tx.Memberships(c.ID)
		for _, m := range members[c.ID] {
			if m.ManagerID != 0 && err == nil {
				err = quit(tx, c, m.ManagerID, at)
			}
		}
		return err
	}
	if before == nil || *before == *c.ManagerID {
		return nil
	}
	return quit(tx, c, *before, at)
}

// join lets a manager take part in a locked conversation, or with 0 its visitor again, and tells whether the membership
// is new.
func join(tx Tx, c models.Conversation, managerID int64, at models.Time) (isNew bool, err error) {
	m, err := tx.Membership(c.ID, managerID)
	isNew = errors.Is(err, ErrNoRecord)
	switch {
	case isNew && managerID == 0:
		return false, nil
	case isNew:
		return true, enroll(tx, c, managerID, true, at)
	case err != nil || m.Participating:
		return false, err
	}
	return false, turn(tx, c, m, true, at)
}

// quit lets a member of a locked conversation leave. Who is none, or has left, does not.
func quit(tx Tx, c models.Conversation, managerID int64, at models.Time) error {
	m, err := tx.Membership(c.ID, managerID)
	switch {
	case errors.Is(err, ErrNoRecord) && managerID == 0:
		return enroll(tx, c, 0, false, at)
	case errors.Is(err, ErrNoRecord):
		return nil
	case err != nil || !m.Participating:
		return err
	}
	return turn(tx, c, m, false, at)
}

// enroll makes a membership. The visitor's is not told as a new one: she was a member before there was a record of it.
func enroll(tx Tx, c models.Conversation, managerID int64, participating bool, at models.Time) error {
	m := models.Membership{
		ConversationID: c.ID, OrganizationID: c.OrganizationID, ManagerID: managerID, Participating: participating,
		CreatedAt: at, UpdatedAt: at,
	}
	if managerID == 0 {
		m.CreatedAt = c.CreatedAt
	}
	if err := tx.CreateMembership(&m); err != nil {
		return err
	}
	if managerID == 0 {
		return tellMember(tx, c, 0, ResourceChanged, participation...)
	}
	if err := tellMember(tx, c, managerID, ResourceAdded); err != nil || !participating {
		return err
	}
	return came(tx, c, m, at)
}

// participation are the attributes of a membership that change when somebody comes or goes.
var participation = []string{"is_participating", "is_present", "updated_at"}

// turn changes whether a member takes part.
func turn(tx Tx, c models.Conversation, m models.Membership, participating bool, at models.Time) error {
	m.Participating, m.UpdatedAt = participating, at
	if err := tx.SaveMembership(m); err != nil {
		return err
	}
	if err := tellMember(tx, c, m.ManagerID, ResourceChanged, participation...); err != nil {
		return err
	}
	return came(tx, c, m, at)
}

// came keeps that a manager came or went, which shows among the messages. A visitor does so with every page she opens,
// and it says nothing.
func came(tx Tx, c models.Conversation, m models.Membership, at models.Time) error {
	if m.ManagerID == 0 {
		return nil
	}
	a := models.Attendance{
		UUID: newUUID(), ConversationID: c.ID, ManagerID: m.ManagerID, Joined: m.Participating, CreatedAt: at,
	}
	if err := tx.CreateAttendance(&a); err != nil {
		return err
	}
	if err := tellAttendance(tx, c, a); err != nil || !m.Participating {
		return err
	}
	return accepted(tx, c, m.ManagerID, at)
}
