package chat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"parley/models"
)

// NotificationReader reads notifications.
type NotificationReader interface {
	// ClientNotification finds a visitor's notification by the id that its sender gave it.
	ClientNotification(visitorID, clientID string) (models.Notification, error)
	// Notifications lists them by rising id; more tells whether others lie beyond.
	Notifications(q NotificationQuery) (list []models.Notification, more bool, err error)
	UnreadNotifications(visitorID string) (int, error)
	// MergedVisitors tells of those of an organisation's visitors who were merged away whom they became.
	MergedVisitors(organizationID int64, ids []string) (map[string]string, error)
}

// NotificationTx changes them. The visitor is locked meanwhile.
type NotificationTx interface {
	CreateNotification(n *models.Notification) error
	// MarkNotifications sets the time of reading of what was not read, and tells of how many: those with the ids,
	// or without any those up to one.
	MarkNotifications(visitorID string, upTo int64, ids []int64, at models.Time) (int, error)
}

// NotificationQuery asks for a visitor's notifications.
type NotificationQuery struct {
	VisitorID string
	// Since is an inclusive bound going back; with After it is an exclusive one going forward. Nil: the end.
	Since *int64
	After bool
	Count int
}

// Bounds of one call with many notifications: how many, and how many bytes their data has altogether; and how
// many are marked by their ids.
const (
	MaxNotifications = 1000
	maxNotifiedBytes = 4 << 20
	maxMarked        = 500
	// notifiedAtOnce are written in one transaction, so that others get their turn.
	notifiedAtOnce = 100
)

// NotificationPage is a part of a visitor's notifications, by rising id.
type NotificationPage struct {
	Notifications []*NotificationView `json:"notifications"`
	More          bool                `json:"more"`
	UnreadCount   int                 `json:"unread_count"`
}

// SeenView is what a visitor has read: all notifications up to one, or those that are named.
type SeenView struct {
	VisitorID string  `json:"visitor_id"`
	UpTo      *int64  `json:"up_to"`
	IDs       []int64 `json:"ids"`
	// Count is how many had not been read before, UnreadCount how many still are not.
	Count       int         `json:"count"`
	UnreadCount int         `json:"unread_count"`
	ReadAt      models.Time `json:"read_at"`
}

func viewNotification(n models.Notification) *NotificationView {
	return &NotificationView{
		ID: n.ID, VisitorID: n.VisitorID, Data: json.RawMessage(n.Data), ClientNotificationID: n.ClientNotificationID,
		Read: n.ReadAt != nil, ReadAt: n.ReadAt, CreatedAt: n.CreatedAt,
	}
}

// notify keeps and sends a notification; the visitor is locked. It tells whether it is new: the same again, by
// its sender's id, is answered as it is.
func notify(tx Tx, n models.Notification) (Event, bool, error) {
	if n.ClientNotificationID != nil {
		before, err := tx.ClientNotification(n.VisitorID, *n.ClientNotificationID)
		switch {
		case errors.Is(err, ErrNoRecord):
		case err != nil:
			return Event{}, false, err
		case before.Data != n.Data:
			return Event{}, false, E(Conflict, "client_notification_id_taken", "Another notification has this client_notification_id")
		default:
			return notificationEvent(before), false, nil
		}
	}
	if err := tx.CreateNotification(&n); err != nil {
		return Event{}, false, err
	}
	ev := notificationEvent(n)
	return ev, true, appendEvent(tx, models.Event{
		OrganizationID: n.OrganizationID, VisitorID: n.VisitorID, Kind: ev.Entity, Action: created, CreatedAt: n.CreatedAt,
	}, ev)
}

func notificationEvent(n models.Notification) Event {
	return Event{Entity: models.EventNotification, Event: created, Notification: viewNotification(n)}
}

func validNotificationID(id string) error {
	if id != "" && !models.ValidClientMessageID(id) {
		return E(Invalid, "client_notification_id_invalid", "A client_notification_id has 1 to %d bytes of text", models.MaxClientMessageID)
	}
	return nil
}

