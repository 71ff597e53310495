package chat

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"parley/models"
)

// said is the text of a message, and what it carries beside it; of cards alone the text is made.
func (r PostRequest) said() (content string, extra *string, err error) {
	if len(r.Cards) == 0 {
		content, err = validMessage(r.Content, r.ClientMessageID)
		return content, nil, err
	}
	cards, why := models.CleanCards(r.Cards, newUUID)
	if why != "" {
		return "", nil, E(Invalid, "cards_invalid", "The cards are not valid: %s", why)
	}
	e := models.Extra{Cards: cards}
	if e.Fallback = strings.TrimSpace(r.Content) == ""; e.Fallback {
		r.Content = shortened(models.CardsText(cards))
	}
	content, err = validMessage(r.Content, r.ClientMessageID)
	return content, e.JSON(), err
}

// shortened is as much of a text as a message may have.
func shortened(text string) string {
	if utf8.RuneCountInString(text) <= models.MaxContent {
		return text
	}
	return string([]rune(text)[:models.MaxContent-1]) + "…"
}

// maySendCards lets managers send cards: a visitor's buttons would be pressed by nobody.
func maySendCards(actor Principal) error {
	if actor.Party == Manager {
		return nil
	}
	return E(Forbidden, "cards_forbidden", "Cards are sent by managers")
}

// sameExtra tells whether two messages carry the same, ids aside, which may have been given here.
func sameExtra(a, b models.Message) bool {
	x, y := a.Extras(), b.Extras()
	return reflect.DeepEqual(x.Response, y.Response) && reflect.DeepEqual(withoutIDs(x.Cards), withoutIDs(y.Cards))
}

// withoutIDs are copies of the cards, as they were sent but for their ids.
func withoutIDs(cards []models.Card) []models.Card {
	var list []models.Card
	for _, c := range cards {
		c.ID, c.Pressed = "", false
		var actions []models.CardAction
		for _, a := range c.Actions {
			a.ID = ""
			actions = append(actions, a)
		}
		c.Actions = actions
		list = append(list, c)
	}
	return list
}

// withoutFallback is the message's extra once it has a text of its own.
func withoutFallback(m models.Message) *string {
	if m.Extra == nil {
		return nil
	}
	e := m.Extras()
	e.Fallback = false
	return e.JSON()
}

func notEditable() *Error {
	return E(Conflict, "message_not_editable", "What a button says cannot be edited")
}
