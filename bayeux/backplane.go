package bayeux

import (
	"context"
	"encoding/json"
)

// Publication is what crosses from node to node: a channel, the scope it is
// meant for, and one JSON value. ID is its number at the Replayer, 0 if that
// does not keep it.
type Publication struct {
	Channel string          `json:"channel"`
	Scope   string          `json:"scope,omitempty"`
	ID      int64           `json:"id,omitempty"`
	Data    json.RawMessage `json:"data"`
	Binary  json.RawMessage `json:"binary,omitempty"` // ext.binary of the publication; it says how to read Data

	fields string // of its ext, as extensions have left it
}

// Backplane carries publications between the nodes of a cluster. It alone
// knows that there are others.
type Backplane interface {
	// Publish hands over a publication made on this node, before it is
	// delivered here. It keeps the order of calls made one after another and
	// does not bring the publication back to this node. p.Data is not to be
	// kept: its bytes are used again.
	Publish(ctx context.Context, p Publication) error
	// Run hands publications of other nodes to deliver, one at a time in
	// their order, until ctx ends.
	Run(ctx context.Context, deliver func(Publication)) error
}

// alone is the backplane of a single node.
type alone struct{}

func (alone) Publish(context.Context, Publication) error { return nil }

func (alone) Run(ctx context.Context, _ func(Publication)) error {
	<-ctx.Done()
	return nil
}
