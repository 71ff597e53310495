import type { Message } from '../shared/entities'
import type { Chat } from '../widget/chat'
import type { Page } from './page'

/** Where the widget lends itself to scripts of its own server. */
interface Lent {
  Parley?: { chat?: Chat }
}

/** Our widget, as the page script drives it: with the page's visitor, in the page's room. */
export class Window {
  private readonly tag = document.createElement('script')
  private readonly here: Promise<void>

  constructor(private readonly page: Page) {
    const { settings, origin, guest } = page
    Object.assign(this.tag.dataset, { appKey: settings.site_key, visitorId: guest.id, token: guest.token, room: settings.domain_room.id })
    this.tag.async = true
    this.tag.src = `${origin}/widget.js`
    this.here = new Promise((ready, fail) => {
      addEventListener('parley:ready', () => ready(), { once: true })
      this.tag.onerror = () => fail(new Error('The chat could not be loaded'))
    })
    this.here.catch(() => {})
    page.kept.watch('giosg_win_state', (state) => {
      if (state?.startsWith('hidden')) this.chat?.hide()
    })
    document.head.append(this.tag)
    void this.here.then(() => this.forgetOlder())
  }

  /** Tokens that follow the first. */
  renew(token: string): void {
    this.tag.dataset.token = token
  }

  get chat(): Chat | undefined {
    return (globalThis as Lent).Parley?.chat
  }

  /** The widget once it is there. */
  async ready(): Promise<Chat> {
    await this.here
    return this.chat as Chat
  }

  async show(): Promise<void> {
    ;(await this.ready()).show()
  }

  /** Hides it, on other pages of this browser too unless alone. */
  async hide(alone: boolean): Promise<void> {
    ;(await this.ready()).hide()
    if (!alone) this.page.kept.write('giosg_win_state', `hidden ${Date.now()}`)
  }

  /** Says something that was not said by anybody, for this visitor's eyes alone. */
  async say(text: string, sender: string | undefined): Promise<void> {
    const { thread, conversation } = await this.ready()
    const last = thread.log.at(-1)
    const at = new Date().toISOString()
    const message: Message = {
      id: Math.max(last?.id ?? 0, thread.since) + 0.5,
      conversation_id: last?.conversation_id ?? conversation?.id ?? 0,
      visitor_id: this.page.guest.id,
      sender_type: 'manager',
      sender_id: 0,
      sender: { type: 'manager', id: 0, name: sender ?? null },
      content: text,
      read: true,
      read_at: at,
      created_at: at,
    }
    thread.apply([message])
  }

  /** Forgets what was said, and in which conversation, on this browser alone. */
  async clear(): Promise<void> {
    const chat = await this.ready()
    const { thread } = chat
    const id = chat.conversation?.id ?? thread.log.at(-1)?.conversation_id
    chat.conversation = null
    if (id) chat.forget(id)
    const last = Math.floor(thread.log.at(-1)?.id ?? thread.since)
    this.page.kept.write('giosg_cleared', String(last))
    thread.forget(last)
  }

  private forgetOlder(): void {
    const cleared = Number(this.page.kept.read('giosg_cleared'))
    if (cleared) this.chat?.thread.forget(cleared)
  }
}
