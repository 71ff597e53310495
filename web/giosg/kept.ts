/** Seconds that the browser remembers its visitor. */
const year = 365 * 24 * 3600

/**
 * What the page script keeps in the browser: cookies, which integrations read, and localStorage where there are none.
 * A browser that forbids both gets a visitor who is forgotten.
 */
export class Kept {
  constructor(private readonly account: string) {}

  get visitor(): string | null {
    return this.both('giosg_chat_id')
  }

  /** Proves next time that it is the same visitor. */
  get secret(): string | null {
    return this.both('giosg_sgid')
  }

  keepVisitor(id: string, secret: string | null): void {
    this.keep('giosg_chat_id', id)
    if (secret) this.keep('giosg_sgid', secret)
  }

  /** The visit: it ends with the browser. */
  session(): { id: string; isNew: boolean } {
    const name = `giosg_gsessid_${this.account}`
    const known = readCookie(name)
    if (known) return { id: known, isNew: false }
    const id = randomHex(16)
    writeCookie(name, id, null)
    return { id, isNew: true }
  }

  read(name: string): string | null {
    try {
      return localStorage.getItem(`${name}_${this.account}`)
    } catch {
      return null
    }
  }

  write(name: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`${name}_${this.account}`)
      else localStorage.setItem(`${name}_${this.account}`, value)
    } catch {
      // Full or forbidden: the page goes on with what it has in memory.
    }
  }

  /** Calls back when another tab writes the name. */
  watch(name: string, heard: (value: string | null) => void): void {
    addEventListener('storage', (event) => {
      if (event.key === `${name}_${this.account}`) heard(event.newValue)
    })
  }

  private both(name: string): string | null {
    return readCookie(`${name}_${this.account}`) ?? this.read(name)
  }

  private keep(name: string, value: string): void {
    writeCookie(`${name}_${this.account}`, value, year)
    this.write(name, value)
  }
}

function readCookie(name: string): string | null {
  const found = `; ${document.cookie}`.split(`; ${name}=`)[1]
  return found === undefined ? null : decodeURIComponent(found.split(';')[0] ?? '') || null
}

function writeCookie(name: string, value: string, seconds: number | null): void {
  const life = seconds === null ? '' : `; max-age=${seconds}`
  const secure = location.protocol === 'https:' ? '; secure' : ''
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; samesite=lax${life}${secure}`
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, '0')).join('')
}
