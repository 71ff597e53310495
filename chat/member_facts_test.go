package chat_test

import (
	"testing"

	"parley/chat"
)

// TestMembersAreTheOrganizations: what changes nothing is refused, too, to whom it is not open.
func TestMembersAreTheOrganizations(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		c := w.open(as(w.Anna), "v1")
		clara := w.Manager(w.Organization("Kettles"), "Clara")
		no := false
		for name, row := range map[string]struct {
			p    chat.Principal
			r    chat.MemberChange
			code string
		}{
			"a colleague's":      {as(w.boris), chat.MemberChange{ManagerID: w.Anna.ID}, "forbidden"},
			"a stranger":         {stranger, chat.MemberChange{ManagerID: w.Anna.ID}, "token_missing"},
			"the visitor":        {visitor("v1"), chat.MemberChange{ManagerID: w.Anna.ID}, "forbidden"},
			"a foreigner":        {as(clara), chat.MemberChange{ManagerID: clara.ID}, "conversation_not_found"},
			"a foreigner, aside": {as(clara), chat.MemberChange{ManagerID: clara.ID, Participating: &no}, "conversation_not_found"},
			"who must be known":  {as(w.boris), chat.MemberChange{ManagerID: w.boris.ID, Participating: &no, Known: true}, "member_not_found"},
			"a foreigner's word": {as(clara), chat.MemberChange{ManagerID: clara.ID, Composing: chat.ComposingTyping}, "conversation_not_found"},
			"nobody":             {as(w.boris), chat.MemberChange{ManagerID: 4711}, "forbidden"},
		} {
			row.r.ConversationID = c.ID
			_, err := w.service.ChangeMember(ctx, row.p, row.r)
			t.Run(name, func(t *testing.T) { wantCode(t, err, row.code) })
		}
		w.wantMembers(c.ID, "[Anna]")

		// Who was given a conversation may hand it back without having said a word, and is known to have been there.
		w.onDuty(w.boris)
		given := w.open(stranger, "v2")
		if isNew, err := w.service.ChangeMember(ctx, as(w.boris), chat.MemberChange{ConversationID: given.ID, ManagerID: w.boris.ID, Participating: &no}); isNew || err != nil {
			t.Errorf("%v, %v", isNew, err)
		}
		w.wantMembers(given.ID, "[(Boris)]")
	})
}
