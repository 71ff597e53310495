package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/chat"
)

// numbers answers figures, as JSON or, with format=csv or an Accept of text/csv, as a table.
func (a *conversationAPI) numbers(c call) {
	q, err := c.numbersQuery()
	if err != nil {
		fail(c.Context, err)
		return
	}
	table, err := c.wantsTable()
	if err != nil {
		fail(c.Context, err)
		return
	}
	n, err := a.service.Numbers(c.Request.Context(), c.principal, c.sender, q)
	if err != nil {
		fail(c.Context, err)
		return
	}
	private(c.Context)
	c.Writer.Header().Add("Vary", "Accept")
	if !table {
		c.JSON(http.StatusOK, n)
		return
	}
	name := "numbers-" + n.From.Format(time.DateOnly) + "-by-" + n.By + ".csv"
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Content-Type", "text/csv; charset=utf-8; header=present")
	c.Status(http.StatusOK)
	_ = writeNumbers(c.Writer, n) // the client went away
}

func (a *conversationAPI) numbersNow(c call) {
	n, err := a.service.NumbersNow(c.Request.Context(), c.principal, c.sender)
	if err != nil {
		fail(c.Context, err)
		return
	}
	private(c.Context)
	c.JSON(http.StatusOK, n)
}

func (c call) numbersQuery() (q chat.NumbersQuery, err error) {
	for _, field := range []struct {
		name string
		into *string
	}{{"from", &q.From}, {"to", &q.To}, {"by", &q.By}, {"tz", &q.TimeZone}} {
		if *field.into, err = c.params.text(field.name, field.name+"_invalid"); err != nil {
			return q, err
		}
	}
	group, err := c.params.text("group", "group_invalid")
	if err != nil || group != "" && group != "none" && group != "manager" {
		return q, chat.E(chat.Invalid, "group_invalid", "group is manager or none")
	}
	q.PerManager = group == "manager"
	id, given, err := c.params.integer("manager_id", "manager_id_invalid")
	if err != nil || given && id < 1 {
		return q, chat.E(chat.Invalid, "manager_id_invalid", "manager_id is a manager's id")
	}
	q.ManagerID = id
	return q, nil
}

// wantsTable tells whether CSV is asked for.
func (c call) wantsTable() (bool, error) {
	switch format := c.params["format"]; format {
	case "csv":
		return true, nil
	case "json":
		return false, nil
	case nil, "":
		return c.NegotiateFormat(gin.MIMEJSON, "text/csv") == "text/csv" && strings.Contains(c.GetHeader("Accept"), "text/csv"), nil
	}
	return false, chat.E(chat.Invalid, "format_invalid", "format is json or csv")
}
