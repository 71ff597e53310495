import { ApiError, isTransient } from './api'
import { randomId } from './ids'

export interface Draft {
  /** The client_message_id: the same one on every attempt. */
  id: string
  content: string
  state: 'sending' | 'failed'
  created_at: string
  /** Files, which do not outlive the page; with how much of them is on the other side, 0 to 1. */
  files?: readonly File[]
  progress?: number
  /** The server's word for why it refused this one. */
  code?: string
}

/** What can be kept for another page. */
export function lasting(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.some((d) => d.files) ? drafts.filter((d) => !d.files) : drafts
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
/** Milliseconds between attempts while the server says that they are too many. */
const shortestPause = 1000

/** Messages on their way to the server: one at a time, in order, until each is delivered or clearly failed. */
export class Outbox {
  drafts: readonly Draft[] = []
  /** The server has asked for a pause, and gets it. */
  slowed = false
  private running = false
  /** What failed, failed for a reason that passes, such as no network. */
  private passing = false
  private wake: (() => void) | null = null

  constructor(private readonly options: OutboxOptions) {}

  add(content: string, files: readonly File[] = []): void {
    const draft: Draft = { id: randomId(), content, state: 'sending', created_at: new Date().toISOString() }
    if (files.length) draft.files = files
    this.set([...this.drafts, draft])
    if (this.passing) this.retry() // the order is kept
    else void this.run()
  }

  /** Takes up drafts of an earlier page, which keep their ids and so cannot be doubled. */
  restore(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return
    this.set([...drafts.map((d): Draft => ({ ...d, state: 'sending' })), ...this.drafts])
    void this.run()
  }

  retry(): void {
    this.passing = false
    this.set(this.drafts.map((d): Draft => ({ ...d, state: 'sending', code: undefined })))
    void this.run()
  }

  progress(id: string, share: number): void {
    this.set(this.drafts.map((d) => (d.id === id ? { ...d, progress: share } : d)))
  }

  /** Takes back what failed. */
  discard(id: string): void {
    this.set(this.drafts.filter((d) => d.id !== id || d.state !== 'failed'))
  }

  /** The way to the server is open again: what waits for that goes now. */
  resume(): void {
    this.wake?.()
    if (this.passing) this.retry()
  }

  /** The server has it: its event or its answer arrived, whichever was first. */
  confirm(id: string | null | undefined): void {
    if (!id || !this.drafts.some((d) => d.id === id)) return
    this.set(this.drafts.filter((d) => d.id !== id))
    this.wake?.()
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
    for (let attempt = 0; this.has(draft); ) {
      try {
        await this.options.send(draft)
        return this.confirm(draft.id)
      } catch (error) {
        if (!this.has(draft)) return // its event has arrived, only the answer was lost
        const tooFast = error instanceof ApiError && error.status === 429
        const delay = tooFast ? shortestPause : delays[attempt++]
        if (!isTransient(error) || delay === undefined) return this.giveUp(error, draft)
        const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0
        await this.pause(Math.min(Math.max(delay, asked), longestWait), tooFast)
      }
    }
  }

  /** Waits; only a pause that the server has asked for cannot be cut short. */
  private async pause(ms: number, tooFast: boolean): Promise<void> {
    const sleep = this.options.sleep ?? ((wait) => new Promise((done) => setTimeout(done, wait)))
    const woken = new Promise<void>((done) => {
      if (!tooFast) this.wake = done
    })
    this.slowed = tooFast
    this.set(this.drafts)
    await Promise.race([sleep(ms), woken])
    this.wake = null
    this.slowed = false
    this.set(this.drafts)
  }

  private has(draft: Draft): boolean {
    return this.drafts.some((d) => d.id === draft.id)
  }

  /** Later drafts fail with the first one: delivering them alone would turn the order round. */
  private giveUp(error: unknown, refused: Draft): void {
    this.passing = isTransient(error)
    if (this.options.onRefused?.(error, this.drafts)) return this.set([])
    const code = error instanceof ApiError ? error.code : undefined
    this.set(this.drafts.map((d): Draft => ({ ...d, state: 'failed', code: d.id === refused.id ? code : undefined })))
  }

  private set(drafts: readonly Draft[]): void {
    this.drafts = drafts
    this.options.onChange(drafts)
  }
}
