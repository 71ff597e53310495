package chattest

import (
	_ "embed" // the test set
	"encoding/json"
	"testing"
)

//go:embed testdata/search.json
var searchSet []byte

// SearchSet is what search is tested with on every database: documents, each in a conversation of its own and later
// than the one before, and queries with the documents that they must find, the latest first.
type SearchSet struct {
	Documents []SearchSample
	Queries   []struct {
		Q    string
		Want []string
	}
}

// SearchSample is a message unless it says that it is a note, or has no text: then it is a conversation that is
// known by names and tags alone.
type SearchSample struct {
	ID           string
	Conversation int64
	Text         string
	// Was is what the message said before it was edited.
	Was                    string
	Manager, Note, Deleted bool
	// Foreign belongs to another organisation.
	Foreign                                 bool
	Name, Email                             *string
	ContactName, ContactEmail, ContactPhone *string
	Tags                                    []string
}

// NewSearchSet reads it.
func NewSearchSet(tb testing.TB) SearchSet {
	tb.Helper()
	var set SearchSet
	if err := json.Unmarshal(searchSet, &set); err != nil {
		tb.Fatal(err)
	}
	return set
}
