import type { Kept } from './kept'
import { Guest, type PageSettings, type Room, send } from './service'

/** Seconds that the visitor counts as being in a room without being heard of, and between signs of her: in a tab behind
 * others a browser lets them come once a minute. */
const presence = 100
const refresh = 40

/** A room as pages name it: by its id or token, or by its name. */
export interface RoomReference {
  id?: string
  name?: string
}

/** The visitor on this page: who she is, and in which rooms. */
export class Page {
  guest!: Guest
  settings!: PageSettings
  session!: { id: string; isNew: boolean }
  /** The rooms she is in, the domain room first. */
  joined: Room[] = []
  visits = 1

  constructor(
    readonly origin: string,
    private readonly account: string,
    readonly kept: Kept,
    private readonly onToken: (token: string) => void,
  ) {}

  /** Learns what page this is, becomes its visitor, and enters its room and those that were joined in this visit. */
  async enter(): Promise<void> {
    const about = new URLSearchParams({ url: location.href.split('#')[0] ?? '' })
    this.settings = await send(`${this.origin}/api/v2/visitor/settings/${encodeURIComponent(this.account)}?${about}`, 'GET')
    this.guest = new Guest(this.origin, this.settings.organization_id, this.kept, this.onToken)
    this.session = this.kept.session()
    this.visits = Number(this.kept.read('giosg_visits') ?? 0) + (this.session.isNew ? 1 : 0) || 1
    this.kept.write('giosg_visits', String(this.visits))
    await this.guest.authenticate()
    this.joined = [this.settings.domain_room, ...this.remembered()]
    await Promise.all(this.joined.map((room) => this.arrive(room.id)))
    setInterval(() => this.stay(), refresh * 1000)
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.stay())
  }

  /** The rooms that are meant: those that are named, or the domain room. An unknown one is an error. */
  rooms(wanted: unknown): Room[] {
    if (wanted === undefined || wanted === null) return [this.settings.domain_room]
    return [wanted].flat().map((one) => this.find(one as RoomReference | string))
  }

  /** A room by its id or token, or by its name. What the settings do not name is left to the server. */
  find(wanted: RoomReference | string): Room {
    const { id, name } = typeof wanted === 'string' ? { id: wanted, name: undefined } : (wanted ?? {})
    const known = this.settings.rooms.find((r) => (id !== undefined ? r.id === id || r.token === id : r.name === name))
    if (known) return known
    if (id) return { id, token: id, name: id }
    throw new Error(`There is no room ${name === undefined ? 'without id and name' : JSON.stringify(name)}`)
  }

  async join(rooms: Room[]): Promise<void> {
    for (const room of rooms) {
      await this.arrive(room.id)
      if (!this.isIn(room)) this.joined = [...this.joined, room]
    }
    this.remember()
  }

  /** Leaves rooms; without any all but the domain room. */
  async leave(rooms: Room[] | null): Promise<void> {
    for (const room of rooms ?? this.joined.slice(1)) {
      await this.guest.call('DELETE', this.guest.inRoom(room.id))
      this.joined = this.joined.filter((one) => one.id !== room.id)
    }
    this.remember()
  }

  private isIn(room: Room): boolean {
    return this.joined.some((one) => one.id === room.id)
  }

  private arrive(room: string): Promise<unknown> {
    return this.guest.call('POST', `${this.guest.room(room)}/visitors`, { id: this.guest.id, ...this.about() })
  }

  /** Tells that she is still here. A room that does not know her any more is entered again. */
  private stay(): void {
    for (const room of this.joined) {
      const here = this.guest.call('PATCH', this.guest.inRoom(room.id), { presence_expires_in: presence })
      here.catch((error: { status?: number }) => error.status === 404 && this.arrive(room.id).catch(() => {}))
    }
  }

  /** What the page knows of her visit. */
  private about(): Record<string, unknown> {
    const canonical = document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href
    return {
      presence_expires_in: presence,
      session_id: this.session.id,
      referrer_url: document.referrer || null,
      latest_page_url: location.href,
      latest_page_canonical_url: canonical || null,
      latest_page_title: document.title || null,
      device_screen_width: screen.width,
      device_screen_height: screen.height,
      browser_language: navigator.language,
    }
  }

  /** The rooms of this visit, beside the domain room. */
  private remembered(): Room[] {
    try {
      const { session, ids } = JSON.parse(this.kept.read('giosg_rooms') ?? 'null') ?? {}
      if (session !== this.session.id || !Array.isArray(ids)) return []
      return this.settings.rooms.filter((room) => ids.includes(room.id) && room.id !== this.settings.domain_room.id)
    } catch {
      return []
    }
  }

  private remember(): void {
    const ids = this.joined.map((room) => room.id)
    this.kept.write('giosg_rooms', JSON.stringify({ session: this.session.id, ids }))
  }
}
