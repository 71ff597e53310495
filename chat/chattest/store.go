package chattest

import (
	"testing"

	"parley/chat"
)

// UnderTest is what the suite wants of a store.
type UnderTest interface {
	chat.Store
	chat.Outbox
	chat.EventLog
}

// Store checks that a store keeps chat's contract. open makes an empty one for each test.
func Store(t *testing.T, open func(t *testing.T) UnderTest) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, f *Fixture)
	}{
		{"missing records are ErrNoRecord", missingRecords},
		{"a failed transaction leaves nothing", failedTransaction},
		{"a panic is the caller's error alone", panicking},
		{"a cancelled caller changes nothing", cancelled},
		{"a late failure fails the whole", lateFailure},
		{"a message in one go", posting},
		{"one open conversation a visitor", oneOpen},
		{"open conversations in rooms", openInRooms},
		{"a conversation's events keep their order", eventOrder},
		{"the outbox forgets what was relayed", outbox},
		{"the outbox is a log", eventLog},
		{"positions rise as events are relayed", positions},
		{"deleted events leave a mark", forgottenPositions},
		{"several relays give positions", relays},
		{"history", history},
		{"client message ids are unique for a sender", clientMessages},
		{"reading is noted once", readOnce},
		{"candidates", candidates},
		{"duty sessions", dutySessions},
		{"abandoned and idle conversations", abandonedAndIdle},
		{"the inbox in pages", inbox},
		{"who left", retired},
		{"sign-ins", logins},
		{"keys", keys},
		{"signed subscriptions", privatePubs},
		{"notifications", notifications},
		{"versions of a message", versions},
		{"cards", cards},
		{"a chat's entries in pages", entries},
		{"reading up to a message", readUpTo},
		{"unread totals", unreadTotals},
		{"notes", notes},
		{"tags", tags},
		{"canned replies", cannedReplies},
		{"the queue", queue},
		{"what should have been answered", unanswered},
		{"whether somebody is there", availability},
		{"the life of a conversation", transitions},
		{"people change", peopleChange},
		{"a manager's sign-ins", loginsOf},
		{"attempts to sign in", loginTries},
		{"shifts, leave and holidays", schedules},
		{"the steps of a range's conversations", steps},
		{"the ratings of a range", ratings},
		{"the queue now", queueNow},
		{"managers' names", managerNames},
		{"an organisation goes with all it owns", deleteOrganization},
		{"the audit log", auditLog},
		{"conversations that are too old", outdated},
		{"a conversation is removed by and by", removal},
		{"attachments come with their messages", attachments},
		{"files follow their attachments", removals},
		{"site secrets", siteSecrets},
		{"what is known of a visitor", visitorChanges},
		{"variables", variables},
		{"what rooms call visitors", faces},
		{"keys of rooms", roomKeys},
		{"identifiers", identifiers},
		{"goals", goals},
		{"webhooks", webhooks},
		{"deliveries of a lane go one by one", deliveriesInOrder},
		{"how a delivery ends", deliveriesEnd},
		{"deliveries are replayed", replays},
		{"deliveries are forgotten", forgotten},
		{"what a delivery waited for is erased", mended},
		{"rooms", rooms},
		{"lists of chats", chats},
		{"rooms in pages", roomPages},
		{"organisations and managers are found by their uuids", lookups},
		{"members of conversations", memberships},
		{"calls", calls},
		{"visitors in rooms", roomVisitors},
		{"who is online in pages", onlinePages},
		{"what pages keep to be a visitor again", visitorSecrets},
		{"visitors who were not seen for long", unseenVisitors},
		{"the domains of rooms", domains},
		{"managers' clients", userClients},
		{"teams, and who was asked", teams},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, NewFixture(t, open(t))) })
	}
}
