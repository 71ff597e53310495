import { call } from '../shared/api'
import { type Availability, asEvent } from '../shared/entities'
import type { Live } from '../shared/live'

/** Milliseconds until the server is asked again where it did not answer. */
const patience = 10_000

/** Looks out for somebody to be on duty, as long as it is wanted. */
export class Lookout {
  /** null: not known. */
  online: boolean | null = null
  private channel: string | null = null
  private stopFollowing: (() => void) | null = null
  private watching = false
  private again?: ReturnType<typeof setTimeout>

  constructor(
    private readonly address: string,
    private readonly live: Live,
    private readonly onChange: () => void,
  ) {}

  start(): void {
    if (this.watching) return
    this.watching = true
    this.follow()
    if (!this.channel) void this.ask()
  }

  stop(): void {
    this.watching = false
    clearTimeout(this.again)
    this.stopFollowing?.()
    this.stopFollowing = null
    this.online = null // nobody tells any more
  }

  /** Learned elsewhere: a conversation was refused for want of anybody. */
  set(online: boolean): void {
    if (!this.watching || online === this.online) return
    this.online = online
    this.onChange()
  }

  private follow(): void {
    if (!this.channel || this.stopFollowing) return
    this.stopFollowing = this.live.follow(this.channel, {
      event: (data) => {
        const event = asEvent(data)
        if (event?.entity === 'availability') this.set(event.availability.online)
      },
      ready: () => void this.ask(), // it may have changed before this was heard
    })
  }

  private async ask(): Promise<void> {
    clearTimeout(this.again)
    try {
      const { online, channel } = await call<Availability>(this.address, { credentials: 'omit' })
      this.channel = channel
      if (!this.watching) return
      this.set(online)
      this.follow()
    } catch {
      if (this.watching) this.again = setTimeout(() => void this.ask(), patience)
    }
  }
}
