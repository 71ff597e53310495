package chat

import "parley/models"

// WebhookReader reads webhooks and what is on its way to them. Deleted webhooks are found by EveryWebhook alone.
type WebhookReader interface {
	Webhook(id int64) (models.Webhook, error)
	// Webhooks lists an organisation's.
	Webhooks(organizationID int64) ([]models.Webhook, error)
	// EveryWebhook lists those of all organisations, switched off and deleted ones, too.
	EveryWebhook() ([]models.Webhook, error)
	// DueWebhooks lists enabled ones of which a delivery is due, the one that is late most first, leaving out those
	// named.
	DueWebhooks(at models.Time, except []int64, limit int) ([]int64, error)

	Delivery(id int64) (models.Delivery, error)
	// Deliveries lists a webhook's, the latest first.
	Deliveries(q DeliveryQuery) ([]models.Delivery, error)
	// Attempts lists a delivery's, oldest first.
	Attempts(deliveryID int64) ([]models.Attempt, error)
	// Queued counts a webhook's pending deliveries, and counts no further than limit.
	Queued(webhookID int64, limit int) (int, error)
	// WebhookQueue counts the pending deliveries to all webhooks that are enabled, and tells since when the oldest of
	// them waits.
	WebhookQueue() (n int64, oldest *models.Time, err error)
}

// WebhookTx changes them. A webhook's deliveries are changed under its lock, which comes after all others; several
// webhooks are locked by rising id.
type WebhookTx interface {
	LockWebhook(id int64) (models.Webhook, error)
	CreateWebhook(w *models.Webhook) error
	// SaveWebhook leaves NextAt as it is.
	SaveWebhook(w models.Webhook) error

	// QueueDeliveries adds deliveries to a webhook, in this order, and returns how many: those of an event and type that
	// it has already are left out. What waits for nothing is due at DueAt, or at once if that is nil.
	QueueDeliveries(webhookID int64, list []models.Delivery, at models.Time) (int, error)
	// ClaimDeliveries takes up to limit deliveries that are due, until a moment after which others may. Each counts an
	// attempt more.
	ClaimDeliveries(webhookID int64, at, until models.Time, limit int) ([]models.Delivery, error)
	// SaveDelivery ends a claim with what came of it: State, DueAt, Status, Error and FinishedAt. The next of its lane is
	// due at the moment when this one is finished. False: somebody else has claimed it meanwhile, or it is gone.
	SaveDelivery(d models.Delivery, at models.Time) (bool, error)
	// DropDelivery ends a claim with the delivery.
	DropDelivery(d models.Delivery, at models.Time) error
	AppendAttempt(a *models.Attempt) error

	// ReplayDeliveries queues finished deliveries anew, and has pending ones that rest sent at once.
	ReplayDeliveries(webhookID int64, ids []int64, at models.Time) error
	// FailedDeliveries lists the ids of a webhook's failed deliveries of events since a moment, by rising id above one.
	FailedDeliveries(webhookID int64, since models.Time, after int64, limit int) ([]int64, error)
	// WakeWebhook makes all due that waits for nothing but a moment.
	WakeWebhook(webhookID int64, at models.Time) error

	// MendLanes makes the first of each lane due in which nothing is: what it waited for was erased. It returns how many.
	MendLanes(webhookID int64, at models.Time) (int, error)

	// ForgetDeliveries removes up to limit finished deliveries that were finished before a moment, or are not among the
	// latest keep; AbandonDeliveries gives up to limit pending ones up that were queued before it; RemoveWebhook removes
	// up to limit deliveries, or, when there are none, the webhook. Each returns how many.
	ForgetDeliveries(webhookID int64, before models.Time, keep, limit int) (int, error)
	AbandonDeliveries(webhookID int64, before, at models.Time, limit int) (int, error)
	RemoveWebhook(webhookID int64, limit int) (int, error)
}

// DeliveryQuery asks for a page of a webhook's deliveries.
type DeliveryQuery struct {
	WebhookID int64
	State     models.DeliveryState // empty: any
	Type      string               // empty: any
	// Before is an id that a page goes on after; 0: from the latest.
	Before int64
	Limit  int
}
