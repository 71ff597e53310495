package chat

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts refusals by what the caller can do about them. The doors translate it: HTTP into a status.
type Kind int

// Kinds. Internal is every error that is not one of ours.
const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Forbidden
	NotFound
	Conflict
	TooLarge
	Unprocessable
	TooMany
	// Unsupported is content of a kind that is not taken.
	Unsupported
	// Unavailable is what cannot be done now and may be soon. See NotNow.
	Unavailable
	// Gone is what was there and is not kept any more.
	Gone
)

// Error is a refusal: a machine code that never changes, and a sentence for people.
type Error struct {
	Kind Kind
	Code string
	Text string
	// ManagerID and ManagerName are set with chat_already_open: who has the conversation.
	ManagerID   int64
	ManagerName string
	// Position is set with cursor_too_old: where to go on from.
	Position int64
	// RetryAfter is set with TooMany and Unavailable: when it is worth trying again.
	RetryAfter time.Duration
	// Reason is set with Unavailable, for operators.
	Reason string
	cause  error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Reason + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Text
}

// E makes a refusal.
func E(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// KindOf tells the kind of err; anything that is not a refusal is Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// ErrNoRecord is what a Store answers when there is no such record.
var ErrNoRecord = errors.New("chat: no such record")

// ErrTaken is what a Store answers when the sender of a message has used its ClientMessageID before.
var ErrTaken = errors.New("chat: the client message id is taken")

func orNotFound(err error, code, format string, args ...any) error {
	if errors.Is(err, ErrNoRecord) {
		return E(NotFound, code, format, args...)
	}
	return err
}

func visitorNotFound(id string) *Error {
	return E(NotFound, "visitor_not_found", "There is no visitor %s", id)
}

func conversationNotFound(id int64) *Error {
	return E(NotFound, "conversation_not_found", "There is no conversation %d", id)
}

func messageNotFound(id int64) *Error {
	return E(NotFound, "message_not_found", "There is no message %d in this conversation", id)
}

func forbidden(format string, args ...any) *Error {
	return E(Forbidden, "forbidden", format, args...)
}

func tokenMissing() *Error {
	return E(Unauthenticated, "token_missing", "This call needs a token")
}

func tokenInvalid() *Error {
	return E(Unauthenticated, "token_invalid", "The token is not valid")
}
