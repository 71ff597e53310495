import type { Conversation, Message } from '../shared/entities'

/** When something last happened in the conversation, for ordering: newest first. */
export function activity(c: Conversation): string {
  const said = c.last_message?.created_at ?? ''
  return said > c.created_at ? said : c.created_at
}

/**
 * Adds news of a conversation to what is known of it. Older news than the known is refused (null), since answers
 * and events overtake each other. Events lack the list's last message; what was counted here since is then kept.
 */
export function upsert(known: Conversation | undefined, news: Conversation): Conversation | null {
  if (!known) return news
  if (news.updated_at < known.updated_at) return null
  const newer = (news.last_message?.id ?? 0) >= (known.last_message?.id ?? 0)
  return {
    ...known,
    ...news,
    visitor: news.visitor ?? known.visitor,
    last_message: newer ? (news.last_message ?? known.last_message) : known.last_message,
    last_message_id: Math.max(news.last_message_id ?? 0, known.last_message_id ?? 0) || null,
    unread_manager_count: newer ? (news.unread_manager_count ?? known.unread_manager_count) : known.unread_manager_count,
  }
}

/** Counts a message event into the conversation it belongs to. Every event may come more than once. */
export function count(c: Conversation, m: Message): Conversation {
  const unread = c.unread_manager_count ?? 0
  const isNew = m.id > (c.last_message?.id ?? 0)
  const { id, content, sender_type, created_at } = m
  const next = isNew ? { ...c, last_message_id: id, last_message: { id, content, sender_type, created_at } } : { ...c }
  if (m.sender_type === 'visitor' && isNew && !m.read) next.unread_manager_count = unread + 1
  return next
}

export function visitorName(c: Conversation): string {
  return c.visitor?.name || c.visitor?.email || `Visitor ${c.visitor_id.slice(0, 6)}`
}
