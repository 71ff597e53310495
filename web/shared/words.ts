import type { ChatApi } from './api'
import type { Message, Side, Typing } from './entities'
import type { Thread } from './thread'

/** Milliseconds between two words of "typing": a preview is worth more of them. */
const previewPause = 700
const pause = 2500

/**
 * What a side does with its words beside sending them: it changes them, takes them back, and lets the other side know
 * that it types. The other side's typing ends by itself when it is not heard of again.
 */
export class Words {
  /** The message whose text is in the field. */
  editing: Message | null = null
  /** Who types on the other side. */
  other: Typing | null = null
  private aside = ''
  private silent?: ReturnType<typeof setTimeout>
  private later?: ReturnType<typeof setTimeout>
  private toldAt = 0
  private telling = false

  constructor(
    private readonly api: Pick<ChatApi, 'edit' | 'remove' | 'typing'>,
    private readonly side: Side,
    private readonly thread: Thread,
    private readonly onChange: () => void,
  ) {}

  /** Puts a message's text into the field; gives the text for it. */
  begin(message: Message, text: string): string {
    if (!this.editing) this.aside = text
    this.editing = message
    return message.content
  }

  /** Ends the editing; gives the text that was in the field before. */
  cancel(): string {
    this.editing = null
    return this.aside
  }

  async save(message: Message, content: string): Promise<void> {
    this.thread.apply([await this.api.edit(message, content)])
  }

  async remove(message: Message): Promise<void> {
    this.thread.apply([await this.api.remove(message)])
  }

  /** The text in the field has changed. */
  typed(conversationId: number | undefined, text: string): void {
    if (!conversationId || this.editing) return
    clearTimeout(this.later)
    if (!text.trim()) return this.stopped(conversationId)
    const wait = this.toldAt + (this.side === 'visitor' ? previewPause : pause) - Date.now()
    if (wait <= 0) this.tell(conversationId, text)
    else this.later = setTimeout(() => this.tell(conversationId, text), wait)
  }

  /** Nothing is being typed any more: it was sent, or deleted. */
  stopped(conversationId: number | undefined): void {
    clearTimeout(this.later)
    if (this.telling && conversationId) this.tell(conversationId, '')
  }

  hear(typing: Typing): void {
    if (typing.sender_type === this.side) return
    clearTimeout(this.silent)
    const preview = typing.preview ?? this.other?.preview
    this.other = typing.typing ? { ...typing, preview } : null
    if (this.other) this.silent = setTimeout(() => this.silence(), typing.expires_in * 1000)
    this.onChange()
  }

  /** The other side has said what it was typing. */
  silence(): void {
    if (!this.other) return
    clearTimeout(this.silent)
    this.other = null
    this.onChange()
  }

  private tell(conversationId: number, text: string): void {
    this.telling = text !== ''
    this.toldAt = text ? Date.now() : 0
    // Who does not hear of it misses nothing.
    this.api.typing(conversationId, this.telling, this.side === 'visitor' ? text : undefined).catch(() => {})
  }
}
