import { type ChatApi, isTransient } from './api'
import type { Message, Read, Side } from './entities'
import { merge, unread } from './log'

const pageSize = 50
const catchUpSize = 200
/** Milliseconds between attempts to load what was missed. */
const syncRetry = 3000

/**
 * One visitor's messages on this screen. The history is the truth and the channel a hint: whenever the
 * channel (re)starts, refresh loads the newest page and whatever lies between it and the last known message.
 */
export class Thread {
  log: readonly Message[] = []
  /** Whether older messages than the first of log exist on the server. */
  older: 'unknown' | 'more' | 'loading' | 'none' = 'unknown'
  loaded = false
  /** What was said up to this message is not shown. */
  since = 0
  private refreshing: Promise<void> | null = null
  private again = false
  private marking = false
  private retry?: ReturnType<typeof setTimeout>

  constructor(
    private readonly api: Pick<ChatApi, 'history' | 'markRead' | 'readUpTo'>,
    private readonly side: Side,
    private readonly onChange: () => void,
  ) {}

  /** While a page is being put in; what appears meanwhile is not news to be read aloud. */
  get loading(): boolean {
    return this.refreshing !== null || this.older === 'loading'
  }

  apply(news: readonly Message[]): void {
    const log = merge(this.log, news.filter((m) => m.id > this.since))
    if (log === this.log) return
    this.log = log
    this.onChange()
  }

  /** Shows nothing any more that was said up to a message. */
  forget(upTo: number): void {
    this.since = upTo
    this.log = this.log.filter((m) => m.id > upTo)
    this.older = 'none'
    this.onChange()
  }

  /** One side has read up to a message: in one conversation, or, as the answer to such a call says, in all. */
  hearRead(read: Read, everywhere = false): void {
    const marked = this.log.filter(
      (m) => !m.read && m.sender_type !== read.reader && m.id <= read.up_to && (everywhere || m.conversation_id === read.conversation_id),
    )
    this.apply(marked.map((m) => ({ ...m, read: true, read_at: read.read_at })))
  }

  unread(): Message[] {
    return unread(this.log, this.side)
  }

  /**
   * Loads what was missed. A call during another one makes it run once more, since the
   * running one may have asked before the channel was acknowledged.
   */
  refresh(conversationId: number): Promise<void> {
    if (this.refreshing) {
      this.again = true
      return this.refreshing
    }
    this.refreshing = this.load(conversationId).finally(() => {
      this.refreshing = null
      this.onChange()
    })
    return this.refreshing
  }

  /** As refresh, repeated until it succeeds. What is refused for good goes to onRefused. */
  sync(conversationId: number, onRefused: (error: unknown) => void): void {
    clearTimeout(this.retry)
    this.refresh(conversationId).catch((error: unknown) => {
      if (!isTransient(error)) return onRefused(error)
      this.retry = setTimeout(() => this.sync(conversationId, onRefused), syncRetry)
    })
  }

  private async load(conversationId: number): Promise<void> {
    do {
      this.again = false
      const known = this.log.at(-1)?.id
      const page = await this.api.history(conversationId, { count: pageSize })
      const first = page[0]?.id
      if (known !== undefined && first !== undefined && first > known) await this.fill(conversationId, known, first)
      if (this.older === 'unknown') this.older = page.length < pageSize ? 'none' : 'more'
      this.loaded = true
      this.apply(page)
    } while (this.again)
  }

  /** Loads the gap (after, before) so that the log never has a hole. */
  private async fill(conversationId: number, after: number, before: number): Promise<void> {
    for (let last = after; last < before; ) {
      const page = await this.api.history(conversationId, { count: catchUpSize, sinceId: last, after: true })
      const end = page.at(-1)
      if (!end) return
      this.apply(page)
      last = end.id
    }
  }

  async loadOlder(conversationId: number): Promise<void> {
    const first = this.log[0]
    if (this.older !== 'more' || !first) return
    this.older = 'loading'
    this.onChange()
    try {
      const page = await this.api.history(conversationId, { count: pageSize + 1, sinceId: first.id })
      this.older = page.length <= pageSize ? 'none' : 'more'
      this.apply(page)
    } catch {
      this.older = 'more'
    }
    this.onChange()
  }

  /** Marks everything that the other side wrote. A failure is left to the next call. */
  async markRead(): Promise<void> {
    if (this.marking) return
    this.marking = true
    try {
      for (let rest = this.unread(), last = rest.at(-1); last; rest = this.unread(), last = rest.at(-1)) {
        if (rest.length > 1) this.hearRead(await this.api.readUpTo(last.conversation_id, last.id), true)
        else this.apply([{ ...(await this.api.markRead(last.conversation_id, last.id)), read: true }])
      }
    } catch {
      // The next message, the next look at the panel or the next reconnect tries again.
    } finally {
      this.marking = false
    }
  }
}
