package chat_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/models"
)

func tea() []models.Card {
	return []models.Card{{ID: "tea", Title: "Tea", Text: "Which?", Actions: []models.CardAction{
		{ID: "green", Text: "Green", Value: "g", DisabledOnSelection: true},
		{ID: "black", Text: "Black", Value: "b", DisabledOnSelection: true},
		{ID: "later", Text: "Later", DisabledOnVisitorMessage: true},
		{ID: "again", Text: "Again", Value: "a"},
	}}}
}

func (w *world) offer(conversation int64, content string, cards ...models.Card) *chat.MessageView {
	w.t.Helper()
	ev, _, err := w.service.Post(ctx, as(w.Anna), chat.PostRequest{ConversationID: conversation, Content: content, Cards: cards})
	if err != nil {
		w.t.Fatal(err)
	}
	return ev.Message
}

func (w *world) press(m *chat.MessageView, action string) (*chat.MessageView, bool, error) {
	ev, isNew, err := w.service.Press(ctx, visitor(m.VisitorID), chat.PressRequest{ConversationID: m.ConversationID, MessageID: m.ID, ActionID: action})
	return ev.Message, isNew, err
}

func TestCards(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		w.events()
		silent := w.offer(c.ID, "", tea()...)
		if silent.Content != "Tea\nWhich?\n- Green\n- Black\n- Later\n- Again" || !silent.Fallback || len(silent.Cards) != 1 {
			t.Errorf("%+v", silent)
		}
		w.wantEvents("message created")
		m := w.offer(c.ID, "What would you like?", tea()...) // in one go, on PostgreSQL
		if m.Content != "What would you like?" || m.Fallback || m.Cards[0].Actions[1].Value != "b" || m.Cards[0].Actions[1].Type != models.CardButton {
			t.Errorf("%+v", m)
		}
		kept, err := w.View(ctx).Message(m.ID)
		if err != nil || len(kept.Extras().Cards) != 1 || kept.Type != "" {
			t.Errorf("%+v, %v", kept, err)
		}
		plain, err := json.Marshal(w.post(as(w.Anna), c.ID, "Hello"))
		for _, word := range []string{`"type":"a`, `"cards"`, `"fallback"`, `"response"`} {
			if err != nil || bytes.Contains(plain, []byte(word)) {
				t.Errorf("a plain message says %s: %s, %v", word, plain, err)
			}
		}
		for what, test := range map[string]struct {
			p    chat.Principal
			r    chat.PostRequest
			code string
		}{
			"a visitor's":    {visitor("v1"), chat.PostRequest{Content: "Hello", Cards: tea()}, "cards_forbidden"},
			"a script":       {as(w.Anna), chat.PostRequest{Cards: []models.Card{{ImageURL: "javascript:1"}}}, "cards_invalid"},
			"nothing at all": {as(w.Anna), chat.PostRequest{Content: " ", Cards: []models.Card{}}, "content_invalid"},
		} {
			test.r.ConversationID = c.ID
			if _, _, err := w.service.Post(ctx, test.p, test.r); err == nil {
				t.Errorf("%s was taken", what)
			} else {
				wantCode(t, err, test.code)
			}
		}
		for _, other := range []string{"green", "white"} { // the same again, and another
			cards := tea()
			cards[0].ID, cards[0].Actions[0].Value = "", other
			_, isNew, err := w.service.Post(ctx, as(w.Anna), chat.PostRequest{ConversationID: c.ID, Cards: cards, ClientMessageID: "c"})
			if other == "green" && (!isNew || err != nil) || other == "white" && chat.KindOf(err) != chat.Conflict {
				t.Errorf("%s: %v, %v", other, isNew, err)
			}
			cards[0].Actions[0].Value = "green"
			if _, isNew, err = w.service.Post(ctx, as(w.Anna), chat.PostRequest{ConversationID: c.ID, Cards: cards, ClientMessageID: "c"}); isNew || err != nil {
				t.Errorf("again: %v, %v", isNew, err)
			}
		}
	})
}

