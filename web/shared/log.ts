import type { Message } from './entities'

/**
 * Merges news into a log, which is ordered by id and holds each id once. A message that is already there
 * is replaced; "read" never goes back to unread, because a history page asked for before a read mark may
 * arrive after it. Returns the same array when nothing changed, so that views can compare by identity.
 */
export function merge(log: readonly Message[], news: readonly Message[]): readonly Message[] {
  const byId = new Map(log.map((m) => [m.id, m]))
  let changed = false
  for (const m of news) {
    const old = byId.get(m.id)
    if (old && same(old, m)) continue
    byId.set(m.id, old?.read && !m.read ? { ...m, read: true, read_at: old.read_at } : m)
    changed = true
  }
  return changed ? [...byId.values()].sort((a, b) => a.id - b.id) : log
}

function same(old: Message, m: Message): boolean {
  return (old.read || !m.read) && old.content === m.content
}

/** The messages that the other side wrote and this side has not marked as read. */
export function unread(log: readonly Message[], mine: Message['sender_type']): Message[] {
  return log.filter((m) => m.sender_type !== mine && !m.read)
}
