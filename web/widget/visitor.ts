import { ChatApi } from '../shared/api'
import { Memory, type Pass } from './memory'
import type { Settings } from './settings'

/** What a site's backend has signed, and whom it is about. */
export interface Identity {
  id: string
  token: string
}

/** Milliseconds between attempts to get a token. */
const patience = 60_000
let asked = 0

/** Who the visitor is: by a signed identity, by the page's word, or by what this browser keeps. */
export class Visitor {
  readonly memory: Memory
  readonly id: string
  private readonly api: ChatApi
  private timer?: ReturnType<typeof setTimeout>

  constructor(
    private readonly settings: Settings,
    /** Begins anew: the visitor is somebody else. */
    private readonly again: () => void,
    readonly identity?: Identity,
  ) {
    this.api = new ChatApi(settings.origin, { params: () => ({}) }) // it says by itself who asks
    const named = identity?.id ?? settings.visitorId
    this.memory = new Memory(settings.appKey, named)
    this.id = this.memory.pass?.visitor_id ?? named ?? this.memory.ownVisitorId()
    this.renewInTime()
  }

  get token(): string | undefined {
    return this.given ?? this.memory.pass?.token
  }

  /** What the page says. Tokens of its own it renews itself. */
  private get given(): string | undefined {
    return this.identity?.token ?? this.settings.token()
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  /** The server wants a token, and this browser has none that is good: it becomes somebody new. */
  readonly admit = (): void => {
    if (this.given || Date.now() < asked + patience) return
    asked = Date.now()
    const { appKey } = this.settings
    this.api.post<Pass>('visitors', { app_key: appKey }).then((pass) => {
      this.memory.clear()
      this.keep(pass)
      this.again()
    }, () => {}) // the next refusal asks again
  }

  /** Tells the server who the visitor is, and who the browser was until now. */
  async identify(token: string): Promise<Identity> {
    const before = { previous_id: this.id, ...(this.token && { previous_token: this.token }) }
    const { visitor } = await this.api.post<{ visitor: { id: string } }>('identify', { token, ...before })
    return { id: visitor.id, token }
  }

  private readonly keep = (pass: Pass): void => {
    this.memory.pass = { ...pass, at: Date.now() }
    this.renewInTime()
  }

  /** After half of its life. */
  private renewInTime(): void {
    const { pass } = this.memory
    if (!pass || this.given) return
    const { visitor_id, token, expires_at, at } = pass
    const due = (at + Date.parse(expires_at)) / 2 - Date.now()
    this.timer = setTimeout(() => {
      this.api.post<Pass>(`visitors/${visitor_id}/token`, { token }).then(this.keep, () => {}) // else with the next page
    }, Math.min(due, 2e9)) // longer ones end at once
  }
}