func TestPress(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		m := w.offer(c.ID, "", tea()...)
		w.events()
		pressed, isNew, err := w.press(m, "black")
		if err != nil || !isNew || pressed.Type != models.MessageAction || pressed.Content != "Black" || pressed.SenderType != models.SenderVisitor {
			t.Fatalf("%+v, %v, %v", pressed, isNew, err)
		}
		want := models.CardResponse{MessageID: m.ID, MessageUUID: m.UUID, CardID: "tea", ActionID: "black", Text: "Black", Value: "b"}
		if *pressed.Response != want {
			t.Errorf("%+v", pressed.Response)
		}
		w.wantEvents("message created")
		w.wantUnread(c.ID, 1, 1)
		for _, action := range []string{"black", "green", "later"} {
			if _, _, err := w.press(m, action); chat.KindOf(err) != chat.Conflict {
				t.Errorf("%s: %v", action, err)
			}
		}
		for range 2 {
			if _, _, err := w.press(m, "again"); err != nil {
				t.Error(err)
			}
		}
		if kept, err := w.View(ctx).Message(m.ID); err != nil || !kept.Extras().Cards[0].Pressed || kept.Content != m.Content {
			t.Errorf("%+v, %v", kept, err)
		}

		other := w.open(stranger, "v2")
		for what, test := range map[string]struct {
			p    chat.Principal
			r    chat.PressRequest
			code string
		}{
			"a manager":            {as(w.Anna), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID, ActionID: "again"}, "forbidden"},
			"another visitor":      {visitor("v2"), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID, ActionID: "again"}, "forbidden"},
			"another conversation": {visitor("v2"), chat.PressRequest{ConversationID: other.ID, MessageID: m.ID, ActionID: "again"}, "message_not_found"},
			"no such message":      {visitor("v1"), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID + 99, ActionID: "again"}, "message_not_found"},
			"no message":           {visitor("v1"), chat.PressRequest{ConversationID: c.ID, MessageUUID: "x", ActionID: "again"}, "message_not_found"},
			"another card":         {visitor("v1"), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID, CardID: "coffee", ActionID: "again"}, "action_not_found"},
			"no such button":       {visitor("v1"), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID, ActionID: "never"}, "action_not_found"},
			"as a manager":         {w.backend(w.Org), chat.PressRequest{ConversationID: c.ID, MessageID: m.ID, ActionID: "again", Sender: chat.Sender{Type: models.SenderManager, ID: fmt.Sprint(w.Anna.ID)}}, "forbidden"},
		} {
			if _, _, err := w.service.Press(ctx, test.p, test.r); err == nil {
				t.Errorf("%s pressed", what)
			} else {
				wantCode(t, err, test.code)
			}
		}
		byUUID := chat.PressRequest{ConversationID: c.ID, MessageUUID: strings.ToUpper(m.UUID), CardID: "tea", ActionID: "again", ClientMessageID: "p1"}
		first, isNew, err := w.service.Press(ctx, visitor("v1"), byUUID)
		if err != nil || !isNew {
			t.Fatal(err)
		}
		again, isNew, err := w.service.Press(ctx, visitor("v1"), byUUID)
		if err != nil || isNew || again.Message.ID != first.Message.ID {
			t.Errorf("again: %+v, %v, %v", again.Message, isNew, err)
		}
		w.close(c.ID)
		if _, _, err := w.press(m, "again"); chat.KindOf(err) != chat.Conflict && chat.KindOf(err) != chat.Forbidden {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestCardsAreEditedAndTakenBack(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		m := w.offer(c.ID, "", tea()...)
		ev, err := w.service.Edit(ctx, as(w.Anna), w.change(c.ID, m.ID, "Or coffee?"))
		if e := ev.Message; err != nil || e.Content != "Or coffee?" || e.Fallback || len(e.Cards) != 1 {
			t.Errorf("%+v, %v", e, err)
		}
		pressed, _, err := w.press(m, "green")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Edit(ctx, visitor("v1"), w.change(c.ID, pressed.ID, "Coffee")); err == nil {
			t.Error("what a button says was edited")
		} else {
			wantCode(t, err, "message_not_editable")
		}
		var text strings.Builder
		transcript, err := w.service.Transcript(ctx, as(w.Anna), chat.Sender{}, c.ID)
		if err == nil {
			err = transcript.WriteText(ctx, &text)
		}
		if err != nil || !strings.Contains(text.String(), "Or coffee?\n    Tea\n    Which?\n    - Green") {
			t.Errorf("%s, %v", text.String(), err)
		}
		ev, err = w.service.Delete(ctx, as(w.Anna), w.change(c.ID, m.ID, ""))
		if err != nil || len(ev.Message.Cards) != 0 || ev.Message.Content != "" {
			t.Errorf("%+v, %v", ev.Message, err)
		}
		versions, err := w.service.Versions(ctx, as(w.Anna), chat.Sender{}, c.ID, m.ID)
		if err != nil || len(versions) != 2 || !strings.HasPrefix(versions[1].Content, "Or coffee?\nTea\nWhich?") {
			t.Errorf("%+v, %v", versions, err)
		}
		if _, _, err := w.press(m, "again"); chat.KindOf(err) != chat.NotFound {
			t.Errorf("of a message that was taken back: %v", err)
		}
	})
}

func TestCardsAreFound(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		w.onDuty(w.Anna)
		c := w.open(stranger, "v1")
		m := w.offer(c.ID, "Choose, please", models.Card{Title: "Quokkas", Actions: []models.CardAction{{Text: "Wombats"}}})
		w.index()
		for _, word := range []string{"quokkas", "wombats", "choose"} {
			found, _, err := w.service.Search(ctx, as(w.Anna), chat.SearchRequest{Text: word, Limit: 10})
			if err != nil || len(found) != 1 || *found[0].Match.MessageID != m.ID || len(found[0].Match.Highlights) != 1 {
				t.Errorf("%s: %+v, %v", word, found, err)
			}
		}
	})
}
