package models

// Organization owns managers, visitors and their conversations. Organisations never see each other.
type Organization struct {
	ID   int64  `json:"id" gorm:"primaryKey"`
	UUID string `json:"uuid"`
	Name string `json:"name"`
	// SiteKey names the organisation in a page's source. It is no secret.
	SiteKey string `json:"site_key"`
	// OfflineMessage is the text of "nobody is on duty"; empty means the configured one.
	OfflineMessage string `json:"offline_message"`
	// Greeting is what the widget says first; empty: its own words.
	Greeting string `json:"greeting"`
	// AllowedOrigins are the origins whose pages may carry the widget.
	AllowedOrigins Origins `json:"allowed_origins"`
	// TimeZone is an IANA name: what "a day" means in holidays and figures, and in the shifts of managers who have
	// none of their own.
	TimeZone string   `json:"time_zone"`
	Strategy Strategy `json:"strategy"`
	// MaxConversations bounds each manager's open conversations, AnswerWithinMS how long one that was given to a
	// manager may stay unanswered, in milliseconds. Nil: what the settings say; 0: without limit.
	MaxConversations *int   `json:"max_conversations"`
	AnswerWithinMS   *int64 `json:"answer_within_ms" gorm:"column:answer_within_ms"`
	// RetainDays is how many days closed conversations are kept after anything last happened in them. Nil: for ever.
	RetainDays *int `json:"retain_days"`
	// Online is whether visitors were last told that somebody is there.
	Online bool `json:"online"`
	// Suspended: its subscription has ended, and giosg's API refuses its calls.
	Suspended bool `json:"suspended"`
	// Calls: its visitors may be called.
	Calls     bool `json:"calls"`
	CreatedAt Time `json:"created_at" gorm:"autoCreateTime:false"`
}

// Strategy is how an organisation shares out its conversations.
type Strategy string

// Strategies. All but Broadcast prefer the visitor's previous counterpart.
const (
	// LeastLoaded: who has the fewest open ones; of those who has waited longest.
	LeastLoaded Strategy = "least_loaded"
	// RoundRobin: in turn, whatever they have.
	RoundRobin Strategy = "round_robin"
	// Broadcast: nobody is chosen; the first who accepts has it.
	Broadcast Strategy = "broadcast"
)

// Valid tells whether s is one of the three.
func (s Strategy) Valid() bool { return s == LeastLoaded || s == RoundRobin || s == Broadcast }
