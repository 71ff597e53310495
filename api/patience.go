package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"
)

// patience is how long a call may wait for the database, until it is told to come again. It is shorter than a client
// has to take the answer, so that it gets one.
const patience = 20 * time.Second

// hurried bounds a call; what it returns ends the bound.
func hurried(c *gin.Context) context.CancelFunc {
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	c.Request = c.Request.WithContext(ctx)
	return cancel
}
