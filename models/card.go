package models

import (
	"encoding/json"
	"slices"
	"strings"
)

// Bounds of cards: how many a message has and how many buttons a card has; in characters those of its texts, and in
// bytes those of ids, addresses, values and all cards together.
const (
	MaxCards      = 10
	MaxActions    = 10
	MaxCardTitle  = 200
	MaxCardText   = 2000
	MaxActionText = 100
	MaxCardID     = 64
	MaxCardURL    = 2000
	MaxCardValue  = 1000
	MaxCardBytes  = 24 << 10
)

// Card is a piece of a message with a picture and buttons. Addresses are of http or https. What is empty is not there,
// but one of Title, Text, ImageURL and Actions is.
type Card struct {
	// ID is unique in its message.
	ID           string `json:"id"`
	Title        string `json:"title,omitempty"`
	TitleLinkURL string `json:"title_link_url,omitempty"`
	Text         string `json:"text,omitempty"`
	ImageURL     string `json:"image_url,omitempty"`
	ImageLinkURL string `json:"image_link_url,omitempty"`
	// LinkTarget is "_blank" or "_parent"; empty: whoever shows it decides.
	LinkTarget string       `json:"link_target,omitempty"`
	Actions    []CardAction `json:"actions,omitempty"`
	// Pressed: one of its buttons was.
	Pressed bool `json:"pressed,omitempty"`
}

// CardActionType is what a button does.
type CardActionType string

// Types: one tells that it was pressed, the other leads to the address that is its value.
const (
	CardButton     CardActionType = "button"
	CardLinkButton CardActionType = "link_button"
)

// CardAction is a card's button.
type CardAction struct {
	// ID is unique in its message.
	ID         string         `json:"id"`
	Text       string         `json:"text"`
	Type       CardActionType `json:"type"`
	LinkTarget string         `json:"link_target,omitempty"`
	// Value is what a program understands by it, or where a link leads.
	Value string `json:"value,omitempty"`
	Style string `json:"style,omitempty"`
	// DisabledOnSelection: it cannot be pressed after any of its card's buttons was.
	DisabledOnSelection bool `json:"is_disabled_on_selection,omitempty"`
	// DisabledOnVisitorMessage: it cannot be pressed after the visitor has written anything.
	DisabledOnVisitorMessage bool `json:"is_disabled_on_visitor_message,omitempty"`
}

// CardResponse is which button a visitor pressed, and what it said then.
type CardResponse struct {
	MessageID   int64  `json:"message_id"`
	MessageUUID string `json:"message_uuid"`
	CardID      string `json:"card_id"`
	ActionID    string `json:"action_id"`
	Text        string `json:"text"`
	Value       string `json:"value,omitempty"`
}

// Extra is what a message carries beside its content.
type Extra struct {
	Cards []Card `json:"cards,omitempty"`
	// Fallback: the content was made of the cards, for who cannot show them.
	Fallback bool `json:"fallback,omitempty"`
	// Response is set for a MessageAction.
	Response *CardResponse `json:"response,omitempty"`
}

// Extras reads what the message carries beside its content.
func (m Message) Extras() Extra {
	var e Extra
	if m.Extra != nil {
		_ = json.Unmarshal([]byte(*m.Extra), &e) // what cannot be read is not there
	}
	return e
}

// JSON is what a message keeps of e in its Extra; nil: nothing.
func (e Extra) JSON() *string {
	if len(e.Cards) == 0 && e.Response == nil {
		return nil
	}
	raw, _ := json.Marshal(e) // strings and numbers alone
	text := string(raw)
	return &text
}

// Wording is all that the message says, its cards included, for search and records.
func (m Message) Wording() string {
	if m.Extra == nil {
		return m.Content
	}
	e := m.Extras()
	if len(e.Cards) == 0 {
		return m.Content
	}
	text := CardsText(e.Cards)
	if e.Fallback || m.Content == "" {
		return text
	}
	return m.Content + "\n" + text
}

// CardsText is cards as lines of text; never empty for valid ones.
func CardsText(cards []Card) string {
	var lines []string
	add := func(parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			lines = append(lines, strings.Join(parts, ": "))
		}
	}
	for _, c := range cards {
		if c.Title != "" {
			add(c.Title, c.TitleLinkURL)
		}
		add(c.Text)
		if c.Title == "" && c.Text == "" {
			add(c.ImageURL)
		}
		for _, a := range c.Actions {
			if a.Type == CardLinkButton {
				add("- "+a.Text, a.Value)
			} else {
				add("- " + a.Text)
			}
		}
	}
	return strings.Join(lines, "\n")
}
