package store

import (
	"errors"

	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

func (w writer) SearchWork(after int64, beside []int64, limit int) (work chat.SearchWork, ok bool, err error) {
	state, err := first[searchState](w.db.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}))
	if errors.Is(err, chat.ErrNoRecord) {
		return work, false, nil // another is at it
	}
	if err != nil {
		return work, false, err
	}
	work.Noted, work.Forgotten = state.MessageID, state.Forgotten
	work.New, err = all[models.Message](w.db.Where("id > ?", max(after, state.MessageID)).Order("id").Limit(limit))
	if err != nil {
		return work, false, err
	}
	if err := w.searchQueue(&work, beside, limit-len(work.New)); err != nil {
		return work, false, err
	}
	work.Conversations, err = w.searchConversations(work)
	return work, err == nil, err
}

// searchQueue reads the queue's tasks as far as there is room, and what they are about.
func (w writer) searchQueue(work *chat.SearchWork, messageIDs []int64, room int) error {
	tasks, err := all[searchTask](w.db.Order("id").Limit(max(1, room)))
	if err != nil {
		return err
	}
	var noteIDs []int64
	done := map[chat.SearchTask]bool{}
	for _, task := range tasks {
		if len(work.Again)+len(messageIDs)+len(noteIDs)+len(work.Profiles) >= max(1, room) {
			break
		}
		work.Tasks = append(work.Tasks, task.ID)
		same := chat.SearchTask{Subject: task.Subject, After: task.After}
		if done[same] {
			continue
		}
		done[same] = true
		switch id := task.Subject.ID(); task.Subject.Kind() {
		case chat.SearchMessage:
			messageIDs = append(messageIDs, id)
		case chat.SearchNote:
			noteIDs = append(noteIDs, id)
		case chat.SearchProfile:
			work.Profiles = append(work.Profiles, id)
		case chat.SearchAll:
			if err := w.searchAll(work, task, max(1, room)); err != nil {
				return err
			}
		}
	}
	if len(messageIDs) > 0 {
		messages, err := all[models.Message](w.db.Where("id IN ?", messageIDs))
		if err != nil {
			return err
		}
		work.Again = append(work.Again, messages...)
	}
	if len(noteIDs) > 0 {
		notes, err := all[models.Note](w.db.Where("id IN ?", noteIDs))
		if err != nil {
			return err
		}
		work.Notes = append(work.Notes, notes...)
	}
	return nil
}

// searchAll reads a conversation, or as much of it as is left.
func (w writer) searchAll(work *chat.SearchWork, task searchTask, limit int) error {
	id := task.Subject.ID()
	messages, err := all[models.Message](w.db.Where("conversation_id = ? AND id > ?", id, task.After).Order("id").Limit(limit))
	if err != nil {
		return err
	}
	work.Again = append(work.Again, messages...)
	if len(messages) == limit {
		work.Rest = append(work.Rest, chat.SearchTask{Subject: task.Subject, After: messages[limit-1].ID})
	}
	if task.After > 0 {
		return nil
	}
	work.Profiles = append(work.Profiles, id)
	notes, err := all[models.Note](w.db.Where("conversation_id = ?", id))
	work.Notes = append(work.Notes, notes...)
	return err
}

func (r reader) searchConversations(work chat.SearchWork) (map[int64]chat.SearchConversation, error) {
	ids := map[int64]bool{}
	for _, messages := range [][]models.Message{work.New, work.Again} {
		for _, m := range messages {
			ids[m.ConversationID] = true
		}
	}
	for _, n := range work.Notes {
		ids[n.ConversationID] = true
	}
	for _, id := range work.Profiles {
		ids[id] = true
	}
	var list []int64
	for id := range ids {
		list = append(list, id)
	}
	conversations, err := keyed(r, list, func(c models.Conversation) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	var visitorIDs []string
	for _, c := range conversations {
		visitorIDs = append(visitorIDs, c.VisitorID)
	}
	visitors, err := keyed(r, visitorIDs, func(v models.Visitor) string { return v.ID })
	if err != nil {
		return nil, err
	}
	tags, err := r.Tags(list...)
	found := make(map[int64]chat.SearchConversation, len(conversations))
	for id, c := range conversations {
		found[id] = chat.SearchConversation{Conversation: c, Visitor: visitors[c.VisitorID], Tags: tags[id]}
	}
	return found, err
}
