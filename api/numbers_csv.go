package api

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"parley/chat"
)

// numbersColumns are the names of a table's columns, as they are in JSON with branches joined.
var numbersColumns = []string{
	"start", "end", "manager_id", "manager_name", "conversations", "left", "answered", "missed", "closed", "unanswered",
	"transfers_in", "transfers_out", "first_response_count", "first_response_median_ms", "first_response_p90_ms",
	"handling_count", "handling_median_ms", "handling_p90_ms", "ratings_count", "ratings_average",
	"ratings_1", "ratings_2", "ratings_3", "ratings_4", "ratings_5", "load_average", "load_peak",
}

// writeNumbers writes the rows as RFC 4180 has it, under their names; the total is not among them.
func writeNumbers(w io.Writer, n chat.Numbers) error {
	table := csv.NewWriter(w)
	table.UseCRLF = true
	if err := table.Write(numbersColumns); err != nil {
		return err
	}
	for _, row := range n.Rows {
		if err := table.Write(numbersRecord(row)); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

func numbersRecord(r chat.NumbersRow) []string {
	record := []string{r.Start.Format(time.RFC3339), r.End.Format(time.RFC3339), whole(r.ManagerID), ""}
	if r.ManagerName != nil {
		record[3] = noFormula(*r.ManagerName)
	}
	for _, n := range []int{r.Conversations, r.Left, r.Answered, r.Missed, r.Closed, r.Unanswered, r.TransfersIn, r.TransfersOut} {
		record = append(record, strconv.Itoa(n))
	}
	for _, s := range []chat.Spread{r.FirstResponse, r.Handling} {
		record = append(record, strconv.Itoa(s.Count), whole(s.MedianMS), whole(s.P90MS))
	}
	average := ""
	if r.Ratings.Average != nil {
		average = decimal(*r.Ratings.Average)
	}
	record = append(record, strconv.Itoa(r.Ratings.Count), average)
	for _, n := range r.Ratings.Distribution {
		record = append(record, strconv.Itoa(n))
	}
	return append(record, decimal(r.Load.Average), strconv.Itoa(r.Load.Peak))
}

func whole(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// noFormula keeps a spreadsheet from taking a text for a formula.
func noFormula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
