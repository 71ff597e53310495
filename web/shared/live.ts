import Faye, { type BayeuxMessage, type Client, type Subscription } from 'faye'

export type LiveState = 'connecting' | 'up' | 'down'

export interface Follower {
  event(data: unknown, channel: string): void
  /**
   * The server is delivering this channel from now on, or does so again after a break: the moment to
   * load what was published meanwhile. Called once per acknowledgement, also of faye's own
   * re-subscriptions after a new handshake.
   */
  ready?(): void
  /** The server does not let us listen; it is asked again later. */
  refused?(): void
}

export interface LiveOptions {
  /** A fresh token; undefined or a failure sends the message without one. */
  token?: () => Promise<string | undefined>
  onState?: (state: LiveState) => void
}

interface Followed {
  follower: Follower
  subscription: Subscription | null
  refusals: number
  retry?: ReturnType<typeof setTimeout>
}

const carriesToken = new Set(['/meta/handshake', '/meta/connect', '/meta/subscribe'])

/** Milliseconds between looks for the transport that follows a handshake across origins. */
const transportWait = 20

/** Seconds before attempt n (from 0) after a refusal: 2, 4, 8 … five minutes, with jitter against stampedes. */
function patience(n: number): number {
  return Math.min(300, 2 ** (n + 1)) * (0.75 + Math.random() / 2)
}

/**
 * A faye client that does not give up. Faye forgets a subscription that was refused and stops for good on
 * the advice "none"; both happen when a token has ended while the machine slept, so both are tried again here,
 * slower and slower. One follower a channel.
 */
export class Live {
  state: LiveState = 'connecting'
  private client: Client | null = null
  private readonly followed = new Map<string, Followed>()
  private transportUp = false
  private restarts = 0
  private restarting?: ReturnType<typeof setTimeout>
  private readonly crossOrigin: boolean

  constructor(
    private readonly endpoint: string,
    private readonly options: LiveOptions = {},
  ) {
    this.crossOrigin = new URL(endpoint).origin !== location.origin
    addEventListener('offline', this.onNetwork)
    addEventListener('online', this.onNetwork)
    addEventListener('pagehide', this.onPageHide)
    addEventListener('pageshow', this.onPageShow)
    this.connect()
  }

  /** Subscribes, and keeps being subscribed until the returned function is called. */
  follow(channel: string, follower: Follower): () => void {
    const entry: Followed = { follower, subscription: null, refusals: 0 }
    this.followed.set(channel, entry)
    this.subscribe(channel, entry)
    return () => {
      if (this.followed.get(channel) !== entry) return
      this.followed.delete(channel)
      clearTimeout(entry.retry)
      entry.subscription?.cancel()
    }
  }

  /** Begins a new session with all channels, as after credentials have changed. */
  restart(): void {
    this.client?.disconnect()
    this.connect()
  }

  stop(): void {
    removeEventListener('offline', this.onNetwork)
    removeEventListener('online', this.onNetwork)
    removeEventListener('pagehide', this.onPageHide)
    removeEventListener('pageshow', this.onPageShow)
    clearTimeout(this.restarting)
    for (const entry of this.followed.values()) clearTimeout(entry.retry)
    this.followed.clear()
    this.client?.disconnect()
    this.client = null
  }

  private connect(): void {
    clearTimeout(this.restarting)
    this.restarting = undefined
    const client = new Faye.Client(this.endpoint, { retry: 2 + Math.random() * 2 })
    // Faye disconnects on beforeunload, which also fires when the visitor then stays. pagehide is exact.
    client.disable('autodisconnect')
    client.addExtension({
      outgoing: (message, pass) => this.outgoing(client, message, pass),
      incoming: (message, pass) => this.incoming(client, message, pass),
    })
    client.on('transport:up', () => this.onTransport(client, true))
    client.on('transport:down', () => this.onTransport(client, false))
    this.client = client
    for (const [channel, entry] of this.followed) this.subscribe(channel, entry)
  }

  private subscribe(channel: string, entry: Followed): void {
    clearTimeout(entry.retry)
    entry.retry = undefined
    const client = this.client
    if (!client) return
    entry.subscription = client.subscribe(channel).withChannel((name, data) => entry.follower.event(data, name))
    entry.subscription.then(
      () => {},
      () => {
        if (this.client !== client || this.followed.get(channel) !== entry) return
        entry.follower.refused?.()
        entry.retry = setTimeout(() => this.subscribe(channel, entry), patience(entry.refusals++) * 1000)
      },
    )
  }

  private outgoing(client: Client, message: BayeuxMessage, pass: (message: BayeuxMessage) => void): void {
    // A client replaced while it was still connecting cannot be told to stop; it gets no further without words.
    if (client !== this.client && message.channel !== '/meta/disconnect') return
    // Across origins faye shakes hands by JSONP, that is in an address; tokens never go there.
    const inAddress = message.channel === '/meta/handshake' && this.crossOrigin
    if (!this.options.token || inAddress || !carriesToken.has(message.channel)) return pass(message)
    const { connectionType } = client._dispatcher
    if (this.crossOrigin && connectionType === 'callback-polling') {
      // Faye still looks for the transport after the handshake, and would send this by JSONP too.
      setTimeout(() => this.outgoing(client, message, pass), transportWait)
      return
    }
    if (message.connectionType) message = { ...message, connectionType }
    this.options.token().then(
      (token) => pass(token ? { ...message, ext: { ...message.ext, token } } : message),
      () => pass(message),
    )
  }

  private incoming(client: Client, message: BayeuxMessage, pass: (message: BayeuxMessage) => void): void {
    if (message.channel === '/meta/handshake' && message.supportedConnectionTypes) {
      // After the handshake JSONP is not needed, and its addresses would carry the token of a subscribe.
      const types = message.supportedConnectionTypes.filter((type) => type !== 'callback-polling')
      message = { ...message, supportedConnectionTypes: types }
    }
    pass(message)
    if (client !== this.client) return
    if (message.advice?.reconnect === 'none') this.restartLater()
    if (message.channel === '/meta/connect' && message.successful) this.restarts = 0
    if (message.channel === '/meta/subscribe' && message.successful) {
      for (const channel of [message.subscription ?? []].flat()) {
        const entry = this.followed.get(channel)
        if (!entry) continue
        entry.refusals = 0
        entry.follower.ready?.()
      }
    }
  }

  private restartLater(): void {
    this.setState('down')
    this.restarting ??= setTimeout(() => this.connect(), patience(this.restarts++) * 1000)
  }

  private onTransport(client: Client, up: boolean): void {
    if (client !== this.client) return
    const wasDown = this.state === 'down'
    this.transportUp = up
    this.setState(up ? 'up' : 'down')
    // The session may have survived, but what was written into the broken connection is lost.
    if (up && wasDown) this.allReady()
  }

  private readonly onNetwork = (): void => {
    if (!navigator.onLine) return this.setState('down')
    if (this.transportUp) {
      this.setState('up')
      this.allReady()
    }
  }

  private readonly onPageHide = (): void => this.client?.disconnect()

  private readonly onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) this.connect()
  }

  private allReady(): void {
    for (const { follower } of this.followed.values()) follower.ready?.()
  }

  private setState(state: LiveState): void {
    if (state === this.state) return
    this.state = state
    this.options.onState?.(state)
  }
}
