import type { Note, NoteEvent, Tags, VisitorCard } from '../shared/entities'
import type { StaffApi } from './staff'

/** What managers keep about one conversation for each other; the visitor never sees it. */
export class Aside {
  notes: readonly Note[] = []
  tags: readonly string[] = []
  suggestions: readonly string[] = []
  /** Who the visitor is, once it is known. */
  card: VisitorCard | null = null

  constructor(
    private readonly id: number,
    private readonly api: StaffApi,
    private readonly onChange: () => void,
  ) {}

  /** Loads everything; a failure is left to the next time that the channel is followed. */
  async load(): Promise<void> {
    try {
      const [notes, tags] = await Promise.all([this.api.notes(this.id), this.api.tags(this.id)])
      this.notes = notes
      this.tags = tags
      this.onChange()
    } catch {
      // What is known stays on the screen.
    }
  }

  /** Asks who the visitor is; a failure is left to the next time. */
  async meet(visitorId: string): Promise<void> {
    this.card = await this.api.visitor(visitorId).catch(() => this.card)
    this.onChange()
  }

  hearVisitor(card: VisitorCard): void {
    if (this.card?.id !== card.id && this.card?.id !== card.previous_id) return
    const { face, ...rest } = card // that is the conversation's
    this.card = rest
    this.onChange()
  }

  hearNote({ event, note }: NoteEvent): void {
    const others = this.notes.filter((n) => n.id !== note.id)
    this.notes = event === 'deleted' ? others : [...others, note].sort((a, b) => a.id - b.id)
    this.onChange()
  }

  hearTags({ tags }: Tags): void {
    this.tags = tags
    this.onChange()
  }

  async write(content: string): Promise<void> {
    this.hearNote({ entity: 'note', event: 'created', note: await this.api.addNote(this.id, content) })
  }

  async remove(note: Note): Promise<void> {
    await this.api.deleteNote(note)
    this.hearNote({ entity: 'note', event: 'deleted', note })
  }

  async tag(change: { add?: string[]; remove?: string[] }): Promise<void> {
    this.hearTags({ conversation_id: this.id, tags: await this.api.tag(this.id, change) })
  }

  async suggest(prefix: string): Promise<void> {
    this.suggestions = await this.api.suggestions(prefix.trim()).catch(() => [])
    this.onChange()
  }
}
