import { ApiError, type ChatApi } from '../shared/api'
import type { Conversation, Transition } from '../shared/entities'
import { type Names, load, verdictOf } from './life'
import { Story } from './story'

/** Somebody a conversation can be given to. */
export interface Colleague {
  id: number
  name: string
  /** The server would give it to her; null: not known from here. */
  fit: boolean | null
  /** How she is placed, in words; empty: not known. */
  words: string
}

/** What the server tells of a manager. */
export interface Teammate {
  id: number
  name: string
  duty_state: 'auto' | 'on' | 'paused' | 'off'
  on_duty: boolean
  open: number
  max_conversations?: number | null
}

export interface CareOptions {
  api: ChatApi
  /** GET of a path under /chat. */
  read(path: string): Promise<unknown>
  me(): number | undefined
  onConversation(c: Conversation): void
  onChange(): void
}

/** What managers do with conversations beside talking: who has them, and what became of them. */
export class Care {
  /** Conversations that something is being done with: what is heard of them meanwhile is no news to her. */
  readonly doing = new Set<number>()
  private readonly stories = new Map<number, Story>()
  private readonly known = new Map<number, string>()

  constructor(private readonly options: CareOptions) {}

  story(id: number): Story {
    let story = this.stories.get(id)
    if (!story) {
      story = new Story(id, this.options.read, this.options.onChange)
      this.stories.set(id, story)
    }
    return story
  }

  forget(): void {
    this.stories.clear()
    this.known.clear()
  }

  /** Takes a step that was published. */
  hear(t: Transition): void {
    this.story(t.conversation_id).apply([t])
  }

  learn({ manager }: Conversation): void {
    if (manager?.name) this.known.set(manager.id, manager.name)
  }

  readonly names: Names = (id) => {
    const name = this.nameOf(id)
    return id !== undefined && id === this.options.me() ? `${name} (you)` : name
  }

  /** Claims one that waits, or accepts one that was given to her. */
  claim(id: number): Promise<void> {
    return this.act(id, 'claim')
  }

  takeOver(id: number): Promise<void> {
    return this.act(id, 'takeover')
  }

  reopen(id: number): Promise<void> {
    return this.act(id, 'reopen')
  }

  /** to null is the queue; force gives it to somebody who is not available. */
  transfer(id: number, to: number | null, note: string, force: boolean): Promise<void> {
    return this.act(id, 'transfer', {
      ...(to === null ? { queue: 'true' } : { manager_id: String(to) }),
      ...(note.trim() && { note: note.trim() }),
      ...(force && { force: 'true' }),
    })
  }

  /** Everybody else in the team. Where the server does not list it, those whom duty has considered for this one. */
  async colleagues(conversation: Conversation): Promise<Colleague[]> {
    const others = (c: { id: number }) => c.id !== conversation.manager_id
    try {
      const answer = (await this.options.read('managers')) as Teammate[] | { managers: Teammate[] }
      return (Array.isArray(answer) ? answer : answer.managers).filter(others).map(viewTeammate)
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error
    }
    const story = this.story(conversation.id)
    if (story.state !== 'loaded') await story.load()
    const considered = [...story.steps].reverse().find((t) => t.decision)?.decision?.considered ?? []
    const known = new Map([...this.known, ...considered.map((c) => [c.manager_id, c.name] as const)])
    return [...known].map(([id, name]) => ({ id, name, fit: null, words: '' })).filter(others)
  }

  private nameOf(id: number | null | undefined): string {
    if (id === null || id === undefined) return 'a colleague'
    const known = this.known.get(id)
    if (known) return known
    for (const { steps } of this.stories.values()) {
      for (const t of steps) {
        const name = t.decision?.considered.find((c) => c.manager_id === id)?.name
        if (name) return name
      }
    }
    return 'a colleague'
  }

  private async act(id: number, action: string, params: Record<string, string> = {}): Promise<void> {
    this.doing.add(id)
    try {
      this.options.onConversation(await this.options.api.act(id, action, params))
    } finally {
      this.doing.delete(id)
    }
  }
}

/** A teammate as somebody to hand a conversation to. */
export function viewTeammate(m: Teammate): Colleague {
  const limit = m.max_conversations ?? 0
  const full = limit > 0 && m.open >= limit
  const { id, name } = m
  if (!m.on_duty) {
    const words = m.duty_state === 'paused' || m.duty_state === 'off' ? verdictOf(m.duty_state) : 'not on duty'
    return { id, name, fit: false, words }
  }
  if (full) return { id, name, fit: false, words: `at the limit ${load(m.open, limit)}` }
  return { id, name, fit: true, words: `on duty · ${m.open} open` }
}
