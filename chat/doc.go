// Package chat is the product: visitors ask, the manager on duty answers. It follows the chat that Convead
// published in 2013 (a Faye server with four POST endpoints) and knows neither HTTP nor sockets nor SQL.
//
// The service changes the store and leaves an event in the same transaction; the relay hands committed events,
// in each conversation's order, to the feeds; the Faye feed publishes them on the channels. History is the
// truth and the channel a hint: who missed a publication reads it from history.
//
// Whoever was away follows the events by their positions (position.go, catchup.go), which the relay gives to what it has
// handed on. The ids of events, which ext.replay knows them by, are not fit for that: they are given out before they
// are committed. They keep the order of each channel, since what is told there is told under a lock of its own: the
// conversation's, or for /service and /notifications the visitor's.
//
// The gate answers who may do what, for calls and channels alike. Decisions where the original is silent:
//
//   - A visitor's id is unique on the server and belongs to one organisation for good. Chosen instead of an
//     id per organisation, because the original's calls and channels name nothing but the visitor.
//   - Publications carry their organisation as a scope, and a wildcard subscription has one, so that /service/*
//     means "of my organisation" while the names on the wire stay as they were.
//   - A manager whose duty switch was never touched is on duty while she listens to /service/*, as in the
//     original; the switch (on, paused, off) then limits that. Thirty seconds of absence change nothing, and a
//     restart of the server counts as absence.
//   - A client that a manager's program keeps alive counts as listening, so that bots are given conversations like anybody.
//     When it has run out that is noticed within five seconds; a restart of the server does not end it.
//   - Duty goes to the visitor's previous counterpart, else to the manager with the fewest open conversations,
//     else to the one who has waited longest. A manager who opens a conversation becomes its counterpart. Decide
//     is the one pure function that chooses; what it looked at is kept with the conversation's transition.
//   - An open conversation that nobody has waits in its organisation's queue: its status on the wire stays "open",
//     as old clients know it, its state is "waiting". It waits when all who are on duty have as much as they
//     take, when nobody has answered it, when it was handed back, or when it was left as a message. The queue
//     goes by who has waited longest; who let a conversation pass is not asked again for a quarter of an hour.
//   - With nobody on duty a visitor gets chat_offline_message, as in the original, and may leave a message with an
//     address: that begins a conversation which waits. Such an address is what somebody said; managers alone see
//     it, and it does not become the visitor's.
//   - A shift is hours of the clock on the wall in the manager's zone; without shifts she works whenever she
//     listens. The end of a shift takes no conversation from her, it only brings no more.
//   - A limit holds for what duty gives, what a manager claims and what is transferred; a supervisor who takes over
//     or insists may go above it.
//   - What managers say about a conversation (transitions, notes, tags, what a visitor is typing) goes out on
//     /staff/:conversation_id and nowhere else.
//   - Who wrote a message may change it or take it back while its conversation is open, even when somebody else has
//     the conversation by now. A deleted message keeps its place and its id, with an empty content that old clients
//     show as it is; it counts as read, and what it said is a version, for managers alone.
//   - Cards are a manager's. Who shows none reads their lines as the message's text. Pressing a button is a message of the
//     visitor's, which says what the button says; that a card was pressed is noted in its message, and told to nobody,
//     since the message that presses it tells.
//   - Reading up to a message concerns all of a visitor's conversations, as the history that shows them does, less
//     one that is open with somebody else. Its conversations are locked by rising id.
//   - Any manager of the organisation may write notes and tags. A shortcut belongs to its owner: everybody's and
//     one's own may be the same word.
//   - Several managers may take part in a conversation; one of them is the counterpart. A manager is a member from when
//     she answers, accepts, claims, opens or takes over, or joins; what was only given to her does not make her one. Any
//     manager may join what is open, and a member may write and listen. When the counterpart leaves, another member has
//     it; nobody takes part in what waits. Who types counts as typing for ten seconds, on the node that heard it.
//   - A manager who is no member may read the history of any visitor of her organisation, but not
//     listen, post or mark; supervisors may also listen and close. What waits any manager may listen to and close.
//   - Conversations take place in rooms. A visitor has one open in each; who names no room means that of the main room,
//     or else her latest. Tasks and external ones are begun anew each time, beside the others, up to fifty; a task ends
//     when nothing happens in it, whether anybody has it or not, an external one only when somebody ends it.
//   - A conversation that is begun over giosg's API waits in the queue when nobody is on duty, as one that is left as a
//     message does: clients there know no refusal for that. Auto-resume finds what is open, never what has ended.
//   - client_message_id is unique for a side and a visitor, not for a conversation, so that a message which
//     was committed just before its conversation closed is not written twice.
//   - A closed conversation is announced to both the visitor's service channel and its own channel, and so is
//     one that changed hands. Repeating an open one, as the original does, goes to the service channel alone.
//   - Ten wrong passwords in a row lock an account for the address that they came from; a hundred from anywhere
//     lock it for all addresses but those that somebody has signed in from within a month. So guessing ends,
//     and nobody can keep a manager out of an account from elsewhere.
//   - Signing out everywhere, and another password, end the tokens that were signed before, too: a manager has a
//     moment from which tokens count, and a principal that knew an older one is nobody.
//   - What callers may ask for in a second is bounded for each visitor, key and organisation. An organisation's visitors
//     and its team have a share each, so that a flood of visitors keeps nobody from answering them.
//   - Managing people needs a token or a key where managers are trusted, too. An API key does what an admin does,
//     as far as its scopes go, but never manages keys and secrets: who takes one could make others that outlive it.
//   - What a key's scopes do not say it may not do, listening and publishing included; where strangers may, it may as
//     they do. A key without scopes of its own has all, those to come too. Over Bayeux no key is taken in an address.
//   - A subscription that a site has signed as the gem private_pub does makes its bearer the visitor whose channel it
//     is. Its time is asked when listening begins, not when rights are asked about again: pages keep their signature.
//   - Notifications are a visitor's and her backends', not the managers'. Reading them is told on their channel as one
//     event, up to one or by ids. Of many in one call each is settled for itself.
//   - Who a visitor is, is what her site's backend signs or says with a key, never what a browser says. From then on
//     her ids are no right to anything, in capability mode too: a site's own names for its users can be guessed. What
//     was signed later stays, whatever is shown again.
//   - An anonymous visitor who turns out to be a known one gives everything to her and is nobody afterwards. Her id
//     stays taken, and means the known one to managers and backends alone; no call or channel leads a visitor from the
//     old id to what the known one has. Of two open conversations in one room that with a counterpart goes on, else the
//     one in which something happened last. Messages stay in the conversation in which they were said; chosen instead of
//     moving them, because clients know them by it.
//   - What a site says of a visitor in a room holds as it was said last, signed or not; a room that demands signatures
//     takes no others from pages, while backends need none. A signature does not say whose the data is, so the same one
//     can be shown for several visitors. To take something away needs no signature: pages do so when somebody signs out.
//   - Names and pictures that rooms give are for managers, where no backend has verified a name.
//   - A goal is reached once in a session, a conversion from elsewhere each time it is told, but for one id once. Who is
//     erased leaves the number.
//   - A visitor's token is looked at again whenever something hangs on it: its secret or key, and since when the
//     visitor's tokens count, are part of whose rights a subscription uses.
//   - A visitor is in a room from when she enters until nothing was heard from her for a minute, or as long as her page
//     says; while she listens she is there. Until when is known in memory alone, so that being heard from costs nothing:
//     the database learns when she comes, goes, or something about her changes, and every five minutes that she was seen.
//     After a restart everybody who was there has a minute to be heard from again.
//   - A visit is what her page calls a session; where it calls none, another begins after half an hour's absence.
//
// Calls by sound and picture ring at every manager who listens, not at the one whom duty would choose: a telephone cannot
// be passed on while it rings. Refusing refuses for all. What the two browsers say to find each other is passed on and not
// kept, so each says it again until it is heard; how far the call is goes through the outbox like everything else.
//
// Search finds conversations by what was said in them, by notes, names and tags. Text becomes words here (see
// words), so that both databases find the same. The index follows what is committed, half a second behind, and has
// a cursor of its own; chosen instead of writing it with each message, because posting would do the index's work as
// well. What an edit took away is not shown even before the index knows.
//
// Goroutines: Relay.Run, Service.Run, Lobby.Run, Presence.Run and Indexer.Run, started and awaited by the command. Locks: none
// here; the store's locks are taken in the order visitor, organisation, conversation, manager; several conversations
// by rising id.
package chat
