package chat

import (
	"time"

	"parley/models"
)

// What search keeps and how it is asked for. A document is a message, a note, or what a conversation is known by:
// its visitor's name and addresses and its tags. Documents have words, by which they are found, and marks, by which
// they are filtered: the manager and the state of their conversation and its tags. A change of those writes the
// conversation's documents anew; in exchange a filter costs a search no more than another word.
//
// A document's place orders it by the time of what it is made of. It never changes, so that pages are stable.

// SearchKind is what a document is made of.
type SearchKind int64

// Kinds. SearchAll, of a conversation, is in the queue alone.
const (
	SearchMessage SearchKind = iota
	SearchNote
	SearchProfile
	SearchAll
)

// SearchSubject names a record: its id times four plus the kind. Of a profile it is the conversation's.
type SearchSubject int64

func subjectOf(kind SearchKind, id int64) SearchSubject { return SearchSubject(id<<2 | int64(kind)) }

// Kind is what the record is.
func (s SearchSubject) Kind() SearchKind { return SearchKind(s & 3) }

// ID is the record's.
func (s SearchSubject) ID() int64 { return int64(s >> 2) }

// SearchDocument is what search keeps of a record; without words it is to be forgotten.
type SearchDocument struct {
	Subject        SearchSubject
	OrganizationID int64
	ConversationID int64
	At             models.Time
	Words          []string
	Marks          []string
}

// SearchQuery asks for documents, the latest first.
type SearchQuery struct {
	OrganizationID int64
	// Terms are all wanted; of each one of the words is enough.
	Terms [][]string
	// Marks are wanted in the same way.
	Marks [][]string
	// From and To bound the time, the first included, the second not; 0: no bound.
	From, To models.Time
	// Before is the place after which the search goes on; 0: from the latest.
	Before int64
	Limit  int
	// Patience is how long may be searched before a new step is not begun; the first always is.
	Patience time.Duration
}

// SearchHit is a document that was found.
type SearchHit struct {
	Place          int64
	Subject        SearchSubject
	ConversationID int64
}

// SearchItem is a hit with what a result shows of it. Message or Note are set by its kind; neither is when the
// record has gone meanwhile.
type SearchItem struct {
	SearchHit
	InboxItem
	Message *models.Message
	Note    *models.Note
}

// SearchReader finds documents.
type SearchReader interface {
	// SearchHits finds up to the limit. With fewer, on is the place after which the search goes on, because the
	// patience has ended; 0: nothing is left.
	SearchHits(q SearchQuery) (hits []SearchHit, on int64, err error)
	// SearchedBefore tells which of the conversations have a document that q finds, leaving its Before aside, at
	// or above a place.
	SearchedBefore(q SearchQuery, conversationIDs []int64, place int64) ([]int64, error)
	// SearchWords lists up to limit of an organisation's words that begin with prefix, by their letters.
	SearchWords(organizationID int64, prefix string, limit int) ([]string, error)
	// SearchItems reads what belongs to hits. Those whose conversation has gone are left out.
	SearchItems(hits []SearchHit) ([]SearchItem, error)
}

// SearchTx is what the indexer needs of a transaction.
type SearchTx interface {
	// SearchWork reads what is to be indexed: messages by rising id after a given one, or after what Indexed
	// noted if that is more; the messages named beside them; and what the queue says. It keeps other indexers from
	// working until the transaction's end; ok is false when another is at it. It reads up to limit messages, and
	// some more.
	SearchWork(after int64, beside []int64, limit int) (work SearchWork, ok bool, err error)
	Indexed(done SearchDone) error
	// SearchParts is in how many parts the index is kept. A search looks into each of them for each of its words;
	// TidySearch makes them one.
	SearchParts() (int, error)
}

// SearchDone is what an indexer did.
type SearchDone struct {
	// Documents are to be kept, or without words forgotten.
	Documents []SearchDocument
	// Words are words that documents of an organisation have.
	Words map[int64][]string
	// UpTo is the message up to which all are indexed.
	UpTo int64
	// Tasks of the queue are done, Rest is what is left of them.
	Tasks []int64
	Rest  []SearchTask
}

// SearchWork is what an indexer has to do.
type SearchWork struct {
	// Noted is the message up to which Indexed has noted that all are.
	Noted int64
	// Forgotten is another number when words were removed that the store had.
	Forgotten int64
	// New are the messages that follow, Again those that were asked for or changed.
	New, Again []models.Message
	Notes      []models.Note
	// Profiles are conversations whose own document is to be written.
	Profiles []int64
	// Conversations are all that the above belong to.
	Conversations map[int64]SearchConversation
	// Tasks are those of the queue that ask for it, Rest is what is left of them.
	Tasks []int64
	Rest  []SearchTask
}

// SearchTask is a line of the queue: of a conversation's messages those after one.
type SearchTask struct {
	ID      int64 `gorm:"primaryKey"`
	Subject SearchSubject
	After   int64
}

// SearchConversation is what documents take from their conversation.
type SearchConversation struct {
	Conversation models.Conversation
	Visitor      models.Visitor
	Tags         []string
}
