package chat

import (
	"errors"
	"time"
)

// What a store cannot do at the moment, and why.
const (
	// DatabaseAway: it does not answer, or lets nobody in.
	DatabaseAway = "database_away"
	// DatabaseFull: the disk is, or whatever else it needs room in.
	DatabaseFull = "database_full"
	// DatabaseReadOnly: it takes no changes.
	DatabaseReadOnly = "database_read_only"
	// DatabaseBusy: it took too long.
	DatabaseBusy = "database_busy"
	// FilesFull, FilesAway: so is what keeps attachments.
	FilesFull = "files_full"
	FilesAway = "files_away"
)

// comeAgainAfter is when those who were told "not now" should try again.
const comeAgainAfter = 5 * time.Second

// NotNow is the refusal of what the store cannot do at the moment: nothing is wrong with the request. The cause is for
// the log. What was refused is not committed, unless the database went away between a commit and its answer.
func NotNow(reason string, cause error) *Error {
	return &Error{
		Kind: Unavailable, Code: "unavailable", Text: "The server cannot do this at the moment. Try again soon",
		RetryAfter: comeAgainAfter, Reason: reason, cause: cause,
	}
}

// Unwrap is the cause of a refusal that has one.
func (e *Error) Unwrap() error { return e.cause }

// Unavailable tells whether the same may be possible a little later. It is how the Bayeux engine knows such an error,
// by shape.
func (e *Error) Unavailable() bool { return e.Kind == Unavailable }

// ReasonOf is why the store cannot do something at the moment; empty for every other error.
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
