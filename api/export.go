package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// transcript hands out what was said in a conversation, as text or JSON.
func (a *conversationAPI) transcript(c call, id int64) {
	format, err := c.params.text("format", "format_invalid")
	if err == nil && format != "" && format != "text" && format != "json" {
		err = chat.E(chat.Invalid, "format_invalid", "format is text or json")
	}
	var t chat.Transcript
	if err == nil {
		t, err = a.service.Transcript(c.Request.Context(), c.principal, c.sender, id)
	}
	if err != nil {
		fail(c.Context, err)
		return
	}
	name := "conversation-" + strconv.FormatInt(id, 10)
	if format == "json" {
		a.stream(c.Context, "application/json; charset=utf-8", name+".json", t.WriteJSON)
		return
	}
	a.stream(c.Context, "text/plain; charset=utf-8", name+".txt", t.WriteText)
}

// exportVisitor hands out all that is known of a visitor.
func (a *conversationAPI) exportVisitor(c call) {
	e, err := a.service.ExportVisitor(c.Request.Context(), c.principal, c.Param("visitor_id"))
	if err != nil {
		fail(c.Context, err)
		return
	}
	defer e.Close()
	a.stream(c.Context, "application/zip", "visitor-"+c.Param("visitor_id")+".zip", e.Write)
}

// stream writes a file as it is made, for as long as the client takes each piece in time. What fails on the way cuts
// the answer off, so that nobody takes a part for the whole.
func (a *conversationAPI) stream(c *gin.Context, kind, name string, write func(context.Context, io.Writer) error) {
	h := c.Writer.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", dispositionOf("attachment", name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	w := &patient{ResponseWriter: c.Writer, connection: http.NewResponseController(c.Writer), limit: a.answerTime}
	if err := write(c.Request.Context(), w); err != nil {
		_ = c.Error(err) // for the log
		if !c.Writer.Written() {
			for _, name := range []string{"Content-Type", "Content-Disposition"} {
				h.Del(name)
			}
			fail(c, err)
			return
		}
		panic(http.ErrAbortHandler)
	}
}
