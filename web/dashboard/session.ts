import { ApiError, call } from '../shared/api'
import type { Conversation } from '../shared/entities'

export interface Duty {
  manager_id: number
  /** auto: she has never chosen; holding the service channel would put her on duty. */
  state: 'auto' | 'on' | 'paused' | 'off'
  /** A session of hers holds the service channel. */
  live: boolean
  on_duty: boolean
  /** Why new visitors may come to her, or not: "eligible", or the reason. */
  verdict: string
  open: number
  /** 0: without limit. */
  limit: number
}

export interface Me {
  manager: { id: number; name: string; email: string; role: 'manager' | 'supervisor' | 'admin'; avatar_url: string | null; organization_id: number }
  organization: { id: number; uuid: string; name: string; site_key: string; main_room: string }
  duty: Duty
  token: string
  token_expires_at: string
}

export interface ListPage {
  conversations: Conversation[]
  next: string | null
}

export interface ListQuery {
  status: 'open' | 'closed'
  scope: 'mine' | 'all'
  before?: string
}

/** Milliseconds before its end at which a token is exchanged for a new one. */
const margin = 60_000
/** Milliseconds between renewals: not in a hurry, and not longer than a timer can count. */
const shortestWait = 5000
const longestWait = 2 ** 31 - 1
const pageSize = 50

/**
 * The cookie session and the token that comes with it. The token lives in memory only.
 */
export class Session {
  me: Me | null = null
  private asking: Promise<Me> | null = null
  private renewal?: ReturnType<typeof setTimeout>

  /** onLost: the server does not know the session (any more), so somebody has to log in. */
  constructor(private readonly onLost: () => void) {}

  async login(email: string, password: string): Promise<Me> {
    this.me = await this.api<Me>('login', { email, password })
    return this.me
  }

  /**
   * Has the token renewed a minute before its end, again and again, until the session is lost. late: the old one
   * had ended by then, as on a machine that slept, and took with it what the server had granted it.
   */
  keepFresh(onRenewed: (me: Me, late: boolean) => void): void {
    clearTimeout(this.renewal)
    const end = Date.parse(this.me?.token_expires_at ?? '')
    const wait = Math.min(Math.max(end - Date.now() - margin, shortestWait), longestWait)
    this.renewal = setTimeout(async () => {
      const late = end < Date.now()
      const me = await this.refresh().catch(() => null) // without an answer the next try is soon
      if (me) onRenewed(me, late)
      if (this.me) this.keepFresh(onRenewed)
    }, wait)
  }

  /** This sign-in goes on; the token of the answer takes the place of the old one. */
  async changePassword(old: string, password: string): Promise<Me> {
    this.me = await this.api<Me>('password', { old_password: old, password })
    return this.me
  }

  forget(): void {
    clearTimeout(this.renewal)
    this.me = null
  }

  async logout(): Promise<void> {
    await this.api('logout', {})
    this.forget()
  }

  /** Asks who is logged in; callers at the same time share one request. */
  refresh(): Promise<Me> {
    this.asking ??= this.ask().finally(() => {
      this.asking = null
    })
    return this.asking
  }

  /** A token with at least a minute to live, renewed through the cookie when needed. */
  async token(): Promise<string> {
    if (this.me && Date.parse(this.me.token_expires_at) - Date.now() > margin) return this.me.token
    return (await this.refresh()).token
  }

  conversations(query: ListQuery): Promise<ListPage> {
    const params = new URLSearchParams({ ...query, limit: String(pageSize) })
    return this.api<ListPage>(`conversations?${params}`)
  }

  /** All that wait for a manager, longest waiting first. */
  queue(): Promise<Conversation[]> {
    return this.read('queue')
  }

  /** GET of a path under /chat. */
  async read<T>(path: string): Promise<T> {
    return call<T>(`/chat/${path}`, { headers: { Authorization: `Bearer ${await this.token()}` } })
  }

  /** Reads the duty state, or sets it. */
  async duty(state?: 'on' | 'paused' | 'off'): Promise<Duty> {
    const headers = { Authorization: `Bearer ${await this.token()}` }
    const init = state ? { method: 'POST', headers, body: new URLSearchParams({ state }) } : { headers }
    return (await call<{ duty: Duty }>('/chat/duty', init)).duty
  }

  private async ask(): Promise<Me> {
    try {
      this.me = await this.api<Me>('me')
      return this.me
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.forget()
        this.onLost()
      }
      throw error
    }
  }

  private api<T>(path: string, body?: object): Promise<T> {
    const init: RequestInit = body
      ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
      : {}
    return call<T>(`/dashboard/api/${path}`, { ...init, credentials: 'same-origin' })
  }
}
