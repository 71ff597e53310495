package models

// Erasure is the removal of a visitor that is under way.
type Erasure struct {
	ID             int64 `gorm:"primaryKey"`
	OrganizationID int64
	// VisitorID is nil once nothing of hers is left but words in search's vocabulary.
	VisitorID *string
	// Mark stands for her in the audit log from then on.
	Mark string
	// ActorKind, ActorID and Address are who asked for it, as in the audit log.
	ActorKind, ActorID, Address string
	Stage                       ErasureStage
	// Place is how far the vocabulary was looked through.
	Place       string
	Removed     `gorm:"embedded"`
	RequestedAt Time `gorm:"autoCreateTime:false"`
}

// Removed counts what was removed.
type Removed struct {
	Conversations int64 `json:"conversations"`
	Messages      int64 `json:"messages"`
	Files         int64 `json:"files"`
	Notifications int64 `json:"notifications"`
	Events        int64 `json:"events"`
}

// Add adds up.
func (r *Removed) Add(more Removed) {
	r.Conversations += more.Conversations
	r.Messages += more.Messages
	r.Files += more.Files
	r.Notifications += more.Notifications
	r.Events += more.Events
}

// ErasureStage is what an erasure is at.
type ErasureStage int

// Stages, in their order.
const (
	// ErasingConversations: one after the other.
	ErasingConversations ErasureStage = iota
	// ErasingRest: whatever else is hers, and herself.
	ErasingRest
	// ErasingWords: words of search's vocabulary that nobody uses any more.
	ErasingWords
	// ErasingTraces: what the search index keeps of documents that were removed, until it is rewritten.
	ErasingTraces
)

// ErasedVisitor is left of an erased visitor, so that tokens which were signed before do not hold.
type ErasedVisitor struct {
	Hash     string `gorm:"primaryKey"`
	ErasedAt Time
}
