package transport

import (
	"net/http"

	"parley/bayeux"

	"github.com/gorilla/websocket"
)

// Rows serves a second tongue on websockets, beside Bayeux and with its
// limits: text frames, each a JSON array. A client sends
// ["sub",["<channel>","<token>"],{"query":n}] for each channel and hears
// ["__qr__",[[]],{"query":n}], with "fail":true if it was refused, and from
// then on ["changed",["<channel>",data]] for each publication. "unsub" is
// answered alike. Subscriptions end with the socket, whatever becomes of their
// tokens meanwhile, unless the rights end.
func (h *Handler) Rows() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !h.origins.allow(r):
			refuse(w, http.StatusForbidden)
		case r.Method == http.MethodGet && websocket.IsWebSocketUpgrade(r):
			h.serveSocket(w, r, true)
		default:
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			refuse(w, http.StatusUpgradeRequired)
		}
	})
}

// maxRow bounds a frame: a channel, a token and little more.
const maxRow = 16 << 10

// A client that sends what cannot be read is put up with so often; what can be
// read makes up for it.
const maxMalformed = 10

// serveRow handles one frame; false ends the socket.
func (c *socket) serveRow(in *inbox) bool {
	row, ok := c.h.srv.DecodeRow(in.body.Bytes())
	ok = ok && row.Query != nil && (row.Name == "sub" || row.Name == "unsub") && row.Text(0) != ""
	if !ok {
		if c.malformed++; c.malformed >= maxMalformed {
			c.farewell(websocket.ClosePolicyViolation, "not understood")
			return false
		}
		if row.Query == nil {
			return true
		}
		return c.reply(row.Answer(true))
	}
	c.malformed = max(0, c.malformed-1)
	return c.reply(row.Answer(c.order(&row) != nil))
}

// order does what a row asks for.
func (c *socket) order(row *bayeux.Row) error {
	channel := row.Text(0)
	if row.Name == "unsub" {
		c.h.srv.Unlisten(c.h.ctx, c.link, channel)
		return nil
	}
	var ext []byte
	if len(row.Args) > 1 && string(row.Args[1]) != "null" {
		ext = append(append(append(ext, `{"token":`...), row.Args[1]...), '}')
	}
	return c.h.srv.Listen(c.h.ctx, c.link, channel, ext)
}

// frame is an event as the socket's client reads it.
func (c *socket) frame(ev *bayeux.Event) bayeux.Frame {
	if c.rows {
		return ev.Row()
	}
	return ev.Frame
}
