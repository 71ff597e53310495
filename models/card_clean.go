package models

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanCards checks cards, takes control characters out of their texts, and gives ids by newID to what has none. why
// names what is wrong; it is empty when nothing is.
func CleanCards(cards []Card, newID func() string) (clean []Card, why string) {
	if len(cards) > MaxCards {
		return nil, "too many cards"
	}
	ids := map[string]bool{}
	name := func(id *string) bool {
		if *id == "" {
			*id = newID()
		}
		fresh := validCardID(*id) && !ids[*id]
		ids[*id] = true
		return fresh
	}
	clean = slices.Clone(cards)
	for i := range clean {
		if why := clean[i].clean(name); why != "" {
			return nil, why
		}
	}
	if raw, err := json.Marshal(clean); err != nil || len(raw) > MaxCardBytes {
		return nil, "too much in the cards"
	}
	return clean, ""
}

func (c *Card) clean(name func(*string) bool) string {
	c.Pressed = false
	c.Actions = slices.Clone(c.Actions)
	switch {
	case !name(&c.ID):
		return "a card's id"
	case !cleanCardText(&c.Title, MaxCardTitle):
		return "a card's title"
	case !cleanCardText(&c.Text, MaxCardText):
		return "a card's text"
	case !webAddress(c.TitleLinkURL), !webAddress(c.ImageURL), !webAddress(c.ImageLinkURL):
		return "a card's address"
	case !validTarget(c.LinkTarget):
		return "a card's link_target"
	case len(c.Actions) > MaxActions:
		return "too many actions"
	case c.Title == "" && c.Text == "" && c.ImageURL == "" && len(c.Actions) == 0:
		return "a card with nothing in it"
	}
	for i := range c.Actions {
		if why := c.Actions[i].clean(name); why != "" {
			return why
		}
	}
	return ""
}

func (a *CardAction) clean(name func(*string) bool) string {
	if a.Type == "" {
		a.Type = CardButton
	}
	switch {
	case !name(&a.ID):
		return "an action's id"
	case !cleanCardText(&a.Text, MaxActionText) || a.Text == "":
		return "an action's text"
	case a.Type != CardButton && a.Type != CardLinkButton:
		return "an action's type"
	case a.Type == CardLinkButton && (a.Value == "" || !webAddress(a.Value)):
		return "an action's address"
	case len(a.Value) > MaxCardValue || !plainText(a.Value):
		return "an action's value"
	case !validTarget(a.LinkTarget):
		return "an action's link_target"
	case len(a.Style) > MaxCardID || a.Style != "" && !validCardID(a.Style):
		return "an action's style"
	}
	return ""
}

func cleanCardText(s *string, most int) bool {
	if *s == "" {
		return true
	}
	if !utf8.ValidString(*s) {
		return false
	}
	*s, _ = CleanContent(*s)
	return utf8.RuneCountInString(*s) <= most
}

// validCardID: letters, digits and a few signs, so that an id may be part of anything.
func validCardID(id string) bool {
	if id == "" || len(id) > MaxCardID {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:", r)
	}) < 0
}

func validTarget(target string) bool {
	return target == "" || target == "_blank" || target == "_parent"
}

// webAddress tells whether s is empty or leads to another page; what runs in this one does not.
func webAddress(s string) bool {
	if s == "" {
		return true
	}
	if len(s) > MaxCardURL || !plainText(s) || strings.ContainsFunc(s, unicode.IsSpace) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

func plainText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