// Notice is one of many notifications that are sent in one call. Data is a JSON object. ClientID may be empty; the
// same one again for the same visitor yields the notification that it made the first time.
type Notice struct {
	VisitorID string
	ClientID  string
	Data      json.RawMessage
}

// NoticeResult is what became of it.
type NoticeResult struct {
	VisitorID string `json:"visitor_id"`
	// Status is created, repeated or refused.
	Status string `json:"status"`
	// ID is the notification's; 0 when it was refused. Then Code and Error tell why.
	ID    int64  `json:"id,omitempty"`
	Code  string `json:"code,omitempty"`
	Error string `json:"error,omitempty"`
}

func (r *NoticeResult) settle(ev Event, isNew bool, err error) error {
	var refusal *Error
	switch {
	case errors.As(err, &refusal):
		r.Status, r.ID, r.Code, r.Error = "refused", 0, refusal.Code, refusal.Text
		return nil
	case err != nil:
		return err
	}
	r.Status, r.ID = "created", ev.Notification.ID
	if !isNew {
		r.Status = "repeated"
	}
	return nil
}

// NotifyMany keeps and sends notifications, as Notify does, and tells of each what became of it, in their order. One
// that is refused keeps no other from going out; an error may come after some were sent, which repeating the call
// with the same client ids does not send again.
func (s *Service) NotifyMany(ctx context.Context, p Principal, notices []Notice) ([]NoticeResult, error) {
	if err := pushersOnly(p); err != nil {
		return nil, err
	}
	size := 0
	for _, n := range notices {
		size += len(n.Data)
	}
	if len(notices) > MaxNotifications || size > maxNotifiedBytes {
		return nil, E(TooLarge, "notifications_too_many", "One call has at most %d notifications, of %d bytes altogether", MaxNotifications, maxNotifiedBytes)
	}
	results := make([]NoticeResult, len(notices))
	var order []int
	for i, n := range notices {
		results[i].VisitorID = n.VisitorID
		err := n.check()
		if err == nil {
			notices[i].Data, err = canonical(n.Data)
		}
		if err != nil {
			_ = results[i].settle(Event{}, false, err) // it is a refusal
			continue
		}
		order = append(order, i)
	}
	if err := s.meantByNotices(ctx, p, notices, order); err != nil {
		return nil, err
	}
	// Visitors are locked in one order; each one's come as they stand.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(notices[a].VisitorID, notices[b].VisitorID) })
	for some := range slices.Chunk(order, notifiedAtOnce) {
		err := s.update(ctx, func(tx Tx) error {
			for _, i := range some {
				if err := results[i].settle(s.notice(tx, p, notices[i])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// meantByNotices puts in place of visitors who were merged away those whom they became; see meant.
func (s *Service) meantByNotices(ctx context.Context, p Principal, notices []Notice, order []int) error {
	for some := range slices.Chunk(order, notifiedAtOnce) {
		ids := make([]string, len(some))
		for i, n := range some {
			ids[i] = notices[n].VisitorID
		}
		merged, err := s.store.View(ctx).MergedVisitors(p.OrganizationID, ids)
		if err != nil {
			return err
		}
		for _, n := range some {
			notices[n].VisitorID = cmp.Or(merged[notices[n].VisitorID], notices[n].VisitorID)
		}
	}
	return nil
}

func (n Notice) check() error {
	if !models.ValidVisitorID(n.VisitorID) {
		return visitorIDInvalid()
	}
	return validNotificationID(n.ClientID)
}

// canonical writes an object so that the same one is always the same text.
func canonical(data json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil {
		return nil, E(Invalid, "data_invalid", "data is a JSON object")
	}
	return json.Marshal(object)
}

func (s *Service) notice(tx Tx, p Principal, n Notice) (Event, bool, error) {
	if err := s.ensureVisitor(tx, n.VisitorID, p.OrganizationID); err != nil {
		return Event{}, false, err
	}
	record := models.Notification{OrganizationID: p.OrganizationID, VisitorID: n.VisitorID, Data: string(n.Data), CreatedAt: now()}
	if n.ClientID != "" {
		record.ClientNotificationID = &n.ClientID
	}
	return notify(tx, record)
}

// NotificationsRequest asks for a visitor's notifications; Count, Since and After are as in HistoryRequest.
type NotificationsRequest struct {
	VisitorID string
	Sender    Sender
	Count     int
	Since     *int64
	After     bool
}

// reader settles who reads a visitor's notifications, and whose a backend means.
func (s *Service) reader(ctx context.Context, p Principal, claimed Sender, visitorID *string) (known bool, err error) {
	if err := s.gate.admitReader(p, claimed, *visitorID); err != nil {
		return false, err
	}
	if *visitorID, err = s.meant(ctx, p, *visitorID, &claimed); err != nil {
		return false, err
	}
	return s.gate.mayNotifications(ctx, p, *visitorID)
}

// Notifications lists a visitor's notifications, for herself and for backends.
func (s *Service) Notifications(ctx context.Context, p Principal, r NotificationsRequest) (NotificationPage, error) {
	page := NotificationPage{Notifications: []*NotificationView{}}
	known, err := s.reader(ctx, p, r.Sender, &r.VisitorID)
	if !known || err != nil {
		return page, err
	}
	view := s.store.View(ctx)
	list, more, err := view.Notifications(NotificationQuery{
		VisitorID: r.VisitorID, Since: r.Since, After: r.After, Count: min(cmp.Or(r.Count, s.cfg.HistoryCount), s.cfg.HistoryCap),
	})
	if err != nil {
		return page, err
	}
	page.More = more
	for _, n := range list {
		page.Notifications = append(page.Notifications, viewNotification(n))
	}
	page.UnreadCount, err = view.UnreadNotifications(r.VisitorID)
	return page, err
}

// UnreadNotifications counts what a visitor has not read.
func (s *Service) UnreadNotifications(ctx context.Context, p Principal, claimed Sender, visitorID string) (int, error) {
	known, err := s.reader(ctx, p, claimed, &visitorID)
	if !known || err != nil {
		return 0, err
	}
	return s.store.View(ctx).UnreadNotifications(visitorID)
}

// ReadNotifications notes that a visitor has read notifications: all up to one, or those with the ids. Whoever
// listens hears of it, unless nothing changed.
func (s *Service) ReadNotifications(ctx context.Context, p Principal, claimed Sender, visitorID string, upTo *int64, ids []int64) (ev Event, err error) {
	if (upTo == nil) == (len(ids) == 0) || len(ids) > maxMarked {
		return ev, E(Invalid, "read_invalid", "Either up_to is a notification's id, or ids are 1 to %d of them", maxMarked)
	}
	known, err := s.reader(ctx, p, claimed, &visitorID)
	if err != nil {
		return ev, err
	}
	if !known {
		return ev, visitorNotFound(visitorID)
	}
	err = s.update(ctx, func(tx Tx) error {
		ev, err = readNotifications(tx, visitorID, upTo, ids)
		return err
	})
	return ev, err
}

func readNotifications(tx Tx, visitorID string, upTo *int64, ids []int64) (Event, error) {
	v, err := tx.LockVisitor(visitorID)
	if err != nil {
		return Event{}, orNotFound(err, "visitor_not_found", "There is no visitor %s", visitorID)
	}
	seen := &SeenView{VisitorID: visitorID, UpTo: upTo, IDs: append([]int64{}, ids...), ReadAt: now()}
	if upTo != nil {
		seen.Count, err = tx.MarkNotifications(visitorID, *upTo, nil, seen.ReadAt)
	} else {
		seen.Count, err = tx.MarkNotifications(visitorID, 0, ids, seen.ReadAt)
	}
	if err != nil {
		return Event{}, err
	}
	if seen.UnreadCount, err = tx.UnreadNotifications(visitorID); err != nil {
		return Event{}, err
	}
	ev := Event{Entity: models.EventSeen, Event: updated, Seen: seen}
	if seen.Count == 0 {
		return ev, nil
	}
	return ev, appendEvent(tx, models.Event{
		OrganizationID: v.OrganizationID, VisitorID: visitorID, Kind: ev.Entity, Action: updated, CreatedAt: seen.ReadAt,
	}, ev)
}
