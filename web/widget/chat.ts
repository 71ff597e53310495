import { ApiError, ChatApi, isTransient } from '../shared/api'
import { asEvent, type ChatEvent, type Conversation, type Message, type Notification } from '../shared/entities'
import { Live, type LiveState } from '../shared/live'
import { Observable } from '../shared/observe'
import { type Draft, lasting, Outbox } from '../shared/outbox'
import { pieces } from '../shared/pieces'
import { Thread } from '../shared/thread'
import { Tray } from '../shared/tray'
import { Words } from '../shared/words'
import { Letter } from './letter'
import { Lookout } from './lookout'
import type { Kept, Memory } from './memory'
import type { Settings } from './settings'
import { type Stage, stageOf } from './stage'
import type { Visitor } from './visitor'

/**
 * Why the visitor cannot write to anybody right now; busy passes, and is tried again without her. text is null
 * where the widget's own words fit.
 */
export interface Trouble {
  kind: 'offline' | 'busy' | 'failed'
  text: string | null
}

/** Milliseconds that opening a conversation waits for the acknowledgement of the service channel. */
const ackPatience = 8000
/** Milliseconds between attempts to open a conversation, unless the server asks for more. */
const askPatience = 5000

/**
 * The visitor's side of the protocol: subscribe to the service channel, open a conversation when the window
 * is opened, follow the conversation's channel, and merge the history after every (re)subscription.
 */
export class Chat extends Observable {
  open = false
  /** The window was open on the page before, and is here without having been asked for. */
  carriedOver = false
  conversation: Conversation | null = null
  opening = false
  trouble: Trouble | null = null
  notifications: readonly Notification[] = []
  connection: LiveState = 'connecting'
  text: string
  /** The organisation's, once it is known. */
  greeting: string | null = null
  /** Who came into the conversation, and after which message (0: before the first). */
  joins: readonly { name: string | null; after: number }[] = []
  /** The server has said that the last conversation cannot be continued. */
  tooLate = false
  readonly thread: Thread
  readonly outbox: Outbox
  readonly words: Words
  readonly letter: Letter
  readonly tray: Tray
  readonly api: ChatApi

  private readonly memory: Memory
  private readonly visitorId: string
  readonly live: Live
  private readonly lookout: Lookout
  private acknowledged!: () => void
  private readonly serviceReady: Promise<void>
  private following: { id: number; stop: () => void } | null = null
  private openRequest: Promise<Conversation> | null = null
  /** The window asks for a conversation once a page; later openings find it open. */
  private askedFor = false
  private askingAgain?: ReturnType<typeof setTimeout>

  constructor(
    readonly settings: Settings,
    readonly visitor: Visitor,
  ) {
    super()
    this.memory = visitor.memory
    this.visitorId = visitor.id
    this.text = this.memory.text
    this.api = new ChatApi(settings.origin, { params: () => this.credentials() })
    this.thread = new Thread(this.api, 'visitor', this.onThread)
    this.words = new Words(this.api, 'visitor', this.thread, () => this.changed())
    this.tray = new Tray(() => this.api.attachmentLimits(), () => this.changed())
    this.outbox = new Outbox({
      send: (draft) => this.deliver(draft),
      onChange: this.onDrafts,
      onRefused: (error, drafts) => this.onRefused(error, drafts),
    })
    this.serviceReady = new Promise((done) => {
      this.acknowledged = done
      setTimeout(done, ackPatience)
    })
    this.live = new Live(`${settings.origin}/faye`, {
      token: async () => visitor.token,
      onState: (state) => {
        this.connection = state
        this.changed()
      },
    })
    this.letter = new Letter(this.api, this.visitorId, this.memory, this.changed)
    const site = new URLSearchParams(settings.appKey ? { app_key: settings.appKey } : {})
    this.lookout = new Lookout(`${settings.origin}/chat/availability?${site}`, this.live, this.changed)
    document.addEventListener('visibilitychange', this.onThread)
  }

  start(): void {
    this.live.follow(`/service/${this.visitorId}`, { event: this.onEvent, ready: () => this.onReady(), refused: this.visitor.admit })
    this.live.follow(`/notifications/${this.visitorId}`, { event: this.onEvent })
    const last = this.memory.conversation
    if (last) this.follow(last.id)
    this.outbox.restore(this.memory.drafts)
    this.carriedOver = this.memory.open
    if (this.carriedOver) this.show()
  }

  stop(): void {
    this.lookout.stop()
    this.live.stop()
    clearTimeout(this.askingAgain)
    document.removeEventListener('visibilitychange', this.onThread)
  }

  show(): void {
    void this.greet()
    this.open = this.memory.open = true
    this.tray.prepare()
    const ended = this.conversation?.status === 'closed' || this.memory.conversation?.status === 'closed'
    this.lookout.start()
    if (!this.askedFor && !ended) this.ask()
    this.onThread()
  }

