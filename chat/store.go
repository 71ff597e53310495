package chat

import (
	"context"

	"parley/models"
)

// Store keeps the product's records. Missing records are ErrNoRecord.
type Store interface {
	Poster
	// View reads single facts as they are committed now, outside any transaction.
	View(ctx context.Context) Reader
	// Update runs fn in one transaction and commits what it did, events included, or nothing. When the
	// database asks for another try fn runs again, so it must change nothing but the transaction. Locks are
	// taken in the order visitor, organisation, conversation, manager.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads.
type Reader interface {
	TransitionReader
	ScheduleReader
	QueueReader
	AvailabilityReader
	TalkReader
	AttachmentReader
	NumbersReader
	SearchReader
	VisitorReader
	WebhookReader
	PositionReader
	VariableReader
	RoomKeyReader
	IdentifierReader
	GoalReader
	RoomReader
	ChatReader
	CardReader
	EntryReader
	MembershipReader
	TeamReader
	InvitationReader
	CallReader
	RoomVisitorReader
	ClientReader

	Organization(id int64) (models.Organization, error)
	OrganizationBySiteKey(key string) (models.Organization, error)
	Organizations() ([]models.Organization, error)

	// Manager and ManagerByEmail do not find managers who left; Managers lists those who are there.
	Manager(id int64) (models.Manager, error)
	ManagerByEmail(email string) (models.Manager, error)
	Managers(organizationID int64) ([]models.Manager, error)
	// FormerManager finds managers who left, too.
	FormerManager(id int64) (models.Manager, error)
	// Candidates lists an organisation's managers with what duty is decided by.
	Candidates(organizationID int64) ([]Candidate, error)

	Visitor(id string) (models.Visitor, error)
	// PreviousManager is the counterpart of the visitor's latest conversation; 0 when there is none.
	PreviousManager(visitorID string) (int64, error)

	Conversation(id int64) (models.Conversation, error)
	ConversationByUUID(uuid string) (models.Conversation, error)
	SeenConversation(id int64) (SeenConversation, error)
	// OpenConversation finds the visitor's open one of the type visitor: that of the main room, else the latest.
	OpenConversation(visitorID string) (models.Conversation, error)
	// OpenInRoom finds the latest open one of a type in a room, whose place is named.
	OpenInRoom(visitorID string, place int64, kind models.ChatType) (models.Conversation, error)
	// OpenConversations lists all that a visitor has open, by rising id.
	OpenConversations(visitorID string) ([]models.Conversation, error)
	Inbox(q InboxQuery) ([]InboxItem, error)
	// Abandoned lists an organisation's open conversations whose counterpart has left, or has not been live
	// since before; AbandonedOrganizations tells which organisations have any.
	Abandoned(organizationID int64, before models.Time, limit int) ([]models.Conversation, error)
	AbandonedOrganizations(before models.Time) ([]int64, error)
	// Idle lists open conversations of a type in which nothing has happened since before; of the type visitor, those
	// that somebody has.
	Idle(kind models.ChatType, before models.Time, limit int) ([]models.Conversation, error)

	Message(id int64) (models.Message, error)
	// ClientMessage finds a message of the visitor's conversations by the id that its sender gave it: the
	// visitor, or the manager when one is named.
	ClientMessage(visitorID string, managerID *int64, clientID string) (models.Message, error)
	History(q HistoryQuery) (HistoryPage, error)

	KeyReader
	LookupReader
	PrivatePubReader
	NotificationReader
	LoginSession(tokenHash string) (models.LoginSession, error)

	PeopleReader
	RosterReader
	AuditReader
	ErasureReader
	DataReader
}

// Tx reads and writes inside one transaction. Create methods fill in ids that the database counts.
type Tx interface {
	Reader
	SearchTx
	TransitionTx
	AvailabilityTx
	TalkTx
	AttachmentTx
	PeopleTx
	RosterTx
	AuditTx
	VisitorTx
	WebhookTx
	CardTx
	ErasureTx
	RoomTx
	MembershipTx
	TeamTx
	InvitationTx
	CallTx
	VariableTx
	RoomKeyTx
	RoomVisitorTx
	ClientTx
	IdentifierTx
	GoalTx

	// LockVisitor, LockOrganization and LockConversation read a record and keep others from it until the end.
	LockVisitor(id string) (models.Visitor, error)
	LockOrganization(id int64) (models.Organization, error)
	LockConversation(id int64) (models.Conversation, error)

	CreateOrganization(o *models.Organization) error
	// DeleteOrganization removes everything the organisation owns.
	DeleteOrganization(id int64) error

	CreateManager(m *models.Manager) error
	// AssignManager notes when a conversation was last given to a manager.
	AssignManager(id int64, at models.Time) error
	SetDutyState(id int64, state models.DutyState) error
	// RetireManager lets a manager leave.
	RetireManager(id int64, at models.Time) error

	// EnsureVisitor creates the visitor unless the id is taken already.
	EnsureVisitor(v models.Visitor) error
	// DescribeVisitor sets what is not nil.
	DescribeVisitor(id string, name, email *string) error

	CreateConversation(c *models.Conversation) error
	SaveConversation(c models.Conversation) error

	// CreateMessage leaves it to the caller to count the message in its conversation. It is ErrTaken, and the
	// transaction may go on, when the sender has used the ClientMessageID.
	CreateMessage(m *models.Message) error
	// MarkRead sets the time of reading unless it is set, and tells whether it did.
	MarkRead(messageID int64, at models.Time) (bool, error)

	// AppendEvent does not tell the event's id.
	AppendEvent(e *models.Event) error

	// DeleteEvents removes up to limit events that were relayed and are older than before, the oldest first, and
	// notes up to which position some are missing.
	DeleteEvents(before models.Time, limit int) error

	KeyTx
	PrivatePubTx
	NotificationTx

	CreateLoginSession(s models.LoginSession) error
	DeleteLoginSession(tokenHash string) error
	DeleteLoginSessionsBefore(expiry models.Time) error

	AddDutySession(s models.DutySession) error
	// DutySessions lists a node's.
	DutySessions(node string) ([]models.DutySession, error)
	// EndDutySession removes the session; the manager's SeenAt moves to at.
	EndDutySession(sessionID string, at models.Time) error
	// EndDutySessions does so for all sessions of a node.
	EndDutySessions(node string, at models.Time) error
}

// HistoryQuery asks for a visitor's messages, from all conversations with the organisation.
type HistoryQuery struct {
	OrganizationID int64
	VisitorID      string
	// Since is an inclusive bound going back; with After it is an exclusive one going forward. Nil: the end.
	Since *int64
	After bool
	Count int
}

// HistoryPage holds messages by rising id. Total counts all of the visitor's; More tells whether others lie
// beyond the page in the direction that was asked for.
type HistoryPage struct {
	Messages []models.Message
	Total    int64
	More     bool
}

// InboxQuery asks for conversations, latest activity first.
type InboxQuery struct {
	OrganizationID int64
	ManagerID      int64 // 0: everybody's
	Status         models.Status
	// Waiting asks for the queue instead, longest waiting first, in one page.
	Waiting bool
	Before  *InboxCursor
	Limit   int
}

// InboxCursor is the place after which a page goes on.
type InboxCursor struct {
	UpdatedAt models.Time
	ID        int64
}

// InboxItem is a conversation with what a list shows of it.
type InboxItem struct {
	Conversation models.Conversation
	// Room is the room's uuid; nil: the main room's.
	Room        *string
	Visitor     models.Visitor
	Manager     *models.Manager
	LastMessage *models.Message
	Tags        []string
}

// Outbox is the store as the relay sees it.
type Outbox interface {
	// Pending lists events that were not relayed yet, oldest first, leaving out those named.
	Pending(ctx context.Context, except []int64, limit int) ([]models.Event, error)
	// Relayed notes that events were handed on, and gives them positions that rise in the order of the list. Who has
	// one keeps it. Losing the note in a crash is harmless: they are handed on again.
	Relayed(ctx context.Context, ids []int64, at models.Time) error
}
