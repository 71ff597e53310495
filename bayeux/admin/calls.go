package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"parley/bayeux"
)

const (
	usualPage   = 100
	largestPage = 1000
)

func (a *api) publish(r request) (any, error) {
	var p struct {
		Channel string          `json:"channel"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, err
		}
		return nil, errBody
	}
	if p.Data == nil {
		return nil, errBody
	}
	return nil, a.srv.PublishAs(r.Context(), r.who, p.Channel, p.Data)
}

func (a *api) sessions(r request) (any, error) {
	limit, err := r.number("limit", usualPage)
	if err != nil {
		return nil, err
	}
	list, more := a.srv.Sessions(r.FormValue("after"), min(int(limit), largestPage))
	return struct {
		Sessions []bayeux.SessionInfo `json:"sessions"`
		More     bool                 `json:"more"`
	}{list, more}, nil
}

func (a *api) session(r request) (any, error) {
	state, ok := a.srv.Session(r.PathValue("id"))
	if !ok {
		return nil, errSession
	}
	return state, nil
}

func (a *api) kick(r request) (any, error) {
	if !a.srv.Kick(r.Context(), r.PathValue("id")) {
		return nil, errSession
	}
	return nil, nil
}

func (a *api) channels(r request) (any, error) {
	limit, err := r.number("limit", usualPage)
	if err != nil {
		return nil, err
	}
	list, more := a.srv.Channels(r.FormValue("prefix"), r.FormValue("after"), min(int(limit), largestPage))
	return struct {
		Channels []bayeux.ChannelInfo `json:"channels"`
		More     bool                 `json:"more"`
	}{list, more}, nil
}

func (a *api) history(r request) (any, error) {
	count, err := r.number("count", 0)
	after, err2 := r.number("after", 0)
	before, err3 := r.number("before", 0)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, errNumber
	}
	return a.srv.History(r.Context(), r.who, bayeux.HistoryQuery{
		Channel: r.FormValue("channel"), Count: int(min(count, largestPage)), After: after, Before: before,
	})
}

func (a *api) presence(r request) (any, error) {
	return a.srv.Presence(r.Context(), r.who, r.FormValue("channel"))
}

// number reads a parameter that is 0 or more.
func (r request) number(name string, usual int64) (int64, error) {
	text := r.FormValue(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errNumber
	}
	return n, nil
}
