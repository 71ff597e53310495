package giosg

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/models"
)

// Webhooks is giosg's format of webhooks: what happens on channels that match a webhook's patterns, with a token of its
// manager's by which the receiver calls back.
type Webhooks struct {
	teller *Teller
	tokens UserSigner
}

// UserSigner makes that token.
type UserSigner interface {
	Manager(m models.Manager, ttl time.Duration) (token string, expires time.Time, err error)
}

// NewWebhooks makes the format.
func NewWebhooks(t *Teller, tokens UserSigner) Webhooks { return Webhooks{t, tokens} }

var errNoToken = errors.New("the manager's token could not be made")

// callBack is how long the token holds.
const callBack = 5 * time.Minute

// hookBody is what a request says; the token comes last, and is kept nowhere.
type hookBody struct {
	Channel    string          `json:"channel"`
	Action     string          `json:"action"`
	ResourceID string          `json:"resource_id"`
	Resource   json.RawMessage `json:"resource"`
	Auth       *hookAuth       `json:"app_user_auth,omitempty"`
}

type hookAuth struct {
	AccessToken    string `json:"access_token"`
	TokenType      string `json:"token_type"`
	ExpiresIn      int    `json:"expires_in"`
	UserID         string `json:"user_id"`
	OrganizationID string `json:"organization_id"`
}

// Deliveries is what an event is to a webhook: a delivery for each channel on which it is told. They keep the order of the
// conversation, or of the visitor. A webhook whose manager has left, or whose organisation is suspended, hears nothing.
func (h Webhooks) Deliveries(ctx context.Context, e models.Event, w models.Webhook) (list []models.Delivery, err error) {
	h.teller.note(e)
	if !tells(e) || w.ManagerID == nil {
		return nil, nil
	}
	view := h.teller.store.View(ctx)
	who, err := h.listener(view, w)
	if err != nil || who == nil {
		return nil, err
	}
	actions := w.Actions.List()
	err = h.teller.each(ctx, e, who, func(n told) error {
		if !slices.Contains(actions, n.action) {
			return nil
		}
		body := hookBody{Channel: n.path.Path, Action: n.action, ResourceID: n.id, Resource: n.resource}
		if body.Resource == nil {
			body.Resource = json.RawMessage(`{}`)
		}
		payload, err := json.Marshal(body)
		if err != nil {
			return err
		}
		about := e
		if id := n.conversation.ID; id != 0 { // its lane, and it is forgotten with it
			about.ConversationID, about.VisitorID = &id, n.conversation.VisitorID
		}
		d := chat.NewDelivery(about, n.action+" "+n.path.Path+" "+n.id)
		d.Payload = string(payload)
		list = append(list, d)
		return nil
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if _, _, err = h.user(view, w); errors.Is(err, chat.ErrNoRecord) {
		return nil, nil
	}
	return list, err
}

// user is the webhook's manager; chat.ErrNoRecord: she has left, or may do nothing.
func (h Webhooks) user(r chat.Reader, w models.Webhook) (m models.Manager, o models.Organization, err error) {
	if w.ManagerID == nil {
		return m, o, chat.ErrNoRecord
	}
	if m, err = r.Manager(*w.ManagerID); err != nil {
		return m, o, err
	}
	o, err = r.Organization(w.OrganizationID)
	if err == nil && (o.Suspended || m.OrganizationID != o.ID) {
		err = chat.ErrNoRecord
	}
	return m, o, err
}

// Body adds the token to what was queued.
func (h Webhooks) Body(ctx context.Context, w models.Webhook, d models.Delivery) ([]byte, error) {
	m, o, err := h.user(h.teller.store.View(ctx), w)
	if errors.Is(err, chat.ErrNoRecord) {
		return nil, errors.New("the webhook's manager has left, or the organisation is suspended")
	}
	if err != nil {
		return nil, errNoToken // who reads the log of deliveries need not know more
	}
	body := hookBody{Action: "ping", Resource: json.RawMessage(`{}`)}
	if d.Type != chat.TypePing {
		if err := json.Unmarshal([]byte(d.Payload), &body); err != nil {
			return nil, err
		}
	}
	token, _, err := h.tokens.Manager(m, callBack)
	if err != nil {
		return nil, errNoToken
	}
	body.Auth = &hookAuth{
		AccessToken: token, TokenType: "Bearer", ExpiresIn: int(callBack.Seconds()), UserID: m.UUID, OrganizationID: o.UUID,
	}
	return json.Marshal(body)
}

// patterns are the channels of a webhook, taken apart.
type patterns [][]string

// listener is a webhook as one who listens; nil: it can hear nothing.
func (h Webhooks) listener(r chat.Reader, w models.Webhook) (chat.Listeners, error) {
	user, err := h.teller.names.user(r, *w.ManagerID)
	if errors.Is(err, chat.ErrNoRecord) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	organization, err := h.teller.names.organization(r, w.OrganizationID)
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("{user_id}", user, "{organization_id}", organization)
	list := patterns{}
	for _, channel := range w.Channels.List() {
		list = append(list, strings.Split(fill.Replace(channel), "/"))
	}
	return list, nil
}

func (list patterns) Under(path string) bool {
	return slices.ContainsFunc(list, func(pattern []string) bool {
		n, ok := begins(pattern, path)
		return ok && n < len(pattern)
	})
}

func (list patterns) At(path string) bool {
	return slices.ContainsFunc(list, func(pattern []string) bool {
		n, ok := begins(pattern, path)
		return ok && n == len(pattern)
	})
}

// spelled leaves out rooms' second names, unless a pattern has one: * should not mean a room twice.
func (list patterns) spelled(rooms []string) (left []string) {
	for _, name := range rooms {
		if !isRoomToken(name) || slices.ContainsFunc(list, func(pattern []string) bool { return slices.Contains(pattern, name) }) {
			left = append(left, name)
		}
	}
	return left
}

// isRoomToken tells a room's second name from its UUID.
func isRoomToken(name string) bool { return len(name) == 48 }

// begins tells whether a pattern begins as path does, which has n names.
func begins(pattern []string, path string) (n int, ok bool) {
	for name := range strings.SplitSeq(path, "/") {
		if n == len(pattern) || pattern[n] != "*" && pattern[n] != name {
			return n, false
		}
		n++
	}
	return n, true
}
