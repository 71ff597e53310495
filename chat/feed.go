package chat

import (
	"context"

	"parley/models"
)

// Publisher is the Bayeux engine as the feed sees it.
type Publisher interface {
	// PublishStored sends data, one JSON value that nobody changes any more, to whoever listens on the channel
	// in the scope. id is its number in the Log.
	PublishStored(ctx context.Context, id int64, channel, scope string, data []byte) error
	// Review asks the gate again about everybody who listens on exactly this channel.
	Review(ctx context.Context, channel string)
	// ReviewOf asks the gate again about every subscription of those whom the function picks.
	ReviewOf(ctx context.Context, pick func(who any) bool)
	// Revoke ends the subscriptions that the function picks.
	Revoke(ctx context.Context, pick func(who any, channel string) bool)
}

// FayeFeed publishes events on the channel families of the original.
type FayeFeed struct{ publisher Publisher }

// NewFayeFeed makes the feed.
func NewFayeFeed(p Publisher) FayeFeed { return FayeFeed{publisher: p} }

// Deliver publishes each event on its channels.
func (f FayeFeed) Deliver(ctx context.Context, events []models.Event) error {
	for _, e := range events {
		if e.Kind == models.EventAccess {
			if err := f.deliverRevocation(ctx, e); err != nil {
				return err
			}
			continue
		}
		scope := organizationScope(e.OrganizationID)
		for _, channel := range channels(e) {
			if err := f.publisher.PublishStored(ctx, e.ID, channel, scope, []byte(e.Payload)); err != nil {
				return err
			}
		}
		if e.Kind == models.EventErasure || e.Kind == models.EventMembership || e.Kind == models.EventConversation && e.Action == updated {
			// It may have changed hands, or a member left: who hears it no more has heard so. Or it is gone.
			f.publisher.Review(ctx, conversationChannel(*e.ConversationID))
			f.publisher.Review(ctx, staffChannel(*e.ConversationID))
		}
		if e.Kind == models.EventOrganization { // it may have been suspended
			f.publisher.ReviewOf(ctx, func(who any) bool {
				p, ok := who.(Principal)
				return ok && (p.OrganizationID == e.OrganizationID || p.Party == Visitor && p.OrganizationID == 0) // 0: hers is not in her token
			})
		}
	}
	return nil
}

// Broadcaster sends what is not kept: who is typing, who is next. Who is not there to hear it has no use for it.
type Broadcaster interface {
	// Publish sends data, one JSON value that nobody changes any more, to whoever listens on the channel in the
	// scope.
	Publish(ctx context.Context, channel, scope string, data []byte) error
}

// silence is the broadcaster of a service that has none.
type silence struct{}

func (silence) Publish(context.Context, string, string, []byte) error { return nil }

// channels names where an event goes. A conversation is announced on the visitor's service channel; a change
// of its state is told to those inside, too.
func channels(e models.Event) []string {
	switch e.Kind {
	case models.EventMessage, models.EventRead:
		return []string{conversationChannel(*e.ConversationID)}
	case models.EventCall: // all managers hear it ring
		return []string{serviceFamily + e.VisitorID, conversationChannel(*e.ConversationID)}
	case models.EventTransition, models.EventNote, models.EventTags, models.EventVisitor:
		if e.ConversationID == nil { // a visitor without an open conversation
			return nil
		}
		return []string{staffChannel(*e.ConversationID)}
	case models.EventAvailability:
		return []string{availabilityChannel(e.OrganizationID)}
	case models.EventWebhook:
		return []string{webhooksChannel(e.OrganizationID)}
	case models.EventErasure:
		return erasureChannels(e)
	case models.EventNotification, models.EventSeen:
		return []string{notificationFamily + e.VisitorID}
	case models.EventConversation:
		if e.Action == updated {
			return []string{serviceFamily + e.VisitorID, conversationChannel(*e.ConversationID)}
		}
		return []string{serviceFamily + e.VisitorID}
	}
	return nil
}
