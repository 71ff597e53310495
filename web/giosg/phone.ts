import { call as ask } from '../shared/api'
import { type CallKind, type CallView, Line, type Signal, type Wire, type Word } from '../shared/call'
import type { Page } from './page'
import { PhoneView } from './phoneview'
import type { Window } from './widget'

/** One call of this page, from ringing to its end. */
export interface Going {
  view: CallView
  line: Line
  /** How it ended; null: it goes on. */
  over: 'refused' | 'missed' | 'ended' | 'devices' | 'connection' | null
}

/** The visitor's phone: one call at a time. */
export class Phone {
  private going: Going | null = null
  private screen: PhoneView | null = null
  private unfollow: (() => void) | null = null

  constructor(
    private readonly page: Page,
    private readonly chat: Window,
  ) {
    addEventListener('pagehide', () => this.vanish())
  }

  /** Rings at the organisation; resolves once it does. */
  async call(name: string, avatar: string | null, kind: CallKind, room: string): Promise<{ id: string }> {
    if (this.going && !this.going.over) throw new Error('A call is going on already')
    const wanted = { operator_name: name, ...(avatar && { operator_avatar: avatar }), kind, room }
    const { call: view } = await this.post<{ call: CallView }>(`calls/${this.page.guest.id}`, wanted)
    this.screen?.remove()
    const line = new Line('visitor', view.kind, this.wire(view), () => this.hangUp())
    const going: Going = { view, line, over: null }
    this.going = going
    this.screen = new PhoneView(going, {
      hangUp: () => this.hangUp(),
      again: () => void this.call(name, avatar, kind, room).catch((error: unknown) => console.error('Parley:', error)),
      close: () => this.putAway(),
    })
    line.observe(() => this.screen?.draw())
    const opened = line.open()
    void opened.then((ok) => {
      if (ok) this.follow(going)
      else if (!going.over) this.hangUp()
    })
    return { id: view.conversation_uuid }
  }

  /** Listens to what becomes of the call. The state is read again after each break. */
  private async follow(going: Going): Promise<void> {
    const { live } = await this.chat.ready()
    const { conversation_id: id } = going.view
    if (going.over) return
    this.unfollow = live.follow(`/conversations/${id}`, {
      event: (data) => this.onEvent(going, data),
      ready: () => void this.look(going),
    })
  }

  private async look(going: Going): Promise<void> {
    const headers = { Authorization: `Bearer ${this.page.guest.token}` }
    const { call } = await ask<{ call: CallView | null }>(`${this.page.origin}/chat/conversation/${going.view.conversation_id}/call`, { headers, credentials: 'omit' })
    if (call) this.hear(going, call)
  }

  private onEvent(going: Going, data: unknown): void {
    const { entity, call, signal } = (data ?? {}) as { entity?: string; call?: CallView; signal?: Signal }
    if (entity !== 'call') return
    if (call) this.hear(going, call)
    if (signal?.call_id === going.view.id) going.line.hear(signal)
  }

  private hear(going: Going, view: CallView): void {
    if (view.id !== going.view.id || going.over) return
    going.view = view
    if (view.state === 'accepted') going.line.begin()
    else if (view.state !== 'ringing') this.end(going, view.state)
    this.screen?.draw()
  }

  private end(going: Going, how: Exclude<Going['over'], null>): void {
    if (going.over) return
    going.over = going.line.trouble ?? how
    going.line.close()
    this.unfollow?.()
    this.unfollow = null
    this.screen?.draw()
  }

  private hangUp(): void {
    const { going } = this
    if (!going || going.over) return
    this.end(going, 'ended')
    void this.wire(going.view).say({ type: 'hangup' }).catch(() => {}) // the server notices by itself
  }

  /** The page goes away with its call. */
  private vanish(): void {
    const { going } = this
    if (!going || going.over) return
    this.end(going, 'ended')
    const body = JSON.stringify({ token: this.page.guest.token, call_id: going.view.id, type: 'hangup' })
    navigator.sendBeacon(`${this.page.origin}/chat/conversation/${going.view.conversation_id}/call`, body)
  }

  private putAway(): void {
    this.screen?.remove()
    this.screen = null
  }

  private wire(view: CallView): Wire {
    return {
      say: (word: Word) => this.post(`conversation/${view.conversation_id}/call`, { call_id: view.id, ...word }),
      iceServers: async () => {
        const headers = { Authorization: `Bearer ${this.page.guest.token}` }
        const path = `${this.page.origin}/chat/calls/ice?conversation_id=${view.conversation_id}`
        return (await ask<{ ice_servers: RTCIceServer[] }>(path, { headers, credentials: 'omit' })).ice_servers
      },
    }
  }

  private post<T>(path: string, body: object): Promise<T> {
    return ask<T>(`${this.page.origin}/chat/${path}`, {
      method: 'POST',
      body: JSON.stringify({ token: this.page.guest.token, ...body }), // as plain text, so that it needs no preflight
      credentials: 'omit',
    })
  }
}
