import { ApiError, type ChatApi } from '../shared/api'
import type { Message } from '../shared/entities'
import { Outbox } from '../shared/outbox'
import { pieces } from '../shared/pieces'
import { Thread } from '../shared/thread'
import { Tray } from '../shared/tray'
import { Words } from '../shared/words'
import type { Aside } from './aside'
import type { Unsent } from './unsent'

/** One conversation on the manager's screen: its messages, what is being sent, what is being typed. */
export class Talk {
  readonly thread: Thread
  readonly outbox: Outbox
  readonly words: Words
  readonly tray: Tray
  text: string
  /** Whether the field is for a note. */
  noting = false
  private besides = ''
  /** Whether the history was ever asked for. */
  asked = false
  /** Why the history cannot be shown or the last message was refused, in the server's words. */
  trouble: string | null = null

  constructor(
    private readonly id: number,
    api: ChatApi,
    private readonly unsent: Unsent,
    private readonly aside: () => Aside,
    private readonly onChange: () => void,
  ) {
    this.text = unsent.get(id).text
    this.thread = new Thread(api, 'manager', onChange)
    this.words = new Words(api, 'manager', this.thread, onChange)
    this.tray = new Tray(() => api.attachmentLimits(), onChange)
    this.outbox = new Outbox({
      send: async (draft) =>
        this.thread.apply([await api.send(id, draft, (share) => this.outbox.progress(draft.id, share))]),
      onChange: () => this.onUnsent(),
      onRefused: (error) => {
        this.refused(error)
        return false
      },
    })
  }

  sync(): void {
    this.asked = true
    this.thread.sync(this.id, (error) => this.refused(error))
  }

  setText(text: string): void {
    this.text = text
    if (this.noting || this.words.editing) return this.onChange()
    this.words.typed(this.id, text)
    this.onUnsent()
  }

  /** Turns the field to a note for colleagues, or back; what was in it for the other is kept. */
  note(on: boolean): void {
    if (on === this.noting) return
    this.cancelEdit()
    if (on) this.words.stopped(this.id)
    const text = this.besides
    this.besides = this.text
    this.noting = on
    this.text = text
    this.trouble = null
    this.onChange()
  }

  edit(message: Message): void {
    this.note(false)
    this.text = this.words.begin(message, this.text)
    this.onChange()
  }

  cancelEdit(): void {
    if (this.words.editing) this.setText(this.words.cancel())
  }

  remove(message: Message): void {
    if (this.words.editing?.id === message.id) this.cancelEdit()
    this.words.remove(message).catch((error: unknown) => this.refused(error, 'Not deleted'))
  }

  private saveEdit(message: Message): void {
    const content = this.text.trim()
    if (!content) return
    this.cancelEdit()
    this.trouble = null
    if (content === message.content) return
    this.words.save(message, content).catch((error: unknown) => {
      this.edit(message)
      this.text = content
      this.refused(error, 'Not changed')
    })
  }

  private keepNote(): void {
    const content = this.text.trim()
    if (!content) return
    this.setText('')
    this.aside()
      .write(content)
      .then(
        () => this.note(false),
        (error: unknown) => {
          this.setText(content)
          this.refused(error, 'Not kept')
        },
      )
  }

  send(): void {
    if (this.noting) return this.keepNote()
    if (this.words.editing) return this.saveEdit(this.words.editing)
    const contents = pieces(this.text)
    const files = this.tray.take()
    if (contents.length === 0 && files.length === 0) return
    this.trouble = null
    this.setText('')
    const last = contents.pop() ?? ''
    for (const content of contents) this.outbox.add(content)
    this.outbox.add(last, files)
  }

  retry(): void {
    this.trouble = null
    this.outbox.retry()
  }

  discard(draftId: string): void {
    this.outbox.discard(draftId)
    if (this.outbox.drafts.length === 0) this.trouble = null
    this.onChange()
  }

  private onUnsent(): void {
    const text = this.words.editing || this.noting ? this.unsent.get(this.id).text : this.text
    this.unsent.set(this.id, text, this.outbox.drafts)
    this.onChange()
  }

  private refused(error: unknown, doing?: string): void {
    this.trouble = error instanceof ApiError ? error.message : doing ? `${doing}: the server does not answer.` : null
    this.onChange()
  }
}
