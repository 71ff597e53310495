import { ApiError, isTransient } from './api'
import { randomId } from './ids'

export interface Draft {
  /** The client_message_id: the same one on every attempt. */
  id: string
  content: string
  state: 'sending' | 'failed'
  created_at: string
}

export interface OutboxOptions {
  /** Delivers one draft. Throwing a transient error has it tried again. */
  send(draft: Draft): Promise<void>
  onChange(drafts: readonly Draft[]): void
  /** The server refused for good. Returning true means: the drafts were taken care of, forget them. */
  onRefused?(error: unknown, drafts: readonly Draft[]): boolean
  /** Milliseconds before each further attempt; when they are used up, the drafts become failed. */
  delays?: readonly number[]
  sleep?(ms: number): Promise<void>
}

const defaultDelays = [1000, 2000, 4000, 8000]
const longestWait = 30_000

/** Messages on their way to the server: one at a time, in order, until each is delivered or clearly failed. */
export class Outbox {
  drafts: readonly Draft[] = []
  private running = false

  constructor(private readonly options: OutboxOptions) {}

  add(content: string): void {
    const draft: Draft = { id: randomId(), content, state: 'sending', created_at: new Date().toISOString() }
    this.set([...this.drafts, draft])
    void this.run()
  }

  /** Takes up drafts of an earlier page, which keep their ids and so cannot be doubled. */
  restore(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return
    this.set([...drafts.map((d): Draft => ({ ...d, state: 'sending' })), ...this.drafts])
    void this.run()
  }

  retry(): void {
    this.set(this.drafts.map((d): Draft => ({ ...d, state: 'sending' })))
    void this.run()
  }

  /** The server has it: its event or its answer arrived, whichever was first. */
  confirm(id: string | null | undefined): void {
    if (id && this.drafts.some((d) => d.id === id)) this.set(this.drafts.filter((d) => d.id !== id))
  }

  private async run(): Promise<void> {
    if (this.running) return
    this.running = true
    try {
      for (let next = this.next(); next; next = this.next()) await this.deliver(next)
    } finally {
      this.running = false
    }
  }

  private next(): Draft | undefined {
    return this.drafts.find((d) => d.state === 'sending')
  }

  private async deliver(draft: Draft): Promise<void> {
    const delays = this.options.delays ?? defaultDelays
    const sleep = this.options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)))
    for (let attempt = 0; this.has(draft); attempt++) {
      try {
        await this.options.send(draft)
        return this.confirm(draft.id)
      } catch (error) {
        if (!this.has(draft)) return // its event has arrived, only the answer was lost
        const delay = delays[attempt]
        if (!isTransient(error) || delay === undefined) return this.giveUp(error)
        const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0
        await sleep(Math.min(Math.max(delay, asked), longestWait))
      }
    }
  }

  private has(draft: Draft): boolean {
    return this.drafts.some((d) => d.id === draft.id)
  }

  /** Later drafts fail with the first one: delivering them alone would turn the order round. */
  private giveUp(error: unknown): void {
    if (this.options.onRefused?.(error, this.drafts)) return this.set([])
    this.set(this.drafts.map((d): Draft => ({ ...d, state: 'failed' })))
  }

  private set(drafts: readonly Draft[]): void {
    this.drafts = drafts
    this.options.onChange(drafts)
  }
}
