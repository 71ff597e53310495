package chat

import (
	"strconv"
	"strings"

	"parley/models"
)

// The channel families, and the channel that counts as listening for new conversations.
const (
	serviceFamily      = "/service/"
	conversationFamily = "/conversations/"
	notificationFamily = "/notifications/"
	// staffFamily is what managers say about a conversation among themselves, by its id.
	staffFamily = "/staff/"
	// availabilityFamily tells an organisation's visitors, by its id, whether somebody is there.
	availabilityFamily = "/availability/"
	// webhooksFamily tells an organisation's admins, by its id, what becomes of its webhooks.
	webhooksFamily = "/webhooks/"
	dutyChannel    = serviceFamily + "*"
)

// publicScope is what open channels carry. Chat events carry their organisation's scope, so that a wildcard
// over open channels, "/**" included, never covers them.
const publicScope = "public"

func organizationScope(id int64) string { return strconv.FormatInt(id, 10) }

func conversationChannel(id int64) string {
	return conversationFamily + strconv.FormatInt(id, 10)
}

func staffChannel(conversationID int64) string {
	return staffFamily + strconv.FormatInt(conversationID, 10)
}

func availabilityChannel(organizationID int64) string {
	return availabilityFamily + strconv.FormatInt(organizationID, 10)
}

func webhooksChannel(organizationID int64) string {
	return webhooksFamily + strconv.FormatInt(organizationID, 10)
}

// Families lists the channel families, each with the slashes around its name.
func Families() []string {
	return []string{serviceFamily, conversationFamily, notificationFamily, staffFamily, availabilityFamily, webhooksFamily}
}

// splitFamily cuts a channel of one of the families into family and rest.
func splitFamily(channel string) (family, rest string, ok bool) {
	for _, family := range Families() {
		if rest, ok := strings.CutPrefix(channel, family); ok {
			return family, rest, true
		}
	}
	return "", "", false
}

// parseConversationID reads an id in its one canonical spelling.
func parseConversationID(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 1 || id > models.MaxConversationID || strconv.FormatInt(id, 10) != s {
		return 0, false
	}
	return id, true
}

// covers tells whether everything that channel stands for, a name or a pattern, lies within pattern.
func covers(pattern, channel string) bool {
	if pattern == channel {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(channel, base+"/")
	}
	base, ok := strings.CutSuffix(pattern, "/*")
	if !ok {
		return false
	}
	segment, ok := strings.CutPrefix(channel, base+"/")
	return ok && segment != "**" && !strings.Contains(segment, "/")
}
