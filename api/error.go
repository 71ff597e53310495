package api

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

var statuses = map[chat.Kind]int{
	chat.Invalid:         http.StatusBadRequest,
	chat.Unauthenticated: http.StatusUnauthorized,
	chat.Forbidden:       http.StatusForbidden,
	chat.NotFound:        http.StatusNotFound,
	chat.Conflict:        http.StatusConflict,
	chat.TooLarge:        http.StatusRequestEntityTooLarge,
	chat.Unprocessable:   http.StatusUnprocessableEntity,
	chat.TooMany:         http.StatusTooManyRequests,
	chat.Unsupported:     http.StatusUnsupportedMediaType,
	chat.Unavailable:     http.StatusServiceUnavailable,
	chat.Gone:            http.StatusGone,
}

// statusGone is what the log shows of a client that did not wait for its answer, as nginx does.
const statusGone = 499

// problem is the body of every refusal.
type problem struct {
	Error     string `json:"error"`
	Code      string `json:"code"`
	ManagerID int64  `json:"manager_id,omitempty"`
	// ManagerName is who has the conversation, beside her id.
	ManagerName string `json:"manager_name,omitempty"`
	// Position is where a cursor that is too old goes on from.
	Position int64 `json:"position,omitempty"`
}

// fail answers with a refusal. What is not one becomes "internal error"; the request's log line tells the rest.
func fail(c *gin.Context, err error) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.AbortWithStatus(statusGone)
		return
	}
	var refusal *chat.Error
	if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &refusal) {
		err = chat.NotNow(chat.DatabaseBusy, err)
	}
	if !errors.As(err, &refusal) || statuses[refusal.Kind] == 0 {
		_ = c.Error(err) // for the log; it only fails on nil
		refuse(c, http.StatusInternalServerError, "internal_error", "Internal error")
		return
	}
	c.Set(refusalKey, refusal.Code)
	if refusal.Kind == chat.Unavailable {
		_ = c.Error(err) // the log tells why
	}
	if refusal.RetryAfter > 0 || refusal.Kind == chat.TooMany {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(max(refusal.RetryAfter, time.Second).Seconds()))))
	}
	if refusal.Kind == chat.Unauthenticated {
		c.Header("WWW-Authenticate", "Bearer")
	}
	c.AbortWithStatusJSON(statuses[refusal.Kind], problem{refusal.Text, refusal.Code, refusal.ManagerID, refusal.ManagerName, refusal.Position})
}

func refuse(c *gin.Context, status int, code, text string) {
	c.AbortWithStatusJSON(status, problem{Error: text, Code: code})
}

// reported logs a panic under a mount; net/http ends the connection.
func reported(logger *slog.Logger) {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler {
		logger.Error("panic in a request", "panic", p, "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}

// recovered turns a panic into an internal error and logs where it came from.
func recovered(logger *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			logger.Error("panic in a request", "request_id", requestID(c), "panic", p, "stack", string(debug.Stack()))
			if !c.Writer.Written() {
				refuse(c, http.StatusInternalServerError, "internal_error", "Internal error")
			}
		}()
		c.Next()
	}
}
