import { ApiError, call } from '../shared/api'
import type { Conversation } from '../shared/entities'
import { Observable } from '../shared/observe'

export interface Match {
  kind: 'message' | 'note' | 'name' | 'tag'
  snippet: string
  /** Pairs of start and length in the snippet, in characters (code points). */
  highlights: [number, number][]
  created_at: string
}

export interface Found {
  conversation: Conversation
  match: Match
}

export interface Filters {
  scope: 'all' | 'mine'
  state: '' | 'waiting' | 'assigned' | 'closed'
  /** Days on this machine's calendar, as in "2026-12-25"; both are included. */
  from: string
  to: string
  tag: string
}

export const noFilters: Filters = { scope: 'all', state: '', from: '', to: '', tag: '' }

/** Milliseconds without a key after which it is searched for what has been typed. */
const typingPause = 250

/**
 * A page may be short before the end: the server looks only through so much at once. So it is searched on by itself,
 * up to this many times, until there are a few results.
 */
const roundsAlone = 8
export const few = 10

/** What she searches for, and what was found. Only the answer to the latest question counts. */
export class Search extends Observable {
  text = ''
  filters: Filters = noFilters
  results: Found[] = []
  /** The result that the arrow keys have come to. */
  chosen = -1
  next: string | null = null
  busy = false
  /** Whether it is searched on among older messages by itself. */
  older = false
  problem: string | null = null
  private asked = 0
  private pause?: ReturnType<typeof setTimeout>

  constructor(
    private readonly token: () => Promise<string>,
    private readonly managerId: () => number | undefined,
  ) {
    super()
  }

  get active(): boolean {
    return this.text.trim() !== ''
  }

  get filtered(): boolean {
    return Object.entries(this.filters).some(([name, value]) => value !== noFilters[name as keyof Filters])
  }

  type(text: string): void {
    this.text = text
    this.ask(typingPause)
  }

  filter(filters: Filters): void {
    this.filters = filters
    this.ask(typingPause)
  }

  clear(): void {
    this.filters = noFilters
    this.type('')
  }

  /** Moves the choice up or down, and returns what it is on now. */
  move(by: 1 | -1): Found | undefined {
    this.chosen = Math.max(0, Math.min(this.results.length - 1, this.chosen + by))
    this.changed()
    return this.results[this.chosen]
  }

  async more(): Promise<void> {
    if (this.next && !this.busy) await this.load(this.next)
  }

  private ask(delay: number): void {
    clearTimeout(this.pause)
    this.asked++ // what is under way is of no interest any more
    this.busy = this.active
    this.older = false
    this.problem = null
    if (this.active) this.pause = setTimeout(() => void this.load(), delay)
    else this.show([], null)
    this.changed()
  }

  private show(results: Found[], next: string | null): void {
    this.results = results
    this.chosen = -1
    this.next = next
  }

  private async load(cursor?: string): Promise<void> {
    const asked = ++this.asked
    this.busy = true
    this.older = false
    this.changed()
    try {
      const before = cursor ? this.results.length : 0
      let next = await this.page(asked, cursor)
      for (let round = 0; next && round < roundsAlone && this.results.length < before + few; round++) {
        this.older = true
        this.changed()
        next = await this.page(asked, next)
      }
      if (asked === this.asked) this.problem = null
    } catch (error) {
      if (asked !== this.asked) return
      this.problem = error instanceof ApiError ? error.message : 'The server does not answer. Please try again.'
    }
    if (asked !== this.asked) return
    this.busy = this.older = false
    this.changed()
  }

  /** Adds a page, or shows it when it is the first, and returns the next one's cursor; null when nobody wants it. */
  private async page(asked: number, cursor?: string): Promise<string | null> {
    const headers = { Authorization: `Bearer ${await this.token()}` }
    const page = await call<{ results: Found[]; next: string | null }>(`/chat/search?${this.params(cursor)}`, { headers })
    if (asked !== this.asked) return null
    if (cursor) {
      this.results = [...this.results, ...page.results]
      this.next = page.next
    } else this.show(page.results, page.next)
    return page.next
  }

  private params(cursor?: string): URLSearchParams {
    const { scope, state, from, to, tag } = this.filters
    const params = new URLSearchParams({ q: [...this.text.trimStart()].slice(0, 200).join('') })
    const me = this.managerId()
    if (scope === 'mine' && me) params.set('manager_id', String(me))
    if (state) params.set('state', state)
    if (from) params.set('from', new Date(`${from}T00:00`).toISOString())
    if (to) {
      const day = new Date(`${to}T00:00`)
      day.setDate(day.getDate() + 1)
      params.set('to', day.toISOString())
    }
    if (tag.trim()) params.set('tag', tag.trim())
    if (cursor) params.set('cursor', cursor)
    return params
  }
}

/** Cuts a snippet into plain and highlighted pieces, in their order. */
export function pieces(match: Match): { text: string; found: boolean }[] {
  const characters = [...match.snippet]
  const list: { text: string; found: boolean }[] = []
  let at = 0
  for (const [start, length] of match.highlights) {
    if (start > at) list.push({ text: characters.slice(at, start).join(''), found: false })
    list.push({ text: characters.slice(start, start + length).join(''), found: true })
    at = start + length
  }
  if (at < characters.length) list.push({ text: characters.slice(at).join(''), found: false })
  return list
}
