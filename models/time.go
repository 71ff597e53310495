package models

import (
	"fmt"
	"strconv"
	"time"
)

// Time is a moment in Unix milliseconds. Both databases keep it as an integer, so that comparing and sorting
// mean the same in each; JSON shows ISO 8601 in UTC with milliseconds, as in "2013-08-16T09:35:11.120Z".
type Time int64

// At converts a time, cutting it to milliseconds.
func At(t time.Time) Time { return Time(t.UnixMilli()) }

// Time converts back, in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add moves by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

const isoMillis = "2006-01-02T15:04:05.000Z"

func (t Time) String() string { return t.Time().Format(isoMillis) }

// MarshalJSON writes the ISO form.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, t.String()), nil
}

// UnmarshalJSON reads the ISO form.
func (t *Time) UnmarshalJSON(b []byte) error {
	s, err := strconv.Unquote(string(b))
	if err != nil {
		return fmt.Errorf("models: time is not a string: %w", err)
	}
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	*t = At(parsed)
	return nil
}
