import { call } from '../shared/api'
import type { Conversation } from '../shared/entities'

/** What a page or a backend has said of a visitor in a room. */
export interface Variable {
  key: string
  value: unknown
  /** A backend has said so, or signed it. */
  is_signed: boolean
}

/** A visitor in a room, as far as it is shown. */
export interface RoomVisitor {
  is_online: boolean
  visit_count: number
  device_type: string | null
  browser_name: string | null
  os_name: string | null
  geo_city: string | null
  geo_country: string | null
  referrer_url: string | null
  latest_page_url: string | null
  latest_page_title: string | null
}

export interface GuestPorts {
  organization(): { uuid: string; main_room: string } | undefined
  token(): Promise<string>
  follow(channel: string, event: () => void): void
  unfollow(channel: string): void
  onChange(): void
}

/** Milliseconds in which several reasons to look again become one. */
const reloadDelay = 150
/** Visitors that are remembered. */
const most = 500

/** What is known of the visitors in the rooms of conversations, live for the one on the screen. */
export class Guests {
  private readonly known = new Map<string, Guest>()
  private shown: Guest | null = null

  constructor(private readonly ports: GuestPorts) {}

  /** What is known of a conversation's visitor; nothing where nobody has asked. */
  of(c: Conversation): Guest | undefined {
    return this.known.get(this.path(c) ?? '')
  }

  /** Follows the visitor of the conversation on the screen. */
  show(c: Conversation | undefined): void {
    const path = c && this.path(c)
    if (path === this.shown?.path) return
    for (const channel of this.shown?.channels ?? []) this.ports.unfollow(channel)
    this.shown = null
    if (!c || !path) return
    const guest = this.known.get(path) ?? this.remember(path)
    this.shown = guest
    for (const channel of guest.channels) this.ports.follow(channel, () => guest.look())
    guest.look()
  }

  forget(): void {
    this.known.clear()
    this.shown = null
  }

  private remember(path: string): Guest {
    if (this.known.size >= most) this.known.clear()
    const guest = new Guest(path, this.ports)
    this.known.set(path, guest)
    return guest
  }

  /** Where the visitor is in the conversation's room. */
  private path(c: Conversation): string | undefined {
    const own = this.ports.organization()
    return own && `/api/v5/orgs/${own.uuid}/rooms/${c.room ?? own.main_room}/visitors/${c.visitor_id}`
  }
}

/** One visitor in one room. */
export class Guest {
  variables: readonly Variable[] = []
  facts: RoomVisitor | null = null
  readonly channels: readonly string[]
  private looking?: ReturnType<typeof setTimeout>

  constructor(
    readonly path: string,
    private readonly ports: GuestPorts,
  ) {
    this.channels = [`${path}/variables`, path.replace('/visitors/', '/online_visitors/')]
  }

  /** What is for people's eyes. */
  get visible(): Variable[] {
    return this.variables.filter((v) => !v.key.startsWith('__') && v.key !== 'avatar') // that is to be seen
  }

  /** Asks again, soon. */
  look(): void {
    this.looking ??= setTimeout(() => {
      this.looking = undefined
      void this.load()
    }, reloadDelay)
  }

  private async load(): Promise<void> {
    const headers = { Authorization: `Bearer ${await this.ports.token().catch(() => '')}` }
    const read = <T>(path: string): Promise<T | null> => call<T>(path, { headers }).catch(() => null)
    const [variables, facts] = await Promise.all([
      read<{ results: Variable[] }>(`${this.path}/variables?page_size=100`),
      read<RoomVisitor>(this.path),
    ])
    if (variables) this.variables = variables.results
    this.facts = facts ?? this.facts
    this.ports.onChange()
  }
}
