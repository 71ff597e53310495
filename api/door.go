package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Door is another API behind the same frame: its calls get ids, log lines, a place in the histogram and an answer to
// panics here, all else is its own.
type Door interface {
	// Answer answers, and tells what the call was about, in words that do not depend on who asks, the code of a
	// refusal, and what failed within.
	Answer(w http.ResponseWriter, r *http.Request) (name, refusal string, err error)
}

const routeKey = "route"

func behind(path string, door Door) gin.HandlerFunc {
	return func(c *gin.Context) {
		name, refusal, err := door.Answer(c.Writer, c.Request)
		c.Set(routeKey, path+" "+name)
		c.Set(refusalKey, refusal)
		if err != nil {
			_ = c.Error(err) // for the log; it only fails on nil
		}
	}
}

// routeOf names a call's route for logs, without what stands in its places.
func routeOf(c *gin.Context) string {
	if name := c.GetString(routeKey); name != "" {
		return name
	}
	return c.FullPath()
}

// isDoors tells whether a route leads to a door.
func (h *Handler) isDoors(path string) bool {
	for at := range h.doors {
		if path == at || path == at+"/*rest" {
			return true
		}
	}
	return false
}
