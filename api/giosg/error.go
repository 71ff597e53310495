package giosg

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/chat"
)

// Bodies of refusals are those of Django REST framework: {"detail": …}, or for what a body says wrong
// {"<attribute>": ["…"]}.

// FieldErrors tells by attribute what is wrong with a body; "non_field_errors" is about no single one.
type FieldErrors map[string][]string

func (e FieldErrors) Error() string {
	var list []string
	for name, texts := range e {
		list = append(list, name+": "+strings.Join(texts, " "))
	}
	return strings.Join(list, "; ")
}

// noField is what is about no single attribute.
const noField = "non_field_errors"

func invalid(attribute, text string) error { return FieldErrors{attribute: {text}} }

func required(attribute string) error { return invalid(attribute, "This field is required.") }

// errMethod is a method that the path does not have.
var errMethod = errors.New("giosg: method not allowed")

func notFound() error { return chat.E(chat.NotFound, "not_found", "Not found.") }

var statuses = map[chat.Kind]int{
	chat.Invalid:         http.StatusBadRequest,
	chat.Unauthenticated: http.StatusUnauthorized,
	chat.Forbidden:       http.StatusForbidden,
	chat.NotFound:        http.StatusNotFound,
	chat.Conflict:        http.StatusBadRequest,
	chat.TooLarge:        http.StatusRequestEntityTooLarge,
	chat.Unprocessable:   http.StatusBadRequest,
	chat.TooMany:         http.StatusTooManyRequests,
	chat.Unsupported:     http.StatusUnsupportedMediaType,
	chat.Unavailable:     http.StatusServiceUnavailable,
	chat.Gone:            http.StatusNotFound,
}

// attributes names what the service's refusals are about, where a client calls it otherwise.
var attributes = map[string]string{
	"content_invalid": "message", "content_too_long": "message", "content_missing": "message", "name_taken": "name", "domain_taken": "domain",
	"email_taken":       "email",
	"signature_missing": "variables", "signature_invalid": "variables", "signature_expired": "variables",
	"variables_too_many": noField, "range_too_long": "from", "range_invalid": "from",
	"cards_invalid": "attachments", "cards_forbidden": "attachments",
}

// detail is the body of refusals that are about no attribute.
type detail struct {
	Detail string `json:"detail"`
}

// statusGone is what the log shows of a client that did not wait for its answer, as nginx does.
const statusGone = 499

// answerError answers with a refusal, if there is one, and tells the log its code and what failed within.
func (c *call) answerError(err error) (code string, failed error) {
	var fields FieldErrors
	var refusal *chat.Error
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, errMethod):
		return "method_not_allowed", c.reply(http.StatusMethodNotAllowed, detail{"Method \"" + c.Method + "\" not allowed."})
	case errors.As(err, &fields):
		return "invalid", c.reply(http.StatusBadRequest, fields)
	case errors.Is(err, context.Canceled) && c.Context().Err() != nil:
		return "", c.reply(statusGone, nil)
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &refusal):
		err = chat.NotNow(chat.DatabaseBusy, err)
	}
	if !errors.As(err, &refusal) || statuses[refusal.Kind] == 0 {
		_ = c.reply(http.StatusInternalServerError, detail{"Internal error"})
		return "internal_error", err
	}
	if refusal.Kind == chat.Unavailable {
		failed = err // the log tells why
	}
	c.refuse(refusal)
	return refusal.Code, failed
}

func (c *call) refuse(refusal *chat.Error) {
	if refusal.RetryAfter > 0 || refusal.Kind == chat.TooMany {
		c.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(refusal.RetryAfter, time.Second).Seconds()))))
	}
	if refusal.Kind == chat.Unauthenticated {
		c.Header().Set("WWW-Authenticate", "Token")
	}
	var body any = detail{refusal.Text}
	if statuses[refusal.Kind] == http.StatusBadRequest && refusal.Code != "body_invalid" && refusal.Code != "query_invalid" {
		body = FieldErrors{attributeOf(refusal.Code): {refusal.Text}}
	}
	_ = c.reply(statuses[refusal.Kind], body) // strings are JSON
}

// attributeOf finds the attribute that a refusal's code names: "language_code_invalid" is about language_code.
func attributeOf(code string) string {
	if name := attributes[code]; name != "" {
		return name
	}
	if name, ok := strings.CutSuffix(code, "_invalid"); ok {
		return name
	}
	return noField
}
