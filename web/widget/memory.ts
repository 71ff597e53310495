import type { Draft } from '../shared/outbox'
import { randomId } from '../shared/ids'
import type { Contact } from './letter'

/** What is remembered of the last conversation. */
export interface Kept {
  id: number
  status: 'open' | 'closed'
  closed_at?: string | null
  rating?: number | null
}

/** A token that the server gave this browser. */
export interface Pass {
  visitor_id: string
  token: string
  expires_at: string
  /** When it came. */
  at: number
}

// Named, not passed: where storage is forbidden, touching it already throws.
type Kind = 'localStorage' | 'sessionStorage'

/** What the widget keeps in the browser. A browser that forbids storage gets a widget that forgets. */
export class Memory {
  private readonly prefix: string

  constructor(appKey: string, visitorId: string | null) {
    this.prefix = `parley:${appKey}:${visitorId ?? ''}`
  }

  /** The id that this browser made up for itself, made on the first call. */
  ownVisitorId(): string {
    const known = this.read('localStorage', 'visitor')
    if (typeof known === 'string') return known
    const id = randomId()
    this.write('localStorage', 'visitor', id)
    return id
  }

  get pass(): Pass | null {
    return this.read('localStorage', 'pass') as Pass | null
  }

  set pass(pass: Pass) {
    this.write('localStorage', 'pass', pass)
  }

  /** Forgets everything about the visitor. */
  clear(): void {
    for (const name of ['visitor', 'pass', 'conversation', 'left', 'open', 'text', 'contact', 'drafts']) {
      this.write('localStorage', name, null)
      this.write('sessionStorage', name, null)
    }
  }

  /** The last conversation, so that its unread messages show on the next page before the window is opened. */
  get conversation(): Kept | null {
    const kept = this.read('localStorage', 'conversation') as Partial<Kept> | null
    if (typeof kept?.id !== 'number') return null
    return { ...kept, id: kept.id, status: kept.status === 'closed' ? 'closed' : 'open' }
  }

  set conversation(kept: Kept | null) {
    this.write('localStorage', 'conversation', kept)
  }

  get open(): boolean {
    return this.read('sessionStorage', 'open') === true
  }

  set open(open: boolean) {
    this.write('sessionStorage', 'open', open)
  }

  get text(): string {
    const kept = this.read('sessionStorage', 'text')
    return typeof kept === 'string' ? kept : ''
  }

  set text(text: string) {
    this.write('sessionStorage', 'text', text || null)
  }

  /** What is typed into the form for when nobody is there. */
  get contact(): Contact {
    return { name: '', email: '', phone: '', ...(this.read('sessionStorage', 'contact') as Partial<Contact> | null) }
  }

  set contact(contact: Contact) {
    this.write('sessionStorage', 'contact', contact)
  }

  /** The conversation whose form was sent. */
  get leftIn(): number | null {
    const kept = this.read('localStorage', 'left')
    return typeof kept === 'number' ? kept : null
  }

  set leftIn(id: number | null) {
    this.write('localStorage', 'left', id)
  }

  get drafts(): Draft[] {
    const kept = this.read('sessionStorage', 'drafts')
    return Array.isArray(kept) ? (kept as Draft[]) : []
  }

  set drafts(drafts: readonly Draft[]) {
    this.write('sessionStorage', 'drafts', drafts.length ? drafts : null)
  }

  private read(storage: Kind, name: string): unknown {
    try {
      return JSON.parse(window[storage].getItem(`${this.prefix}:${name}`) ?? 'null')
    } catch {
      return null
    }
  }

  private write(storage: Kind, name: string, value: unknown): void {
    try {
      if (value === null) window[storage].removeItem(`${this.prefix}:${name}`)
      else window[storage].setItem(`${this.prefix}:${name}`, JSON.stringify(value))
    } catch {
      // Full or forbidden: the page goes on with what it has in memory.
    }
  }
}
