import { ApiError, type ChatApi } from '../shared/api'
import { Outbox } from '../shared/outbox'
import { Thread } from '../shared/thread'

/** One conversation on the manager's screen: its messages, what is being sent, what is being typed. */
export class Talk {
  readonly thread: Thread
  readonly outbox: Outbox
  text = ''
  /** Whether the history was ever asked for. */
  asked = false
  /** Why the history cannot be shown or the last message was refused, in the server's words. */
  trouble: string | null = null

  constructor(
    private readonly id: number,
    api: ChatApi,
    private readonly onChange: () => void,
  ) {
    this.thread = new Thread(api, 'manager', onChange)
    this.outbox = new Outbox({
      send: async (draft) => this.thread.apply([await api.write(id, draft.content, draft.id)]),
      onChange,
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
    this.onChange()
  }

  send(): void {
    const content = this.text.trim()
    if (!content) return
    this.trouble = null
    this.setText('')
    this.outbox.add(content)
  }

  retry(): void {
    this.trouble = null
    this.outbox.retry()
  }

  private refused(error: unknown): void {
    this.trouble = error instanceof ApiError ? error.message : null
    this.onChange()
  }
}
