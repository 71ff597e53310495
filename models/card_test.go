package models

import (
	"fmt"
	"strings"
	"testing"
)

func TestCleanCards(t *testing.T) {
	card := func(change func(*Card)) []Card {
		c := Card{Title: "Tea", Actions: []CardAction{{Text: "Yes"}}}
		change(&c)
		return []Card{c}
	}
	action := func(change func(*CardAction)) []Card { return card(func(c *Card) { change(&c.Actions[0]) }) }
	many := func(n int) []Card {
		var list []Card
		for range n {
			list = append(list, Card{Title: "x"})
		}
		return list
	}
	for _, test := range []struct {
		what  string
		cards []Card
		why   string
	}{
		{"ordinary", card(func(*Card) {}), ""},
		{"none", nil, ""},
		{"as many as may be", many(MaxCards), ""},
		{"one more", many(MaxCards + 1), "too many cards"},
		{"a picture alone", []Card{{ImageURL: "https://example.com/tea.png"}}, ""},
		{"buttons alone", []Card{{Actions: []CardAction{{Text: "Yes"}}}}, ""},
		{"nothing", []Card{{TitleLinkURL: "https://example.com/"}}, "a card with nothing in it"},
		{"text that is no text", card(func(c *Card) { c.Text = "\xff" }), "a card's text"},
		{"a long text", card(func(c *Card) { c.Text = strings.Repeat("ä", MaxCardText) }), ""},
		{"a longer one", card(func(c *Card) { c.Text = strings.Repeat("ä", MaxCardText+1) }), "a card's text"},
		{"a script", card(func(c *Card) { c.TitleLinkURL = "javascript:alert(1)" }), "a card's address"},
		{"a script in capitals", card(func(c *Card) { c.ImageLinkURL = "JavaScript:alert(1)" }), "a card's address"},
		{"data", card(func(c *Card) { c.ImageURL = "data:image/svg+xml,<svg/>" }), "a card's address"},
		{"a path", card(func(c *Card) { c.ImageURL = "/tea.png" }), "a card's address"},
		{"no host", card(func(c *Card) { c.ImageURL = "https:tea.png" }), "a card's address"},
		{"a name and password", card(func(c *Card) { c.TitleLinkURL = "https://bank.example@evil.example/" }), "a card's address"},
		{"a line break", card(func(c *Card) { c.ImageURL = "https://example.com/\n" }), "a card's address"},
		{"somewhere", card(func(c *Card) { c.LinkTarget = "_top" }), "a card's link_target"},
		{"elsewhere", card(func(c *Card) { c.LinkTarget = "_parent" }), ""},
		{"an id of a page", card(func(c *Card) { c.ID = "<b>" }), "a card's id"},
		{"an id twice", []Card{{ID: "a", Title: "x"}, {ID: "a", Title: "y"}}, "a card's id"},
		{"an id of an action, too", card(func(c *Card) { c.ID, c.Actions[0].ID = "a", "a" }), "an action's id"},
		{"too many buttons", card(func(c *Card) { c.Actions = make([]CardAction, MaxActions+1) }), "too many actions"},
		{"a button without text", action(func(a *CardAction) { a.Text = " " }), "an action's text"},
		{"another kind", action(func(a *CardAction) { a.Type = "submit" }), "an action's type"},
		{"a link", action(func(a *CardAction) { a.Type, a.Value = CardLinkButton, "https://example.com/" }), ""},
		{"a link to a script", action(func(a *CardAction) { a.Type, a.Value = CardLinkButton, "javascript:alert(1)" }), "an action's address"},
		{"a link nowhere", action(func(a *CardAction) { a.Type = CardLinkButton }), "an action's address"},
		{"a button's value is anything", action(func(a *CardAction) { a.Value = "javascript: yes" }), ""},
		{"a long value", action(func(a *CardAction) { a.Value = strings.Repeat("x", MaxCardValue+1) }), "an action's value"},
		{"a style", action(func(a *CardAction) { a.Style = "brand_primary" }), ""},
		{"a style of a page", action(func(a *CardAction) { a.Style = "x;y" }), "an action's style"},
		{"too much", func() []Card {
			list := many(MaxCards)
			for i := range list {
				list[i].Text, list[i].ImageURL = strings.Repeat("x", MaxCardText), "https://example.com/"+strings.Repeat("x", 1900)
			}
			return list
		}(), "too much in the cards"},
	} {
		n := 0
		clean, why := CleanCards(test.cards, func() string { n++; return fmt.Sprint("id", n) })
		if why != test.why {
			t.Errorf("%s: %q, want %q", test.what, why, test.why)
		}
		if why == "" && len(clean) != len(test.cards) {
			t.Errorf("%s: %v", test.what, clean)
		}
	}
}

func TestCleanCardsGivesWhatIsMissing(t *testing.T) {
	given := []Card{{Title: " Te\x00a ", Pressed: true, Actions: []CardAction{{Text: "Yes"}, {ID: "no", Text: "No"}}}}
	_, why := CleanCards(given, func() string { return "new" })
	if why == "" {
		t.Fatal("the same id twice was taken")
	}
	n := 0
	clean, why := CleanCards(given, func() string { n++; return fmt.Sprint("id", n) })
	c := clean[0]
	if why != "" || c.ID != "id1" || c.Title != "Tea" || c.Pressed || c.Actions[0].ID != "id2" || c.Actions[0].Type != CardButton || c.Actions[1].ID != "no" {
		t.Errorf("%+v, %s", c, why)
	}
	if given[0].ID != "" || given[0].Actions[0].ID != "" {
		t.Error("the given cards were changed")
	}
}

func TestWording(t *testing.T) {
	cards := []Card{
		{ID: "1", Title: "Tea", TitleLinkURL: "https://example.com/tea", Text: "Green", Actions: []CardAction{
			{ID: "2", Type: CardButton, Text: "Buy", Value: "buy"}, {ID: "3", Type: CardLinkButton, Text: "More", Value: "https://example.com/more"},
		}},
		{ID: "4", ImageURL: "https://example.com/pot.png"},
	}
	lines := "Tea: https://example.com/tea\nGreen\n- Buy\n- More: https://example.com/more\nhttps://example.com/pot.png"
	for _, test := range []struct {
		m    Message
		want string
	}{
		{Message{Content: "Hello"}, "Hello"},
		{Message{Content: "Hello", Extra: Extra{Cards: cards}.JSON()}, "Hello\n" + lines},
		{Message{Content: "shorter", Extra: Extra{Cards: cards, Fallback: true}.JSON()}, lines},
		{Message{Content: "Yes", Extra: Extra{Response: &CardResponse{Value: "yes"}}.JSON()}, "Yes"},
		{Message{Content: "Hello", Extra: new(string)}, "Hello"},
	} {
		if got := test.m.Wording(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if (Extra{}).JSON() != nil {
		t.Error("nothing is kept as something")
	}
}