  /** What the organisation says first. Without it the widget's own words stand. */
  private async greet(): Promise<void> {
    const { origin, appKey } = this.settings
    const site = await fetch(`${origin}/chat/site?${new URLSearchParams({ app_key: appKey })}`, { credentials: 'omit' })
      .then((answer) => answer.json())
      .catch(() => null)
    this.greeting = site?.greeting || null
    this.changed()
  }

  hide(): void {
    this.open = this.memory.open = this.carriedOver = false
    this.lookout.stop()
    this.changed()
  }

  setText(text: string): void {
    this.text = text
    this.changed()
    if (this.words.editing) return
    this.memory.text = text
    this.words.typed(this.conversation?.status === 'open' ? this.conversation.id : undefined, text)
  }

  edit(message: Message): void {
    this.setText(this.words.begin(message, this.text))
  }

  cancelEdit(): void {
    this.setText(this.words.cancel())
  }

  remove(message: Message): void {
    if (this.words.editing?.id === message.id) this.cancelEdit()
    this.words.remove(message).catch((error: unknown) => console.error('Parley:', error)) // it is still there to be seen
  }

  private saveEdit(message: Message): void {
    const content = this.text.trim()
    if (!content) return
    this.cancelEdit()
    if (content === message.content) return
    this.words.save(message, content).catch(() => {
      this.edit(message) // not saved: it goes on
      this.setText(content)
    })
  }

  send(): void {
    if (this.words.editing) return this.saveEdit(this.words.editing)
    const contents = pieces(this.text) // several, where what was refused came back into the field
    const files = this.tray.take()
    if (contents.length === 0 && files.length === 0) return
    this.setText('')
    this.trouble = null
    const last = contents.pop() ?? ''
    for (const content of contents) this.outbox.add(content)
    this.outbox.add(last, files)
  }

  /** After trouble: sends what is waiting in the field, or just asks for a conversation again. */
  tryAgain(): void {
    this.trouble = null
    if (this.text.trim()) this.send()
    else this.ask()
    this.outbox.retry()
    this.changed()
  }

  loadOlder(): void {
    if (this.following) void this.thread.loadOlder(this.following.id)
  }

  dismiss(notification: Notification): void {
    this.notifications = this.notifications.filter((n) => n !== notification)
    this.changed()
  }

  /** True once the visitor's conversation is known to be over; the next message starts another. */
  get ended(): boolean {
    return this.conversation?.status === 'closed' || (!this.conversation && this.memory.conversation?.status === 'closed')
  }

  get stage(): Stage {
    const { trouble, conversation, ended, opening, lookout, memory } = this
    return stageOf({ trouble, conversation, ended, opening, slowed: this.outbox.slowed, online: lookout.online, leftIn: memory.leftIn })
  }

  /** The conversation that is over, as far as it is known. */
  get last(): Kept | null {
    return this.ended ? (this.conversation ?? this.memory.conversation) : null
  }

  /** Leaves the words in the field, and how to be reached, for when somebody comes. */
  async leave(): Promise<void> {
    const { text } = this
    const conversation = await this.letter.send(text)
    if (!conversation) return
    this.memory.leftIn = conversation.id
    if (this.text === text) this.setText('')
    this.trouble = null
    this.adopt(conversation)
    this.thread.sync(conversation.id, () => {})
  }

  /** Takes the conversation up again that is over. */
  async resume(): Promise<void> {
    if (!this.last) return
    try {
      this.adopt(await this.api.act(this.last.id, 'reopen'))
    } catch (error) {
      const code = error instanceof ApiError ? error.code : ''
      if (code === 'chat_already_open') this.ask()
      else if (code === 'reopen_too_late') this.tooLate = true
      else this.onTrouble(error)
    }
    this.changed()
  }

  /** Throws where the rating was not taken. */
  async rate(rating: number, text: string): Promise<void> {
    if (this.last) this.adopt(await this.api.act(this.last.id, 'rate', { rating: String(rating), text: text.trim() }))
  }

  private credentials(): Record<string, string> {
    const { token } = this.visitor
    return {
      'sender[type]': 'visitor',
      'sender[id]': this.visitorId,
      ...(this.settings.appKey && { app_key: this.settings.appKey }),
      ...(token && { token }),
      ...(this.settings.room && { room: this.settings.room }),
    }
  }

  private ask(): void {
    clearTimeout(this.askingAgain)
    this.askedFor = true
    this.openConversation().catch((error: unknown) => {
      this.onTrouble(error)
      if (this.trouble?.kind !== 'busy') return
      const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0
      this.askingAgain = setTimeout(() => this.askAgain(), Math.max(asked, askPatience))
    })
  }

  private askAgain(): void {
    if (this.trouble?.kind === 'busy') this.ask()
  }

  /** The service channel is followed, for the first time or after a break. */
  private onReady(): void {
    this.acknowledged()
    this.outbox.resume()
    this.askAgain()
  }

