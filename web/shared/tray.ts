export interface Limits {
  enabled: boolean
  max_bytes: number
  max_per_message: number
}

/** Files that were chosen for the next message. */
export class Tray {
  files: readonly File[] = []
  /** Why some were not taken, until something else is done. */
  problem: 'large' | 'many' | null = null
  limits: Limits | null = null
  private asked = false

  constructor(
    private readonly ask: () => Promise<Limits>,
    private readonly onChange: () => void,
  ) {}

  /** Asks what the server takes; without an answer nothing can be chosen, and the next call asks again. */
  prepare(): void {
    if (this.asked) return
    this.asked = true
    this.ask().then(
      (limits) => {
        this.limits = limits
        this.onChange()
      },
      () => (this.asked = false),
    )
  }

  get open(): boolean {
    return this.limits?.enabled ?? false
  }

  add(files: readonly File[]): void {
    if (!this.limits || files.length === 0) return
    const { max_bytes, max_per_message } = this.limits
    const fitting = files.filter((f) => f.size <= max_bytes)
    const all = [...this.files, ...fitting]
    this.problem = fitting.length < files.length ? 'large' : all.length > max_per_message ? 'many' : null
    this.files = all.slice(0, max_per_message)
    this.onChange()
  }

  remove(file: File): void {
    this.problem = null
    this.files = this.files.filter((f) => f !== file)
    this.onChange()
  }

  /** Empties the tray into a message. */
  take(): readonly File[] {
    const { files } = this
    this.files = []
    this.problem = null
    return files
  }
}
