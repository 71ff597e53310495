import { ApiError } from '../shared/api'
import { type CallView, Line, type Signal, type Wire, type Word } from '../shared/call'

export interface Going {
  view: CallView
  line: Line
  /** How it ended; null: it goes on. */
  over: 'ended' | 'refused' | 'missed' | 'connection' | null
}

export interface CallPorts {
  /** Sends JSON to a path under /chat. */
  post<T>(path: string, body: object): Promise<T>
  read<T>(path: string): Promise<T>
  token(): string | undefined
  /** The conversation's channel is to be followed from now on. */
  onTaken(view: CallView): void
  onChange(): void
  /** It rings, once more. */
  ring(): void
}

/** Milliseconds between rings, and for how long the end of a call is shown. */
const ringInterval = 3000
const lastWords = 4000

/** Calls of visitors: those that ring at everybody, and the one that she has accepted here. */
export class Calls {
  ringing: readonly CallView[] = []
  going: Going | null = null
  /** Why the last thing did not work. */
  problem: string | null = null
  private taking = new Set<string>()
  private bell?: ReturnType<typeof setInterval>

  constructor(private readonly ports: CallPorts) {
    addEventListener('pagehide', () => this.vanish())
  }

  /** What rings now; missed news are made up for. */
  async load(): Promise<void> {
    const before = this.ringing // what begins to ring meanwhile is not in the answer
    const { calls } = await this.ports.read<{ calls: CallView[] }>('calls')
    for (const view of before) if (!calls.some((c) => c.id === view.id)) this.drop(view.id)
    for (const view of calls) this.hear(view)
    const { going } = this
    if (going && !going.over && !calls.some((c) => c.id === going.view.id)) this.end(going, 'ended')
  }

  forget(): void {
    this.vanish()
    this.ringing = []
    this.going = null
    this.rings()
  }

  /** Takes an event of the service channel or a conversation's; false: it is about something else. */
  take(data: unknown): boolean {
    const { entity, call, signal } = (data ?? {}) as { entity?: string; call?: CallView; signal?: Signal }
    if (entity !== 'call') return false
    if (call) this.hear(call)
    if (signal && signal.call_id === this.going?.view.id) this.going.line.hear(signal)
    return true
  }

  private hear(view: CallView): void {
    const { going } = this
    if (going?.view.id === view.id) {
      if (view.state === 'ringing') return // older news
      going.view = view
      if (view.state !== 'accepted') this.end(going, view.state)
      return this.ports.onChange()
    }
    if (view.state !== 'ringing') return this.drop(view.id)
    if (this.ringing.some((c) => c.id === view.id)) return
    this.ringing = [...this.ringing, view]
    this.rings()
    this.ports.onChange()
  }

  private drop(id: string): void {
    this.ringing = this.ringing.filter((c) => c.id !== id)
    this.rings()
    this.ports.onChange()
  }

  /** She speaks with somebody. */
  get busy(): boolean {
    return this.going !== null && !this.going.over
  }

  private rings(): void {
    if (this.ringing.length === 0 || this.busy) {
      clearInterval(this.bell)
      this.bell = undefined
    } else if (!this.bell) {
      this.ports.ring()
      this.bell = setInterval(() => this.ports.ring(), ringInterval)
    }
  }

  isTaking(view: CallView): boolean {
    return this.taking.has(view.id)
  }

  /** Microphone and camera first: who cannot speak does not take the call from those who can. */
  async accept(view: CallView): Promise<void> {
    if (this.taking.has(view.id) || this.busy) return
    this.problem = null
    this.taking.add(view.id)
    this.ports.onChange()
    const line = new Line('manager', view.kind, this.wire(view), () => this.hangUp())
    try {
      if (!(await line.open())) throw new Error('The browser gave no microphone or camera.')
      const { call } = await this.say<{ call: CallView }>(view, { type: 'accept' })
      this.going = { view: call, line, over: null }
      line.observe(this.ports.onChange)
      this.drop(view.id)
      this.ports.onTaken(call)
      line.begin()
    } catch (error) {
      line.close()
      this.fail(error)
    } finally {
      this.taking.delete(view.id)
      this.ports.onChange()
    }
  }

  async refuse(view: CallView): Promise<void> {
    this.problem = null
    try {
      await this.say(view, { type: 'refuse' })
      this.drop(view.id)
    } catch (error) {
      this.fail(error)
    }
  }

  hangUp(): void {
    const { going } = this
    if (!going || going.over) return
    this.end(going, going.line.trouble === 'connection' ? 'connection' : 'ended')
    void this.say(going.view, { type: 'hangup' }).catch(() => {}) // the server notices by itself
  }

  dismiss(): void {
    this.problem = null
    this.ports.onChange()
  }

  private end(going: Going, how: Exclude<Going['over'], null>): void {
    if (going.over) return
    going.over = how
    going.line.close()
    this.rings() // who waited is heard at once
    setTimeout(() => {
      if (this.going !== going) return
      this.going = null
      this.rings()
      this.ports.onChange()
    }, lastWords)
    this.ports.onChange()
  }

  /** The page goes away with its call. */
  private vanish(): void {
    const { going } = this
    if (!going || going.over) return
    this.end(going, 'ended')
    const token = this.ports.token()
    const body = JSON.stringify({ ...(token && { token }), call_id: going.view.id, type: 'hangup' })
    navigator.sendBeacon(`/chat/conversation/${going.view.conversation_id}/call`, body)
  }

  private fail(error: unknown): void {
    this.problem = error instanceof ApiError || error instanceof Error ? error.message : String(error)
    void this.load().catch(() => {})
    this.ports.onChange()
  }

  private say<T>(view: CallView, word: Word): Promise<T> {
    return this.ports.post<T>(`conversation/${view.conversation_id}/call`, { call_id: view.id, ...word })
  }

  private wire(view: CallView): Wire {
    return {
      say: (word) => this.say(view, word),
      iceServers: async () => (await this.ports.read<{ ice_servers: RTCIceServer[] }>('calls/ice')).ice_servers,
    }
  }
}
