import { ApiError, call, ChatApi } from '../shared/api'
import { asEvent, type Conversation, type Message, type VisitorCard } from '../shared/entities'
import { Live, type LiveState } from '../shared/live'
import { Observable } from '../shared/observe'
import { Aside } from './aside'
import { Calls } from './calls'
import { Canned } from './canned'
import { Care } from './care'
import { Guests } from './guest'
import { Inbox, queries, type Tab, visitorName } from './inbox'
import { NumbersApi } from './numbers/api'
import { type Page, pageOf } from './pages'
import { PeopleApi } from './people/api'
import { Search } from './search'
import { type Duty, type Me, Session } from './session'
import { Sound } from './sound'
import { StaffApi } from './staff'
import { Talk } from './talk'
import { Unsent } from './unsent'

/** Milliseconds in which several reasons to reload the lists become one. */
const reloadDelay = 200
/** Milliseconds after which the server is asked whether she is still logged in: nothing else tells a quiet page. */
const askingInterval = 10_000
/** Milliseconds between looks at a queue that is not listened to. */
const lookDelay = 30_000

/**
 * The manager's side of the protocol. Conversations come from the lists and from the service channel, are kept once
 * by id, and each open one of hers has its channel followed. Every (re)subscription reloads what may have been missed.
 */
export class Desk extends Observable {
  phase: 'loading' | 'login' | 'ready' | 'unreachable' = 'loading'
  me: Me | null = null
  duty: Duty | null = null
  connection: LiveState = 'connecting'
  tab: Tab = 'mine'
  selected: number | null = null
  page: Page | null = null
  readonly sound = new Sound()
  readonly next: Record<Tab, string | null> = { mine: null, queue: null, closed: null, all: null }
  readonly loaded: Record<Tab, boolean> = { mine: false, queue: false, closed: false, all: false }

  private inbox = new Inbox(0)
  private unsent = new Unsent(0)
  private readonly talks = new Map<number, Talk>()
  private readonly session = new Session(() => this.leave())
  readonly search = new Search(() => this.session.token(), () => this.me?.manager.id)
  readonly api = new ChatApi(location.origin, {
    params: () => ({}),
    headers: async () => ({ Authorization: `Bearer ${await this.session.token()}` }),
  })
  readonly people = new PeopleApi(() => this.session.token())
  readonly numbers = new NumbersApi(() => this.session.token(), () => this.me?.organization.uuid)
  private readonly staff = new StaffApi(() => this.session.token())
  private readonly asides = new Map<number, Aside>()
  readonly canned = new Canned(this.staff, () => this.changed())
  readonly care = new Care({
    api: this.api,
    read: (path) => this.session.read(path),
    me: () => this.me?.manager.id,
    onConversation: (c) => {
      this.adopt(c)
      this.reload()
    },
    onChange: () => this.changed(),
  })
  readonly calls = new Calls({
    post: (path, body) => this.post(path, body),
    read: (path) => this.session.read(path),
    token: () => this.me?.token,
    onTaken: (view) => {
      this.followConversations()
      this.select(view.conversation_id)
      this.reload()
    },
    onChange: () => this.changed(),
    ring: () => this.duty?.state === 'on' && this.sound.play('call'),
  })
  readonly guests = new Guests({
    organization: () => this.me?.organization,
    token: () => this.session.token(),
    follow: (channel, event) => this.followGuest(channel, event),
    unfollow: (channel) => this.unfollow(channel),
    onChange: () => this.changed(),
  })
  private live: Live | null = null
  /** She may have the desk open more than once: what she does about herself in one tab, the others ask about. */
  private readonly otherTabs = new BroadcastChannel('parley:desk')
  private readonly stops = new Map<string, () => void>()
  private reloading?: ReturnType<typeof setTimeout>
  private looking?: ReturnType<typeof setInterval>

