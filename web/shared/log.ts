import type { Message } from './entities'

/**
 * Merges news into a log, which is ordered by id and holds each id once. A message that is already there
 * is replaced; "read" never goes back to unread nor an edit to what was before, because a history page asked for
 * before a change may arrive after it. Returns the same array when nothing changed, so that views can compare by identity.
 */
export function merge(log: readonly Message[], news: readonly Message[]): readonly Message[] {
  const byId = new Map(log.map((m) => [m.id, m]))
  let changed = false
  for (const m of news) {
    const old = byId.get(m.id)
    if (old && same(old, m)) continue
    const newer = old && version(old) > version(m) ? { ...old, read: m.read, read_at: m.read_at } : m
    byId.set(m.id, old?.read && !m.read ? { ...newer, read: true, read_at: old.read_at } : newer)
    changed = true
  }
  return changed ? [...byId.values()].sort((a, b) => a.id - b.id) : log
}

function same(old: Message, m: Message): boolean {
  const [has, comes] = [version(old), version(m)]
  return (old.read || !m.read) && (has > comes || (has === comes && old.content === m.content))
}

/** Orders what a message said at different times; nothing comes after its being taken back. */
function version(m: Message): string {
  return m.deleted ? '~' : (m.edited_at ?? '')
}

/** The messages that the other side wrote and this side has not marked as read. */
export function unread(log: readonly Message[], mine: Message['sender_type']): Message[] {
  return log.filter((m) => m.sender_type !== mine && !m.read)
}
