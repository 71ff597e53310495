export const en = {
  title: 'Chat with us',
  greeting: 'Hello! How can we help?',
  launcher: 'Open the chat',
  launcherUnread: { one: 'Open the chat, {n} unread message', other: 'Open the chat, {n} unread messages' },
  close: 'Close the chat',
  log: 'Messages',
  composer: 'Write a message…',
  send: 'Send',
  talkingTo: 'You are talking to {name}',
  someone: 'Our team',
  opening: 'Looking for somebody…',
  reconnecting: 'No connection. Trying again…',
  offline: 'Nobody is here right now. Your text stays in the field below; please try again a little later.',
  failed: 'The chat could not be opened.',
  tryAgain: 'Try again',
  notSent: 'Not sent.',
  sending: 'Sending',
  sent: 'Sent',
  read: 'Read',
  you: 'You',
  ended: 'This conversation has ended. Write again to start a new one.',
  newConversation: 'New conversation',
  older: 'Show earlier messages',
  notification: 'Notification',
  dismiss: 'Dismiss',
  more: 'Open',
  today: 'Today',
  yesterday: 'Yesterday',
}

export type Texts = Omit<typeof en, 'launcherUnread'> & {
  launcherUnread: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
}
