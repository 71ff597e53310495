import { refusalOf } from '../shared/api'
import type { Kept } from './kept'

/** A room as the settings name it. */
export interface Room {
  id: string
  token: string
  name: string
}

/** What the server says to a page before anything else. */
export interface PageSettings {
  organization_id: string
  site_key: string
  domain_room: Room
  rooms: Room[]
  calls?: boolean
}

interface Auth {
  visitor_id: string
  visitor_secret_id: string
  access_token: string
  expires_in: number
}

export interface Chat {
  id: string
  room_id: string
  is_ended: boolean
}

/** Milliseconds before its end at which a token is exchanged. */
const margin = 60_000
const patience = 20_000
/** More than this no timer counts. */
const longest = 2 ** 31 - 1
/** Pages of a list that are read at most. */
const maxPages = 20

/** Somebody who calls the server: the page's visitor, or one for a single task. */
export class Guest {
  id = ''
  token = ''
  private until = 0
  private renewing: Promise<void> | null = null

  /** kept is where the visitor is remembered; null: nowhere. */
  constructor(
    private readonly origin: string,
    readonly organization: string,
    private readonly kept: Kept | null,
    private readonly onToken: (token: string) => void = () => {},
  ) {}

  /** Shows who it is, or becomes somebody new. Calls at the same time share one request. */
  authenticate(): Promise<void> {
    this.renewing ??= this.ask().finally(() => {
      this.renewing = null
    })
    return this.renewing
  }

  private secret: string | null = null

  private async ask(): Promise<void> {
    this.secret ??= this.kept?.secret ?? null
    const path = `/api/v5/public/orgs/${this.organization}/auth`
    const auth = await send<Auth>(this.origin + path, 'POST', { visitor_secret_id: this.secret })
    this.secret = auth.visitor_secret_id || this.secret
    this.id = auth.visitor_id
    this.token = auth.access_token
    this.until = Date.now() + auth.expires_in * 1000
    this.kept?.keepVisitor(this.id, this.secret)
    this.onToken(this.token)
    if (!this.kept) return
    const renewal = Math.min(Math.max(auth.expires_in * 1000 - margin, margin / 2), longest)
    setTimeout(() => void this.authenticate().catch(() => {}), renewal)
  }

  /** A call with the visitor's token, which is renewed where it has ended. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    if (Date.now() > this.until) await this.authenticate()
    try {
      return await send<T>(this.origin + path, method, body, this.token)
    } catch (error) {
      if ((error as { status?: number }).status !== 401) throw error
      await this.authenticate()
      return send<T>(this.origin + path, method, body, this.token)
    }
  }

  /** The path of a room, and of this visitor in it. */
  room(room: string): string {
    return `/api/v5/public/orgs/${this.organization}/rooms/${encodeURIComponent(room)}`
  }

  inRoom(room: string): string {
    return `${this.room(room)}/visitors/${this.id}`
  }

  get own(): string {
    return `/api/v5/public/visitors/${this.id}`
  }

  /** All of her chats. */
  async chats(): Promise<Chat[]> {
    const list: Chat[] = []
    let path: string | null = `${this.own}/chats?page_size=100`
    for (let page = 0; path && page < maxPages; page++) {
      const answer: { next: string | null; results: Chat[] } = await this.call('GET', path)
      list.push(...answer.results)
      const next = answer.next ? new URL(answer.next, this.origin) : null
      path = next && next.pathname + next.search
    }
    return list
  }
}

/** Sends JSON and reads it. What is refused is an error with its status. */
export async function send<T>(url: string, method: string, body?: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const response = await fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(patience),
  })
  const answer = response.status === 204 ? null : await response.json().catch(() => null)
  if (response.ok) return answer as T
  const refusal = refusalOf(response.status, answer, response.headers.get('Retry-After'))
  throw Object.assign(refusal, { detail: answer })
}