  async start(): Promise<void> {
    addEventListener('hashchange', this.onHash)
    setInterval(this.onReturn, askingInterval)
    document.addEventListener('visibilitychange', this.onVisible)
    document.addEventListener('visibilitychange', this.onReturn)
    this.otherTabs.onmessage = ({ data }) => (data === 'logout' ? this.onLogout() : this.askAboutMe())
    try {
      this.enter(await this.session.refresh())
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) this.phase = 'unreachable'
      this.changed()
    }
  }

  async login(email: string, password: string): Promise<void> {
    this.enter(await this.session.login(email, password))
  }

  /** Throws where the server cannot be told: without it she would still be logged in. */
  async logout(): Promise<void> {
    await this.session.logout()
    this.otherTabs.postMessage('logout')
    this.onLogout()
  }

  get supervises(): boolean {
    return this.me?.manager.role === 'supervisor' || this.me?.manager.role === 'admin'
  }

  get conversation(): Conversation | undefined {
    return this.selected === null ? undefined : this.inbox.get(this.selected)
  }

  get unread(): number {
    return this.list('mine').reduce((sum, c) => sum + this.unreadOf(c), 0)
  }

  list(tab: Tab): Conversation[] {
    return this.inbox.list(tab)
  }

  /** What the thread knows wins over the counter, which it makes superfluous. */
  unreadOf(c: Conversation): number {
    const talk = this.talks.get(c.id)
    return talk?.thread.loaded ? talk.thread.unread().length : (c.unread_manager_count ?? 0)
  }

  isMine(c: Conversation): boolean {
    return this.inbox.isMine(c)
  }

  talk(id: number): Talk {
    let talk = this.talks.get(id)
    if (!talk) {
      talk = new Talk(id, this.api, this.unsent, () => this.aside(id), () => this.onTalk(id))
      this.talks.set(id, talk)
      talk.outbox.restore(this.unsent.get(id).drafts)
    }
    return talk
  }

  /** What managers keep about a conversation for each other. */
  aside(id: number): Aside {
    let aside = this.asides.get(id)
    if (!aside) {
      aside = new Aside(id, this.staff, () => this.changed())
      this.asides.set(id, aside)
      void aside.load()
    }
    return aside
  }

  show(tab: Tab): void {
    this.tab = tab
    this.followAll()
    void this.load(tab)
    this.changed()
  }

  select(id: number | null): void {
    location.hash = id === null ? '' : `#/c/${id}`
  }

  /** Opens a conversation that the lists may not have. */
  reveal(c: Conversation): void {
    this.inbox.put(c)
    this.followConversations()
    this.select(c.id)
    this.changed()
  }

  async more(tab: Tab): Promise<void> {
    const before = this.next[tab]
    if (before) await this.load(tab, before)
  }

  async setDuty(state: 'on' | 'paused' | 'off'): Promise<void> {
    this.setOwnDuty(await this.session.duty(state))
    this.otherTabs.postMessage('duty')
  }

  /** Every other sign-in ends, and with them the live connection's rights: it begins anew. */
  async changePassword(old: string, password: string): Promise<void> {
    this.setMe(await this.session.changePassword(old, password))
    this.live?.restart()
  }

  toggleSound(): void {
    this.sound.toggle()
    this.changed()
  }

  async close(id: number): Promise<void> {
    this.adopt(await this.api.close(id))
  }

  private enter(me: Me): void {
    this.me = me
    this.duty = me.duty
    this.phase = 'ready'
    this.inbox = new Inbox(me.manager.id)
    this.unsent = new Unsent(me.manager.id)
    this.live = new Live(`${location.origin}/faye`, {
      token: () => this.session.token(),
      onState: (state) => {
        this.connection = state
        this.changed()
      },
    })
    this.session.keepFresh((renewed, late) => this.onRenewed(renewed, late))
    this.followService()
    this.onHash()
    for (const id of this.unsent.waiting()) this.talk(id)
    this.looking = setInterval(() => this.look(), lookDelay)
    this.reload()
    this.changed()
  }

  private async post<T>(path: string, body: object): Promise<T> {
    const headers = { Authorization: `Bearer ${await this.session.token()}`, 'Content-Type': 'application/json' }
    return call<T>(`/chat/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  /** What a conversation's visitor is called, where the lists know her. */
  nameOf(conversationId: number): string | undefined {
    const c = this.inbox.get(conversationId)
    return c && visitorName(c)
  }

  private setOwnDuty(duty: Duty): void {
    this.duty = duty
    this.followService()
    this.changed()
  }

  private readonly onReturn = (): void => {
    if (document.visibilityState === 'visible') this.askAboutMe()
  }

  readonly askAboutMe = (): void => {
    if (this.phase !== 'ready') return
    this.session
      .refresh()
      .then((me) => this.setMe(me))
      .catch(() => {}) // a lost session leads to the login; without a network this is asked again
  }

  private setMe(me: Me): void {
    if (this.me && me.manager.id !== this.me.manager.id) return location.reload() // somebody else has logged in
    this.me = me
    this.setOwnDuty(me.duty)
  }

  private onLogout(): void {
    this.unsent.forget()
    this.leave()
    location.hash = ''
  }

  private leave(): void {
    clearTimeout(this.reloading)
    clearInterval(this.looking)
    this.reloading = undefined
    this.session.forget()
    this.live?.stop()
    this.live = null
    this.stops.clear()
    this.talks.clear()
    this.asides.clear()
    this.care.forget()
    this.calls.forget()
    this.guests.forget()
    this.inbox = new Inbox(0)
    this.me = this.duty = null
    this.selected = null
    this.search.clear()
    this.loaded.mine = this.loaded.queue = this.loaded.closed = this.loaded.all = false
    this.phase = 'login'
    this.changed()
  }

  /** The next connect carries the new token. When the old one had ended, the subscriptions ended with it. */
  private onRenewed(me: Me, late: boolean): void {
    this.setMe(me)
    if (late) this.live?.restart()
  }

  private follow(channel: string, ready?: () => void): void {
    if (this.stops.has(channel) || !this.live) return
    this.stops.set(channel, this.live.follow(channel, { event: this.onEvent, ready }))
  }

  private followGuest(channel: string, event: () => void): void {
    if (this.live && !this.stops.has(channel)) this.stops.set(channel, this.live.follow(channel, { event, ready: event }))
  }

  private unfollow(channel: string): void {
    this.stops.get(channel)?.()
    this.stops.delete(channel)
  }

  /** Holding the service channel in the state auto would put her on duty without her word. */
  private followService(): void {
    if (this.duty && this.duty.state !== 'auto') this.follow('/service/*', this.onService)
  }

  private followAll(): void {
    if (this.tab === 'all' && this.supervises) this.follow('/conversations/*', () => this.reload())
    else this.unfollow('/conversations/*')
  }

  /** Channels of her open conversations and of the one on the screen, no others. */
  private followConversations(): void {
    const wanted = new Set(this.list('mine').map((c) => c.id))
    if (this.conversation) wanted.add(this.conversation.id)
    const { going } = this.calls
    if (going && !going.over) wanted.add(going.view.conversation_id)
    for (const channel of [...this.stops.keys()]) {
      const [, family, id] = /^\/(conversations|staff)\/(\d+)$/.exec(channel) ?? []
      const stays = family === 'staff' ? Number(id) === this.conversation?.id : wanted.has(Number(id))
      if (id && !stays) this.unfollow(channel)
    }
    this.guests.show(this.conversation)
    const shown = this.conversation?.id
    if (shown) this.follow(`/staff/${shown}`, () => this.onStaffReady(shown))
    for (const id of wanted) this.follow(`/conversations/${id}`, () => this.onConversationReady(id))
  }

  private readonly onService = (): void => {
    this.reload()
    void this.calls.load().catch(() => {}) // the next one to ring is heard
    for (const talk of this.talks.values()) talk.outbox.resume()
  }

  private askDuty(): void {
    this.session
      .duty()
      .then((duty) => this.setOwnDuty(duty))
      .catch(() => {})
  }

  private look(): void {
    if (document.visibilityState !== 'visible') return
    if (this.tab === 'queue' || !this.stops.has('/service/*')) void this.load('queue')
  }

  private onStaffReady(id: number): void {
    void this.aside(id).load()
    const known = this.inbox.get(id)
    if (known) void this.aside(id).meet(known.visitor_id)
    void this.care.story(id).load()
  }

  private onConversationReady(id: number): void {
    if (id === this.calls.going?.view.conversation_id) void this.calls.load().catch(() => {})
    const talk = this.talks.get(id)
    if (talk?.asked) talk.sync()
    talk?.outbox.resume()
    this.reload()
  }

  reload(): void {
    this.reloading ??= setTimeout(() => {
      this.reloading = undefined
      this.askDuty()
      const tabs = new Set<Tab>(['mine', 'queue', 'closed', this.tab])
      void Promise.all([...tabs].map((tab) => this.load(tab)))
    }, reloadDelay)
  }

  private async load(tab: Tab, before?: string): Promise<void> {
    const { inbox } = this
    const askedAt = inbox.now
    try {
      const page =
        tab === 'queue'
          ? { conversations: await this.session.queue(), next: null }
          : await this.session.conversations({ ...queries[tab], ...(before && { before }) })
      if (inbox !== this.inbox) return // she has logged out meanwhile
      if (!before && page.next === null) inbox.keepOnly(tab, page.conversations, this.selected, askedAt)
      for (const c of page.conversations) {
        inbox.put(c)
        this.care.learn(c)
      }
      this.next[tab] = page.next
      this.loaded[tab] = true
      this.followConversations()
      this.openSelected()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) await this.session.refresh().catch(() => {})
      else if (this.me) setTimeout(() => this.reload(), 3000)
    }
    this.changed()
  }

  private adopt(news: Conversation): void {
    const known = this.inbox.get(news.id)
    this.inbox.put(news)
    this.care.learn(news)
    const was = known?.status === 'open' && this.isMine(known)
    const is = news.status === 'open' && this.isMine(news)
    const waits = news.state === 'waiting' && known?.state !== 'waiting'
    if (!this.care.doing.has(news.id)) {
      if (is && !was) this.sound.play()
      if (waits && !was && this.duty?.state === 'on') this.sound.play('waiting')
    }
    // The event lacks what the lists have beside.
    if (is !== was || (known?.state === 'waiting') !== (news.state === 'waiting')) this.reload()
    this.followConversations()
    this.openSelected()
    this.changed()
  }

  /** Who she is, or what the room of a conversation calls her. */
  private onVisitor(card: VisitorCard, channel: string): void {
    for (const aside of this.asides.values()) aside.hearVisitor(card)
    const c = this.inbox.get(Number(/^\/staff\/(\d+)$/.exec(channel)?.[1]))
    if (!card.face || !c?.visitor) return
    const face = { ...card.face, name: card.identified_at && card.name ? null : card.face.name }
    this.inbox.put({ ...c, visitor: { ...c.visitor, face } })
    this.changed()
  }

  private readonly onEvent = (data: unknown, channel: string): void => {
    if (this.calls.take(data)) return
    const event = asEvent(data)
    if (event?.entity === 'conversation') this.adopt(event.conversation)
    if (event?.entity === 'message') this.onMessage(event.message)
    if (event?.entity === 'typing') this.talks.get(event.typing.conversation_id)?.words.hear(event.typing)
    if (event?.entity === 'note') this.aside(event.note.conversation_id).hearNote(event)
    if (event?.entity === 'tags') this.aside(event.tags.conversation_id).hearTags(event.tags)
    if (event?.entity === 'visitor') this.onVisitor(event.visitor, channel)
    if (event?.entity === 'read') {
      this.inbox.hearRead(event.read)
      this.talks.get(event.read.conversation_id)?.thread.hearRead(event.read)
      this.changed()
    }
    if (event?.entity === 'transition') this.care.hear(event.transition)
  }

  private onMessage(message: Message): void {
    const id = message.conversation_id
    const isNew = this.inbox.hear(message)
    if (isNew === null) return this.reload()
    const talk = this.talks.get(id)
    talk?.outbox.confirm(message.client_message_id)
    talk?.thread.apply([message])
    if (isNew && message.sender_type === 'visitor') talk?.words.silence()
    if (!isNew && message.read && !talk?.thread.loaded) this.reload() // read in another window of hers
    if (isNew && message.sender_type === 'visitor') this.ring(id)
    this.changed()
  }

  /** A sound for what she does not see arrive. */
  private ring(id: number): void {
    const watching = id === this.selected && document.visibilityState === 'visible'
    const c = this.inbox.get(id)
    if (c && this.isMine(c) && !watching) this.sound.play()
  }

  private readonly onHash = (): void => {
    const id = /^#\/c\/(\d+)$/.exec(location.hash)?.[1]
    this.selected = id ? Number(id) : null
    this.page = pageOf(location.hash, this.supervises)
    this.followConversations()
    if (this.conversation) this.talk(this.conversation.id).sync() // it may have been left aside, unfollowed
    this.onVisible()
    this.changed()
  }

  private openSelected(): void {
    const c = this.conversation
    if (c && !this.talk(c.id).asked) this.talk(c.id).sync()
  }

  private onTalk(id: number): void {
    if (id === this.selected) this.onVisible()
    this.changed()
  }

  /** Read means: her own conversation, on the screen. A supervisor looking in leaves no marks. */
  private readonly onVisible = (): void => {
    const c = this.conversation
    if (c && this.isMine(c) && document.visibilityState === 'visible') void this.talk(c.id).thread.markRead()
  }
}
