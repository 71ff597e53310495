package chat

import (
	"context"
	"slices"

	"parley/models"
)

// TagsView are a conversation's tags as managers see them, in order.
type TagsView struct {
	ConversationID int64    `json:"conversation_id"`
	VisitorID      string   `json:"visitor_id"`
	Tags           []string `json:"tags"`
}

// TagQuery asks for the tags of an organisation that begin with Prefix, in order, after one.
type TagQuery struct {
	OrganizationID int64
	Prefix, After  string
	Limit          int
}

// TagCount is a tag and how many conversations have it.
type TagCount struct {
	Tag   string `json:"tag"`
	Count int64  `json:"count"`
}

// tagsPage is how many tags are listed at once.
const tagsPage = 50

func cleanTags(tags []string) ([]string, error) {
	clean := make([]string, len(tags))
	for i, tag := range tags {
		var ok bool
		if clean[i], ok = models.CleanTag(tag); !ok {
			return nil, E(Invalid, "tag_invalid", "A tag has 1 to %d characters of plain text", models.MaxTag)
		}
	}
	return clean, nil
}

// Tag adds tags to a conversation and takes others off. Managers of the organisation and backends may, at any
// time. What changes nothing is no event.
func (s *Service) Tag(ctx context.Context, p Principal, claimed Sender, conversationID int64, add, remove []string) (Event, error) {
	add, err := cleanTags(add)
	if err != nil {
		return Event{}, err
	}
	if remove, err = cleanTags(remove); err != nil {
		return Event{}, err
	}
	c, _, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return Event{}, err
	}
	var ev Event
	err = s.update(ctx, func(tx Tx) error {
		ev, err = tag(tx, c.ID, add, remove)
		return err
	})
	return ev, err
}

func tag(tx Tx, conversationID int64, add, remove []string) (Event, error) {
	c, err := tx.LockConversation(conversationID)
	if err != nil {
		return Event{}, err
	}
	all, err := tx.Tags(c.ID)
	if err != nil {
		return Event{}, err
	}
	before := all[c.ID]
	after := slices.DeleteFunc(slices.Clone(before), func(t string) bool { return slices.Contains(remove, t) })
	after = append(after, add...)
	slices.Sort(after)
	after = slices.Compact(after)
	if len(after) > models.MaxTags {
		return Event{}, E(Conflict, "too_many_tags", "A conversation has at most %d tags", models.MaxTags)
	}
	if after == nil {
		after = []string{}
	}
	ev := Event{Entity: models.EventTags, Event: updated, Tags: &TagsView{ConversationID: c.ID, VisitorID: c.VisitorID, Tags: after}}
	if slices.Equal(before, after) {
		return ev, nil
	}
	at := now()
	if err := saveTags(tx, c, before, after, at); err != nil {
		return Event{}, err
	}
	if err := record(tx, &c, updated, ev, at); err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(c)
}

func saveTags(tx Tx, c models.Conversation, before, after []string, at models.Time) error {
	for _, tag := range before {
		if !slices.Contains(after, tag) {
			if err := tx.RemoveTag(c.ID, tag); err != nil {
				return err
			}
		}
	}
	for _, tag := range after {
		if !slices.Contains(before, tag) {
			err := tx.AddTag(models.ConversationTag{ConversationID: c.ID, Tag: tag, OrganizationID: c.OrganizationID, CreatedAt: at})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// TagsOf reads a conversation's tags.
func (s *Service) TagsOf(ctx context.Context, p Principal, claimed Sender, conversationID int64) (TagsView, error) {
	c, _, err := s.staffOf(ctx, p, claimed, conversationID)
	if err != nil {
		return TagsView{}, err
	}
	all, err := s.store.View(ctx).Tags(c.ID)
	view := TagsView{ConversationID: c.ID, VisitorID: c.VisitorID, Tags: []string{}}
	if tags := all[c.ID]; tags != nil {
		view.Tags = tags
	}
	return view, err
}

// Tags suggests tags of the caller's organisation that begin with the prefix, in order, after one, each with how
// many conversations have it. It tells whether there are others.
func (s *Service) Tags(ctx context.Context, p Principal, claimed Sender, prefix, after string) (tags []TagCount, more bool, err error) {
	actor, err := s.staff(ctx, p, claimed)
	if err != nil {
		return nil, false, err
	}
	for _, text := range []*string{&prefix, &after} {
		if *text == "" {
			continue
		}
		clean, ok := models.CleanTag(*text)
		if !ok {
			return nil, false, E(Invalid, "prefix_invalid", "A tag has 1 to %d characters of plain text", models.MaxTag)
		}
		*text = clean
	}
	tags, err = s.store.View(ctx).TagCounts(TagQuery{OrganizationID: actor.OrganizationID, Prefix: prefix, After: after, Limit: tagsPage + 1})
	if more = len(tags) > tagsPage; more {
		tags = tags[:tagsPage]
	}
	return tags, more, err
}
