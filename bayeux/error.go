package bayeux

import (
	"errors"
	"strconv"
	"strings"
)

// Error is a refusal as the wire carries it: three digits, arguments, a
// sentence. Values are never changed; With makes a new one.
type Error struct {
	Code int
	Args string // comma-joined
	Text string
}

// The refusals a client can meet. Codes and sentences are those of the Faye
// server where it has one.
var (
	ErrConnectionTypes = &Error{Code: 301, Text: "Connection types not supported"}
	ErrBadRequest      = &Error{Code: 400, Text: "Bad request"}
	ErrUnknownClient   = &Error{Code: 401, Text: "Unknown client"}
	ErrMissing         = &Error{Code: 402, Text: "Missing required parameter"}
	ErrForbidden       = &Error{Code: 403, Text: "Forbidden channel"}
	ErrDenied          = &Error{Code: 403, Text: "Handshake denied"}
	ErrTooMany         = &Error{Code: 403, Text: "Too many subscriptions"}
	ErrKicked          = &Error{Code: 403, Text: "Session ended by the server"}
	ErrDeleted         = &Error{Code: 404, Text: "Message deleted"}
	ErrInvalidChannel  = &Error{Code: 405, Text: "Invalid channel"}
	ErrUnknownChannel  = &Error{Code: 404, Text: "Unknown channel"}
	ErrTooLarge        = &Error{Code: 413, Text: "Message too large"}
	ErrInternal        = &Error{Code: 500, Text: "Internal server error"}
	ErrCrowded         = &Error{Code: 429, Text: "Too many clients from this address"}
	ErrUnavailable     = &Error{Code: 503, Text: "Unavailable at the moment"}
	ErrTooFast         = &Error{Code: 429, Text: "Too many requests"}
	ErrBusy            = &Error{Code: 503, Text: "Server is full"}
	ErrDraining        = &Error{Code: 503, Text: "Server is shutting down"}
)

// How a session, or a wait for its mail, ends. These never reach the wire.
var (
	ErrReplaced     = errors.New("bayeux: replaced by a newer connect")
	ErrDisconnected = errors.New("bayeux: client disconnected")
	ErrIdle         = errors.New("bayeux: no activity")
	ErrExpired      = errors.New("bayeux: session expired")
	ErrOverflow     = errors.New("bayeux: queue overflow")
)

// With returns e about the given things. What the error grammar of the Bayeux
// 1.0 specification has no room for is replaced: Faye's client takes the whole
// string for the sentence if it cannot parse it.
func (e *Error) With(args ...string) *Error {
	tamed := make([]string, 0, maxErrorArgs)
	for _, a := range args[:min(len(args), maxErrorArgs)] {
		tamed = append(tamed, tame(a))
	}
	return &Error{Code: e.Code, Args: strings.Join(tamed, ","), Text: e.Text}
}

// Error is the wire form, code:args:text.
func (e *Error) Error() string {
	return strconv.Itoa(e.Code) + ":" + e.Args + ":" + e.Text
}

// Is makes errors.Is compare kinds of refusal, whatever they are about.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Text == e.Text
}

// passing tells whether e is the server's own fault, so that trying again may
// help.
func (e *Error) passing() bool { return e == ErrInternal || e == ErrUnavailable }

const (
	maxErrorArg  = 128 // bytes of one
	maxErrorArgs = 8
)

func tame(s string) string {
	if len(s) > maxErrorArg {
		s = s[:maxErrorArg]
	}
	return strings.Map(func(r rune) rune {
		if r < 128 && (nameByte[r]&strictByte != 0 || r == ' ' || r == '/' || r == '*' || r == '.') {
			return r
		}
		return '_'
	}, s)
}
