import { ApiError, type ChatApi } from '../shared/api'
import { Outbox } from '../shared/outbox'
import { pieces } from '../shared/pieces'
import { Thread } from '../shared/thread'
import type { Unsent } from './unsent'

/** One conversation on the manager's screen: its messages, what is being sent, what is being typed. */
export class Talk {
  readonly thread: Thread
  readonly outbox: Outbox
  text: string
  /** Whether the history was ever asked for. */
  asked = false
  /** Why the history cannot be shown or the last message was refused, in the server's words. */
  trouble: string | null = null

  constructor(
    private readonly id: number,
    api: ChatApi,
    private readonly unsent: Unsent,
    private readonly onChange: () => void,
  ) {
    this.text = unsent.get(id).text
    this.thread = new Thread(api, 'manager', onChange)
    this.outbox = new Outbox({
      send: async (draft) => this.thread.apply([await api.write(id, draft.content, draft.id)]),
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
    this.onUnsent()
  }

  send(): void {
    const contents = pieces(this.text)
    if (contents.length === 0) return
    this.trouble = null
    this.setText('')
    for (const content of contents) this.outbox.add(content)
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
    this.unsent.set(this.id, this.text, this.outbox.drafts)
    this.onChange()
  }

  private refused(error: unknown): void {
    this.trouble = error instanceof ApiError ? error.message : null
    this.onChange()
  }
}
