import { type Draft, lasting } from '../shared/outbox'

interface Kept {
  text: string
  drafts: readonly Draft[]
}

const nothing: Kept = { text: '', drafts: [] }

/** What she has typed or is sending, by conversation: kept through a reload of the tab, until she logs out. */
export class Unsent {
  private readonly key: string
  private readonly kept: Record<string, Kept>

  constructor(managerId: number) {
    this.key = `parley:unsent:${managerId}`
    this.kept = this.read()
  }

  get(conversationId: number): Kept {
    return this.kept[conversationId] ?? nothing
  }

  set(conversationId: number, text: string, all: readonly Draft[]): void {
    const drafts = lasting(all)
    const { text: was, drafts: wereThere } = this.get(conversationId)
    if (text === was && drafts === wereThere) return
    if (text || drafts.length) this.kept[conversationId] = { text, drafts }
    else delete this.kept[conversationId]
    this.write()
  }

  /** Conversations in which messages wait for the server. */
  waiting(): number[] {
    return Object.keys(this.kept).filter((id) => this.kept[id]?.drafts.length).map(Number)
  }

  forget(): void {
    for (const id of Object.keys(this.kept)) delete this.kept[id]
    this.write()
  }

  private read(): Record<string, Kept> {
    try {
      return (JSON.parse(sessionStorage.getItem(this.key) ?? '{}') as Record<string, Kept> | null) ?? {}
    } catch {
      return {}
    }
  }

  private write(): void {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept))
    } catch {
      // Full or forbidden: the tab goes on with what it has in memory.
    }
  }
}
