package bayeux

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"time"
)

// The channels on which clients ask for what Rules keep. The answer comes on
// the same channel, with the id of the request.
const (
	ServiceHistory  = "/service/parley/history"
	ServicePresence = "/service/parley/presence"
)

// keep makes what the rules need.
func (srv *Server) keep() {
	if srv.rules == nil {
		return
	}
	services := map[string]Handler{}
	if srv.rules.history {
		srv.history = newHistory(srv.cfg.MaxHistoryBytes, time.Now())
		services[ServiceHistory] = srv.serveHistory
	}
	if srv.rules.presence {
		services[ServicePresence] = srv.servePresence
	}
	maps.Copy(services, srv.cfg.Services)
	srv.cfg.Services = services
}

// HistoryQuery asks for publications on one channel.
type HistoryQuery struct {
	Channel string `json:"channel"`
	Count   int    `json:"count"` // at most; 100, and never more than 1000 or half of MaxQueueBytes
	// After asks for the first ones above an id, Before for the last ones below
	// it; without either the latest come.
	After  int64 `json:"after"`
	Before int64 `json:"before"`
}

// HistoryPage is publications by rising id.
type HistoryPage struct {
	Channel      string            `json:"channel"`
	Publications []PastPublication `json:"publications"`
	More         bool              `json:"more"` // there are others where these were taken from
}

// PastPublication is one of a HistoryPage.
type PastPublication struct {
	ID   int64           `json:"id"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// PresencePage is who is on a channel.
type PresencePage struct {
	Channel  string    `json:"channel"`
	Sessions int       `json:"sessions"`
	Present  []Present `json:"present"`
}

// History reads what the rules keep of a channel, if who may subscribe to it.
// An *Error is a refusal.
func (srv *Server) History(ctx context.Context, who any, q HistoryQuery) (HistoryPage, error) {
	page := HistoryPage{Channel: q.Channel, Publications: []PastPublication{}}
	scope, err := srv.mayAsk(ctx, who, q.Channel)
	if err != nil {
		return page, err
	}
	if srv.rules.of(q.Channel).History.Size == 0 {
		return page, ErrUnknownChannel.With(q.Channel)
	}
	list := srv.history.read(q.Channel, scope, q.After, time.Now())
	if q.Before > 0 {
		for len(list) > 0 && list[len(list)-1].ID >= q.Before {
			list = list[:len(list)-1]
		}
	}
	chosen := srv.cut(list, q)
	page.More = len(chosen) < len(list)
	for _, st := range chosen {
		page.Publications = append(page.Publications, PastPublication{st.ID, st.At.UTC(), st.Event.Data})
	}
	return page, nil
}

// cut takes as many as were asked for, from the end that was meant.
func (srv *Server) cut(list []Stored, q HistoryQuery) []Stored {
	const usual, most = 100, 1000
	count := min(q.Count, most)
	if count <= 0 {
		count = usual
	}
	forward := q.After > 0 && q.Before == 0
	n, bytes := 0, 0
	for n < min(count, len(list)) {
		st := list[n]
		if !forward {
			st = list[len(list)-1-n]
		}
		if bytes += len(st.Event.Frame) + 64; n > 0 && bytes > srv.cfg.MaxQueueBytes/2 {
			break
		}
		n++
	}
	if forward {
		return list[:n]
	}
	return list[len(list)-n:]
}

// Presence tells who is on a channel of this node, if who may subscribe to it
// and a rule says so. An *Error is a refusal.
func (srv *Server) Presence(ctx context.Context, who any, channel string) (PresencePage, error) {
	page := PresencePage{Channel: channel}
	scope, err := srv.mayAsk(ctx, who, channel)
	if err != nil {
		return page, err
	}
	if !srv.rules.of(channel).Presence {
		return page, ErrUnknownChannel.With(channel)
	}
	page.Present, page.Sessions = srv.Present(channel, scope)
	return page, nil
}

// mayAsk asks the Policy whether who may listen to channel, a name.
func (srv *Server) mayAsk(ctx context.Context, who any, channel string) (scope string, err error) {
	if !srv.name(channel) || len(channel) > srv.cfg.MaxChannelBytes || reserved(channel) {
		return "", ErrInvalidChannel.With(channel)
	}
	scope, ok, err := srv.maySubscribe(ctx, who, channel)
	if err == nil && !ok {
		err = ErrForbidden.With(channel)
	}
	return scope, err
}

func (srv *Server) serveHistory(ctx context.Context, r Request) ([]byte, error) {
	var q HistoryQuery
	if json.Unmarshal(r.Data, &q) != nil {
		return nil, ErrBadRequest
	}
	page, err := srv.History(ctx, r.Who, q)
	return answerJSON(page, err)
}

func (srv *Server) servePresence(ctx context.Context, r Request) ([]byte, error) {
	var q struct {
		Channel string `json:"channel"`
	}
	if json.Unmarshal(r.Data, &q) != nil {
		return nil, ErrBadRequest
	}
	page, err := srv.Presence(ctx, r.Who, q.Channel)
	return answerJSON(page, err)
}

func answerJSON(page any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(page)
}

// byID orders what is kept.
func byID(a, b Stored) int { return cmp.Compare(a.ID, b.ID) }
