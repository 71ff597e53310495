package chat

import (
	"context"
	"errors"

	"parley/models"
)

// MemberReader reads single memberships: it is what the gate asks when a manager is not the counterpart.
type MemberReader interface {
	// Membership finds a member's; manager 0 is the visitor, who has one only once she has left.
	Membership(conversationID, managerID int64) (models.Membership, error)
}

// MembershipReader reads who takes part in conversations.
type MembershipReader interface {
	MemberReader
	// Memberships lists each conversation's, in the order in which they began.
	Memberships(conversationIDs ...int64) (map[int64][]models.Membership, error)
	// MembershipsOf lists a manager's in an organisation in the order in which they began.
	MembershipsOf(q MembershipQuery) ([]models.Membership, error)
	// MessagesOf counts what members wrote, by conversation and manager; 0 is the visitor. What came of itself, such as
	// a button that was pressed, is not counted.
	MessagesOf(conversationIDs ...int64) (map[int64]map[int64]int, error)
	// VisitorsByID finds those that there are.
	VisitorsByID(ids []string) (map[string]models.Visitor, error)
	// Present tells which of the managers are there: they listen for new conversations, or have a live client.
	Present(managerIDs []int64) (map[int64]bool, error)
}

// MembershipQuery asks for a manager's memberships.
type MembershipQuery struct {
	OrganizationID, ManagerID int64
	// Participating nil: whether she takes part or did.
	Participating *bool
	PageQuery
}

// PlaceOfMembership is where one stands in such a list.
func PlaceOfMembership(m models.Membership) Place {
	return Place{At: m.CreatedAt, ID: m.ConversationID}
}

// MembershipTx changes them.
type MembershipTx interface {
	// CreateMembership adds the first of a member and conversation.
	CreateMembership(m *models.Membership) error
	// SaveMembership saves whether she takes part, and when that changed.
	SaveMembership(m models.Membership) error
	CreateAttendance(a *models.Attendance) error
}

// takesPart tells whether a manager is a member of the conversation who has not left.
func takesPart(r MemberReader, conversationID, managerID int64) (bool, error) {
	m, err := r.Membership(conversationID, managerID)
	if errors.Is(err, ErrNoRecord) {
		return false, nil
	}
	return m.Participating, err
}

// memberFunc finds a membership.
type memberFunc func(conversationID, managerID int64) (models.Membership, error)

// Membership finds one.
func (f memberFunc) Membership(conversationID, managerID int64) (models.Membership, error) {
	return f(conversationID, managerID)
}

// memberLookup reads from the store only when it is asked, which it seldom is: a view alone costs a post four allocations.
func memberLookup(ctx context.Context, store Store) MemberReader {
	return memberFunc(func(conversationID, managerID int64) (models.Membership, error) {
		return store.View(ctx).Membership(conversationID, managerID)
	})
}
