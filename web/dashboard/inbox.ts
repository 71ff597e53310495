import type { Conversation, Message, Read } from '../shared/entities'
import type { ListQuery } from './session'

export type Tab = 'mine' | 'queue' | 'closed' | 'all'

export const queries: Record<Exclude<Tab, 'queue'>, ListQuery> = {
  mine: { status: 'open', scope: 'mine' },
  closed: { status: 'closed', scope: 'mine' },
  all: { status: 'open', scope: 'all' },
}

/** The conversations on this screen, each once by id, whichever lists and events they came from. */
export class Inbox {
  /** Counts the news. What is told later than a list was asked for may be missing from the list. */
  now = 0
  private readonly byId = new Map<number, Conversation>()
  private readonly heardAt = new Map<number, number>()

  constructor(private readonly managerId: number) {}

  get(id: number): Conversation | undefined {
    return this.byId.get(id)
  }

  put(news: Conversation): void {
    this.heardAt.set(news.id, ++this.now)
    const next = upsert(this.byId.get(news.id), news)
    if (next) this.byId.set(news.id, next)
  }

  /** Counts a message in, and tells whether it is news; null where the conversation is not known here. */
  hear(message: Message): boolean | null {
    const known = this.byId.get(message.conversation_id)
    if (!known) return null
    this.byId.set(known.id, count(known, message))
    return message.id > (known.last_message?.id ?? 0)
  }

  /** Takes the counters that are told with a reading. */
  hearRead(read: Read): void {
    const known = this.byId.get(read.conversation_id)
    if (!known) return
    this.byId.set(known.id, { ...known, unread_count: read.unread_count, unread_manager_count: read.unread_manager_count })
  }

  isMine(c: Conversation): boolean {
    return c.manager_id === this.managerId
  }

  /** Newest activity first; in the queue, longest waiting first. */
  list(tab: Tab): Conversation[] {
    if (tab === 'queue') {
      return [...this.byId.values()]
        .filter((c) => c.state === 'waiting')
        .sort((a, b) => since(a).localeCompare(since(b)) || a.id - b.id)
    }
    const { status, scope } = queries[tab]
    return [...this.byId.values()]
      .filter((c) => c.status === status && (scope === 'all' || this.isMine(c)))
      .sort((a, b) => activity(b).localeCompare(activity(a)))
  }

  /**
   * What a complete list does not have is in that state no longer; the other lists tell where it went. The one on
   * the screen stays there, but as nobody's, until they do: it may have gone to a colleague. askedAt is the time
   * (now) at which the list was asked for.
   */
  keepOnly(tab: Tab, present: readonly Conversation[], onScreen: number | null, askedAt: number): void {
    const ids = new Set(present.map((c) => c.id))
    for (const c of this.list(tab)) {
      if (ids.has(c.id) || (this.heardAt.get(c.id) ?? 0) > askedAt) continue
      if (c.id !== onScreen) this.byId.delete(c.id)
      else if (tab === 'mine') this.byId.set(c.id, { ...c, manager_id: null, manager: null })
      else if (tab === 'queue') this.byId.set(c.id, { ...c, state: 'assigned', queue: null })
    }
  }
}

/** Since when a visitor waits for a manager. */
export function since(c: Conversation): string {
  return c.queue?.since ?? c.created_at
}

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
    visitor: news.visitor ? { ...news.visitor, face: news.visitor.face ?? known.visitor?.face } : known.visitor,
    staff: news.staff ?? (known.staff && news.manager_id !== known.manager_id ? { ...known.staff, answer_by: null } : known.staff),
    last_message: newer ? (news.last_message ?? known.last_message) : known.last_message,
    last_message_id: Math.max(news.last_message_id ?? 0, known.last_message_id ?? 0) || null,
    unread_manager_count: newer ? (news.unread_manager_count ?? known.unread_manager_count) : known.unread_manager_count,
  }
}

/** Counts a message event into the conversation it belongs to. Every event may come more than once. */
export function count(c: Conversation, m: Message): Conversation {
  const unread = c.unread_manager_count ?? 0
  const isNew = m.id > (c.last_message?.id ?? 0)
  const { id, content, sender_type, created_at, deleted } = m
  const isLast = isNew || m.id === c.last_message?.id // edited, or taken back
  const next = isLast ? { ...c, last_message_id: id, last_message: { id, content, sender_type, created_at, attachment_count: m.attachments?.length ?? 0, deleted } } : { ...c }
  if (m.sender_type === 'manager' && c.staff) next.staff = { ...c.staff, answer_by: null, waiting_since: null }
  if (m.sender_type === 'visitor' && isNew && !m.read) next.unread_manager_count = unread + 1
  return next
}

export function visitorName(c: Conversation): string {
  return c.visitor?.face?.name || c.visitor?.name || c.visitor?.email || `Visitor ${c.visitor_id.slice(0, 6)}`
}
