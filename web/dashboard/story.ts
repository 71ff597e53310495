import type { Transition } from '../shared/entities'

/** The steps of one conversation's life, each once, oldest first. */
export class Story {
  steps: readonly Transition[] = []
  state: 'unknown' | 'loaded' | 'failed' = 'unknown'

  constructor(
    private readonly id: number,
    private readonly read: (path: string) => Promise<unknown>,
    private readonly onChange: () => void,
  ) {}

  async load(): Promise<void> {
    try {
      this.apply((await this.read(`conversation/${this.id}/transitions`)) as Transition[])
      this.state = 'loaded'
    } catch {
      if (this.state === 'unknown') this.state = 'failed'
    }
    this.onChange()
  }

  apply(news: readonly Transition[]): void {
    const byId = new Map(this.steps.map((t) => [t.id, t]))
    for (const t of news) byId.set(t.id, t)
    this.steps = [...byId.values()].sort((a, b) => a.id - b.id)
    this.onChange()
  }
}
