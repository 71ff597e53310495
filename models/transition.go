package models

// Transition is a step in the life of a conversation: what was done, by whom, and why.
type Transition struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	ConversationID int64  `json:"conversation_id"`
	VisitorID      string `json:"visitor_id"`
	Action         Action `json:"action"`
	FromState      State  `json:"from_state"`
	ToState        State  `json:"to_state"`
	// FromManagerID had the conversation before, ManagerID has it now.
	FromManagerID *int64 `json:"from_manager_id"`
	ManagerID     *int64 `json:"manager_id"`
	// ActorType is visitor, manager, backend or system.
	ActorType string `json:"actor_type"`
	ActorID   string `json:"actor_id"`
	// Note is one manager's word to the next; visitors never see it.
	Note string `json:"note"`
	// Decision is the JSON of why duty chose as it did; nil where somebody chose.
	Decision  *string `json:"-"`
	CreatedAt Time    `json:"created_at" gorm:"autoCreateTime:false"`
}

// Action is what moves a conversation.
type Action string

// Actions.
const (
	ActionOpened      Action = "opened"
	ActionLeft        Action = "left"        // a message for when somebody comes
	ActionAssigned    Action = "assigned"    // out of the queue, by duty
	ActionClaimed     Action = "claimed"     // out of the queue, or accepted, by the manager herself
	ActionAnswered    Action = "answered"    // a manager's first message since the visitor waits
	ActionTransferred Action = "transferred" // to a manager
	ActionQueued      Action = "queued"      // back into the queue
	ActionTakenOver   Action = "taken_over"
	ActionReassigned  Action = "reassigned" // the counterpart had vanished
	ActionUnanswered  Action = "unanswered" // the counterpart, or everybody, let the time pass
	ActionClosed      Action = "closed"
	ActionIdleClosed  Action = "idle_closed"
	ActionReopened    Action = "reopened"
	ActionRated       Action = "rated"
)

// Note is what managers write about a conversation for each other. It is no message: nothing that visitors can
// ask for holds one.
type Note struct {
	ID             int64  `json:"id" gorm:"primaryKey"`
	OrganizationID int64  `json:"organization_id"`
	ConversationID int64  `json:"conversation_id"`
	VisitorID      string `json:"visitor_id"`
	// ManagerID is nil for a backend's.
	ManagerID   *int64 `json:"manager_id"`
	ManagerName string `json:"manager_name"`
	Content     string `json:"content"`
	CreatedAt   Time   `json:"created_at" gorm:"autoCreateTime:false"`
}