  /** Opens or fetches the open conversation; several callers at once share one request. */
  private openConversation(): Promise<Conversation> {
    this.openRequest ??= this.requestOpen().finally(() => {
      this.openRequest = null
      this.opening = false
      this.changed()
    })
    return this.openRequest
  }

  private async requestOpen(): Promise<Conversation> {
    this.opening = true
    this.changed()
    await this.serviceReady
    const conversation = await this.api.open(this.visitorId)
    this.adopt(conversation)
    return conversation
  }

  /** Takes news of a conversation, in whatever order they arrive and however often. */
  private adopt(news: Conversation): void {
    if (/^[te]/.test(news.chat_type ?? '')) return // a task, or external: not for this window
    const current = this.conversation
    if (current && news.id === current.id && news.updated_at < current.updated_at) return
    if (news.id !== (current?.id ?? this.following?.id) && news.status === 'closed') return
    if (current && news.id !== current.id && news.created_at < current.created_at) return
    if (current?.id === news.id && news.manager && news.manager_id !== current.manager_id) {
      this.joins = [...this.joins, { name: news.manager.name, after: this.thread.log.at(-1)?.id ?? 0 }]
    }
    this.conversation = news
    const { id, status, closed_at, rating } = news
    this.memory.conversation = { id, status, closed_at, rating }
    if (news.state !== 'waiting' && this.memory.leftIn === id) this.memory.leftIn = null
    if (status === 'open') {
      this.trouble = null
      this.tooLate = false
    }
    this.follow(news.id)
    this.changed()
  }

  private follow(id: number): void {
    if (this.following?.id === id) return
    this.following?.stop()
    const stop = this.live.follow(`/conversations/${id}`, {
      event: this.onEvent,
      ready: () => this.thread.sync(id, () => this.forget(id)),
    })
    this.following = { id, stop }
  }

  /** The server does not know the remembered conversation (any more). */
  forget(id: number): void {
    if (this.following?.id !== id || this.conversation?.id === id) return
    this.following.stop()
    this.following = null
    this.memory.conversation = null
    this.changed()
  }

  private async deliver(draft: Draft): Promise<void> {
    const open = this.conversation?.status === 'open' ? this.conversation : await this.openConversation()
    try {
      await this.hand(open.id, draft)
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'conversation_closed') throw error
      const next = await this.openConversation()
      await this.hand(next.id, draft)
    }
  }

  private async hand(conversationId: number, draft: Draft): Promise<void> {
    this.thread.apply([await this.api.send(conversationId, draft, (share) => this.outbox.progress(draft.id, share))])
  }

  /** With nobody on duty the words go back into the field, where the visitor can keep or change them. */
  private onRefused(error: unknown, drafts: readonly Draft[]): boolean {
    if (!(error instanceof ApiError) || error.code !== 'chat_offline_message') return false
    this.onTrouble(error)
    if (drafts.some((d) => d.files)) return false // they stay where they are, to be tried again
    this.setText([...drafts.map((d) => d.content), this.text].filter(Boolean).join('\n'))
    return true
  }

  private onTrouble(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) this.visitor.admit()
    if (error instanceof ApiError && error.code === 'chat_offline_message') {
      this.trouble = { kind: 'offline', text: error.message === error.code ? null : error.message }
      this.lookout.set(false)
    } else {
      this.trouble = { kind: isTransient(error) ? 'busy' : 'failed', text: null }
      if (!isTransient(error)) console.error('Parley:', error)
    }
    this.changed()
  }

  private readonly onEvent = (data: unknown): void => {
    const event: ChatEvent | null = asEvent(data)
    if (event?.entity === 'conversation') this.adopt(event.conversation)
    if (event?.entity === 'queue' && this.conversation?.state === 'waiting' && this.conversation.id === event.queue.conversation_id) {
      this.conversation = { ...this.conversation, queue: event.queue }
      this.changed()
    }
    if (event?.entity === 'notification') this.onNotification(event.notification)
    if (event?.entity === 'read') this.thread.hearRead(event.read)
    if (event?.entity === 'typing') this.words.hear(event.typing)
    if (event?.entity === 'message') {
      if (event.message.sender_type === 'manager' && event.event === 'created') this.words.silence()
      this.thread.apply([event.message])
      this.outbox.confirm(event.message.client_message_id)
    }
  }

  private onNotification(notification: Notification): void {
    if (this.notifications.some((n) => n.id === notification.id)) return
    this.notifications = [...this.notifications, notification].slice(-3)
    // The page may want to do more with it than the card does.
    window.dispatchEvent(new CustomEvent('parley:notification', { detail: notification.data }))
    this.changed()
  }

  private readonly onDrafts = (drafts: readonly Draft[]): void => {
    this.memory.drafts = lasting(drafts)
    this.changed()
  }

  private readonly onThread = (): void => {
    if (this.open && document.visibilityState === 'visible') void this.thread.markRead()
    this.changed()
  }
}
