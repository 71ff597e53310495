package chat

import (
	"slices"
	"strings"

	"parley/models"
)

// GiosgChanges are what may be said of a webhook in giosg's format alone. Such a webhook is told what happens on channels
// of giosg's API, and each request brings a token of a manager's, as whom its receiver calls back.
type GiosgChanges struct {
	// ManagerID is that manager.
	ManagerID Change[int64]
	// Channels are patterns of paths: * is any one name, {user_id} the manager's, {organization_id} the organisation's.
	Channels Change[[]string]
	// Actions are some of added, changed and removed; none: all.
	Actions Change[[]string]
}

// resourceActions are the actions that webhooks can ask for.
var resourceActions = []string{ResourceAdded, ResourceChanged, ResourceRemoved}

// format begins a webhook in the format that is asked for.
func (c WebhookChanges) format(w *models.Webhook) error {
	switch c.Format.To {
	case "", models.FormatParley:
		return nil
	case models.FormatGiosg:
		w.Format, w.Events, w.Actions = models.FormatGiosg, "", models.NewTextList(resourceActions)
		if !c.ManagerID.Set {
			return E(Invalid, "manager_invalid", "A webhook in giosg's format needs manager_id, the manager as whom its receiver calls back")
		}
		if !c.Channels.Set {
			return channelsInvalid()
		}
		return nil
	}
	return E(Invalid, "format_invalid", "The format is %s or %s", models.FormatParley, models.FormatGiosg)
}

func (c WebhookChanges) applyGiosg(w *models.Webhook) (err error) {
	if w.Format != models.FormatGiosg {
		if c.ManagerID.Set || c.Channels.Set || c.Actions.Set {
			return E(Invalid, "format_invalid", "manager_id, channels and actions are for webhooks in giosg's format")
		}
		return nil
	}
	if c.Events.Set {
		return E(Invalid, "events_invalid", "A webhook in giosg's format has channels, not events")
	}
	if c.ManagerID.Set {
		w.ManagerID = &c.ManagerID.To
	}
	if c.Channels.Set {
		if w.Channels, err = validWebhookChannels(c.Channels.To); err != nil {
			return err
		}
	}
	if c.Actions.Set {
		w.Actions, err = validResourceActions(c.Actions.To)
	}
	return err
}

func validResourceActions(list []string) (models.TextList, error) {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	for _, action := range list {
		if !slices.Contains(resourceActions, action) {
			return "", E(Invalid, "actions_invalid", "actions are some of %s", strings.Join(resourceActions, ", "))
		}
	}
	if len(list) == 0 {
		list = resourceActions
	}
	return models.NewTextList(list), nil
}

func channelsInvalid() *Error {
	return E(Invalid, "channels_invalid", "channels are 1 to %d paths such as /api/v5/users/{user_id}/chats/*/messages, in which * is one name",
		models.MaxWebhookChannels)
}

func validWebhookChannels(list []string) (models.TextList, error) {
	if len(list) == 0 || len(list) > models.MaxWebhookChannels {
		return "", channelsInvalid()
	}
	clean := make([]string, 0, len(list))
	for _, pattern := range list {
		pattern = strings.TrimSuffix(strings.TrimSpace(pattern), "/")
		anything := strings.NewReplacer("{user_id}", "x", "{organization_id}", "x", "/*", "/x").Replace(pattern)
		if _, ok := ParseResource(anything); !ok || len(pattern) > models.MaxWebhookChannel {
			return "", channelsInvalid()
		}
		clean = append(clean, pattern)
	}
	return models.NewTextList(slices.Compact(slices.Sorted(slices.Values(clean)))), nil
}

// mayGiosg refuses who would come by a manager's token through a webhook: keys manage no secrets, and these are some.
// The manager is one of the organisation's.
func (h Webhooks) mayGiosg(r Reader, w models.Webhook) error {
	if w.Format != models.FormatGiosg {
		return nil
	}
	if h.by.Party == Backend || h.by.KeyID != 0 {
		return forbidden("Only admins manage webhooks in giosg's format: their requests bring a manager's token")
	}
	m, err := r.Manager(*w.ManagerID)
	if err == nil && m.OrganizationID != h.organizationID {
		err = ErrNoRecord
	}
	return orNotFound(err, "manager_not_found", "There is no manager %d", *w.ManagerID)
}
