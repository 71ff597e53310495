package chat

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"parley/models"
)

// Config is the service's settings; zero fields take the defaults that are named.
type Config struct {
	// HistoryCount is how many messages history gives unasked (50), HistoryCap the most it gives (500).
	HistoryCount, HistoryCap int
	// OfflineMessage is the text of "nobody is on duty" (chat_offline_message). An organisation may have its own.
	OfflineMessage string
	// DutyGrace is how long a manager stays on duty after her last session ended (30 s).
	DutyGrace time.Duration
	// ReassignAfter is how long a conversation waits for a counterpart who vanished (2 min), IdleCloseAfter how
	// long nothing may happen in one, reading included, before it is closed (24 h). Negative: never.
	ReassignAfter, IdleCloseAfter time.Duration
	// TaskCloseAfter is how long nothing may happen in a conversation of the type task (1 h). Negative: for ever.
	TaskCloseAfter time.Duration
	// KeepEvents is how long relayed events stay for those who were away and ask for them (7 days). Negative:
	// for ever.
	KeepEvents time.Duration
	// KeepAudit is how long the audit log is kept (365 days). Negative: for ever.
	KeepAudit time.Duration
	// LockAfter is how many wrong passwords in a row lock sign-ins (10), LockFor for how long (15 min). Negative:
	// never.
	LockAfter int
	LockFor   time.Duration
	// Limits bound each visitor; the zero value does not.
	Limits Limits
	// MaxConversations bounds a manager's open conversations (no limit), AnswerWithin how long one may wait for an
	// answer before another manager is asked (for ever), unless organisation or manager say otherwise.
	MaxConversations int
	AnswerWithin     time.Duration
	// ReopenWithin is how long after its end a conversation can be taken up again (24 h). Negative: never.
	ReopenWithin time.Duration
	// SearchPatience is how long one request looks for hits before it leaves the rest to the next page (4 ms).
	SearchPatience time.Duration
	// Tokens signs visitors' tokens, which hold for VisitorTokenLife (30 days) unless a backend says otherwise.
	Tokens           Granter
	VisitorTokenLife time.Duration
	// MaxWebhookQueue bounds what waits for one webhook (20,000).
	MaxWebhookQueue int
	// Broadcaster takes what is not kept; nil: nobody hears it.
	Broadcaster Broadcaster
	// Fleeting takes what is told of members and not kept: events that were never written down. Nil: nobody hears it.
	Fleeting func(ctx context.Context, e models.Event)
	Calls    CallConfig
	// Attachments are off without Blobs.
	Attachments AttachmentConfig
	// Scout makes out what visitors' browsers say; nil: nobody does. Atlas knows where they are; nil: nobody does.
	Scout Scout
	Atlas Atlas
	// ForgetVisitorsAfter is how long visitors are remembered who never wrote and were not seen again; 0: for ever.
	ForgetVisitorsAfter time.Duration
	// Committed is called after a change was committed: the relay's wake-up. It must not block.
	Committed func()
	Logger    *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.HistoryCount == 0 {
		c.HistoryCount = 50
	}
	if c.HistoryCap == 0 {
		c.HistoryCap = 500
	}
	if c.SearchPatience == 0 {
		c.SearchPatience = searchPatience
	}
	if c.OfflineMessage == "" {
		c.OfflineMessage = offlineCode
	}
	if c.DutyGrace == 0 {
		c.DutyGrace = 30 * time.Second
	}
	if c.ReassignAfter == 0 {
		c.ReassignAfter = 2 * time.Minute
	}
	if c.IdleCloseAfter == 0 {
		c.IdleCloseAfter = 24 * time.Hour
	}
	if c.TaskCloseAfter == 0 {
		c.TaskCloseAfter = time.Hour
	}
	if c.KeepEvents == 0 {
		c.KeepEvents = 7 * 24 * time.Hour
	}
	if c.KeepAudit == 0 {
		c.KeepAudit = 365 * 24 * time.Hour
	}
	if c.ReopenWithin == 0 {
		c.ReopenWithin = 24 * time.Hour
	}
	if c.VisitorTokenLife == 0 {
		c.VisitorTokenLife = tokenLife
	}
	if c.MaxWebhookQueue == 0 {
		c.MaxWebhookQueue = defaultMaxQueue
	}
	if c.Broadcaster == nil {
		c.Broadcaster = silence{}
	}
	if c.LockAfter == 0 {
		c.LockAfter = 10
	}
	if c.LockFor == 0 {
		c.LockFor = 15 * time.Minute
	}
	if c.Committed == nil {
		c.Committed = func() {}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Attachments = c.Attachments.withDefaults()
	c.Calls = c.Calls.withDefaults()
	return c
}

// Service is the product: every call checks with the gate, changes the store and leaves an event. It holds no
// state but its limiters' and what Run last told those who wait, and is safe for concurrent use.
type Service struct {
	store Store
	gate  *Gate
	cfg   Config
	// opens and posts count visitors, once it is known that they call.
	opens, posts *Limiter
	lockout      lockout
	// stirred holds one: something happened that the queue may have waited for. It is never closed.
	stirred chan struct{}
	told    told
	eraser  *Eraser
	// exporting holds one for each export that is being written.
	exporting chan struct{}
	typing    *Limiter
	signals   *Limiter
	typists   typists
	composing composers
	uploads   uploadLimits
	// counting holds one for each question about figures that is being answered.
	counting chan struct{}
	tail     *Tail
	// submits counts what pages say of their visitors.
	submits *Limiter
	lobby   *Lobby
	// newcomers counts, by address, visitors who are let in for the first time.
	newcomers *Limiter
}

// New makes a service.
func New(store Store, gate *Gate, cfg Config) *Service {
	cfg = cfg.withDefaults()
	return &Service{
		store: store, gate: gate, cfg: cfg, opens: cfg.Limits.Opens(), posts: cfg.Limits.Posts(),
		stirred: make(chan struct{}, 1), told: told{}, counting: make(chan struct{}, countingPlaces),
		exporting: make(chan struct{}, exportsAtOnce),
		eraser:    NewEraser(store, cfg.Committed, cfg.Logger),
		typing:    NewLimiter(typingPerSecond, typingBurst),
		signals:   NewLimiter(signalPerSecond, signalBurst),
		uploads:   newUploadLimits(cfg.Attachments.BytesPerHour),
		lockout:   lockout{after: cfg.LockAfter, lasts: cfg.LockFor},
		tail:      newTail(store, gate, cfg.Committed),
		submits:   NewLimiter(submitsPerSecond, submitsBurst),
		lobby:     newLobby(store, gate, cfg),
		newcomers: NewLimiter(newcomersPerSecond, newcomersBurst),
	}
}

// Tail is where those wait who follow the events. The relay feeds it.
func (s *Service) Tail() *Tail { return s.tail }

// Eraser removes what is to be removed, once it runs.
func (s *Service) Eraser() *Eraser { return s.eraser }

// update commits fn's changes and wakes the relay.
func (s *Service) update(ctx context.Context, fn func(Tx) error) error {
	if err := s.store.Update(ctx, fn); err != nil {
		return err
	}
	s.cfg.Committed()
	return nil
}

func now() models.Time { return models.At(time.Now()) }

// SenderTypeOf reads the names that old clients give to the two sides; empty for any other.
func SenderTypeOf(name string) models.SenderType {
	switch strings.ToLower(name) {
	case "visitor", "user":
		return models.SenderVisitor
	case "manager", "operator", "admin":
		return models.SenderManager
	}
	return ""
}

// onlyOrganization is the one that calls without any key mean, as long as there is just one.
func onlyOrganization(r Reader) (models.Organization, error) {
	all, err := r.Organizations()
	if err != nil {
		return models.Organization{}, err
	}
	if len(all) != 1 {
		return models.Organization{}, E(Invalid, "app_key_missing", "Name the organisation by its site key (app_key)")
	}
	return all[0], nil
}

// view reads what a conversation's JSON shows beside the conversation itself.
func view(r Reader, c models.Conversation) (*ConversationView, error) {
	v, err := r.Visitor(c.VisitorID)
	if err != nil {
		return nil, err
	}
	room, err := roomUUID(r, c)
	if err != nil {
		return nil, err
	}
	if c.ManagerID == nil {
		shown := viewConversation(c, v, nil)
		shown.Room = room
		if shown.Queue != nil {
			shown.Queue.Position, err = place(r, c)
		}
		return shown, err
	}
	m, err := r.FormerManager(*c.ManagerID)
	if err != nil {
		return nil, err
	}
	shown := viewConversation(c, v, &m)
	shown.Room = room
	return shown, nil
}

// announce puts the conversation's present state into the outbox and saves it.
func announce(tx Tx, c *models.Conversation, action string, at models.Time) (Event, error) {
	shown, err := view(tx, *c)
	if err != nil {
		return Event{}, err
	}
	word := action
	if action == announced {
		word = updated
	}
	ev := conversationEvent(word, shown)
	if err := record(tx, c, action, ev, at); err != nil {
		return Event{}, err
	}
	return ev, tx.SaveConversation(*c)
}
