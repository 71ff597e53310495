package chat

import (
	"context"
	"slices"

	"parley/models"
)

// Inbox lists the caller's conversations, or with ManagerID 0 everybody's for those who supervise; latest
// activity first. It asks the store for one more than the limit, to tell whether there are others.
func (s *Service) Inbox(ctx context.Context, p Principal, q InboxQuery) (views []*ConversationView, next *InboxCursor, err error) {
	if err := managersOnly(p); err != nil {
		return nil, nil, err
	}
	if err := p.demand(models.ScopeChat); err != nil {
		return nil, nil, err
	}
	if q.ManagerID != p.ManagerID && !p.Role.Supervises() {
		return nil, nil, forbidden("Only supervisors see other managers' conversations")
	}
	q.OrganizationID = p.OrganizationID
	limit := q.Limit
	q.Limit++
	items, err := s.store.View(ctx).Inbox(q)
	if err != nil {
		return nil, nil, err
	}
	if len(items) > limit {
		items = items[:limit]
		last := items[limit-1].Conversation
		next = &InboxCursor{UpdatedAt: last.UpdatedAt, ID: last.ID}
	}
	views = viewItems(items)
	return views, next, showFaces(s.store.View(ctx), items, views)
}

// viewItems shows conversations as managers see them.
func viewItems(items []InboxItem) []*ConversationView {
	views := make([]*ConversationView, len(items))
	for i, item := range items {
		views[i] = viewConversation(item.Conversation, item.Visitor, item.Manager)
		views[i].Room = item.Room
		views[i].Staff = viewStaff(item.Conversation)
		views[i].Visitor.Email = item.Visitor.Email
		views[i].Staff.Tags = item.Tags
		if m := item.LastMessage; m != nil {
			views[i].LastMessage = &MessageSummary{ID: m.ID, Content: m.Content, SenderType: m.SenderType, CreatedAt: m.CreatedAt,
				Deleted: m.DeletedAt != nil, AttachmentCount: m.Attached}
		}
	}
	return views
}

// showFaces tells managers what rooms call the visitors of a list.
func showFaces(r VariableReader, items []InboxItem, views []*ConversationView) error {
	var ids []string
	for _, item := range items {
		if id := item.Visitor.ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	faces, err := r.Faces(ids)
	for i, item := range items {
		face := faces[FaceOf{item.Conversation.RoomID, item.Visitor.ID}]
		if v := item.Visitor; v.IdentifiedAt != nil && v.Name != nil {
			face.Name = nil
		}
		views[i].Visitor.Face = &face
	}
	return err
}

// MainRoom is the room in which conversations of the caller's organisation are that were opened without naming any.
func (s *Service) MainRoom(ctx context.Context, p Principal) (models.Room, error) {
	if err := insider(p); err != nil {
		return models.Room{}, err
	}
	return s.store.View(ctx).MainRoom(p.OrganizationID)
}

// Organization reads the caller's organisation.
func (s *Service) Organization(ctx context.Context, p Principal) (models.Organization, error) {
	return s.store.View(ctx).Organization(p.OrganizationID)
}
