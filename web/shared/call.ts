import { Observable } from './observable'

/** A call as the server tells of it. */
export interface CallView {
  id: string
  conversation_id: number
  conversation_uuid: string
  visitor_id: string
  visitor_name: string | null
  kind: CallKind
  state: 'ringing' | 'accepted' | 'refused' | 'missed' | 'ended'
  operator_name: string
  operator_avatar: string | null
  manager: { id: number; name: string | null; avatar_url: string | null } | null
  created_at: string
  rings_until: string
  accepted_at: string | null
  ended_at: string | null
}

export type CallKind = 'audio' | 'video' | 'audio+video'

/** What one side says to the other, past the server's memory. */
export interface Signal {
  call_id: string
  type: 'accept' | 'refuse' | 'hangup' | 'ready' | 'offer' | 'answer' | 'candidate' | 'mute' | 'alive'
  from?: 'visitor' | 'manager'
  sdp?: string
  candidate?: RTCIceCandidateInit
  audio?: boolean
  video?: boolean
}

export type Word = Omit<Signal, 'call_id' | 'from'>

/** How the two sides reach each other before they are connected. */
export interface Wire {
  say(word: Word): Promise<unknown>
  iceServers(): Promise<RTCIceServer[]>
}

/** What is to be heard and seen of a side. */
export interface Sent {
  audio: boolean
  video: boolean
}

/** Milliseconds: between attempts to be heard by the other side, until it must have worked, between signs of life. */
const readyInterval = 2000
const connectPatience = 30_000
const aliveInterval = 20_000
/** Milliseconds that a broken connection may take to come back. */
const healPatience = 12_000

/** What a call of a kind sends. */
export function partsOf(kind: CallKind): Sent {
  return { audio: kind !== 'video', video: kind !== 'audio' }
}

/** Asks for microphone and camera; a call that wants both goes on without a camera. */
async function listen(wanted: Sent): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error('no microphone on a page without TLS')
  try {
    return await navigator.mediaDevices.getUserMedia(wanted)
  } catch (error) {
    if (!wanted.audio || !wanted.video) throw error
    return navigator.mediaDevices.getUserMedia({ audio: true })
  }
}

/**
 * One side of a call that was accepted, or will be. The manager's browser says that it is ready, again until the
 * visitor's offers; the manager's answers. Signals are not kept, so that each side says again what had no effect.
 */
export class Line extends Observable {
  /** over: closed by either side, or broken. */
  state: 'opening' | 'connecting' | 'talking' | 'broken' | 'over' = 'opening'
  /** Why it cannot go on. */
  trouble: 'devices' | 'connection' | null = null
  near: MediaStream | null = null
  readonly far = new MediaStream()
  sent: Sent = { audio: false, video: false }
  received: Sent
  private peer: RTCPeerConnection | null = null
  private readonly early: RTCIceCandidateInit[] = []
  private readonly timers: ReturnType<typeof setInterval>[] = []
  private patience?: ReturnType<typeof setTimeout>
  private queue: Promise<unknown> = Promise.resolve()

  constructor(
    readonly side: 'visitor' | 'manager',
    readonly kind: CallKind,
    private readonly wire: Wire,
    /** It broke: somebody has to hang up. */
    private readonly onBroken: () => void,
  ) {
    super()
    this.received = partsOf(kind)
  }

  /** Takes microphone and camera. False: it could not, or the call was over by then. */
  async open(): Promise<boolean> {
    try {
      const near = await listen(partsOf(this.kind))
      if (this.state === 'over') {
        for (const track of near.getTracks()) track.stop()
        return false
      }
      this.near = near
      this.sent = { audio: near.getAudioTracks().length > 0, video: near.getVideoTracks().length > 0 }
    } catch (error) {
      console.warn('Parley:', error)
      this.trouble = 'devices'
    }
    this.changed()
    return this.near !== null
  }

  /** The call was accepted: the two sides look for each other. */
  begin(): void {
    if (this.state !== 'opening') return
    this.state = 'connecting'
    this.every(aliveInterval, () => void this.say({ type: 'alive' }))
    this.giveUpAfter(connectPatience)
    if (this.side === 'manager') {
      void this.say({ type: 'ready' })
      this.every(readyInterval, () => {
        if (!this.peer) void this.say({ type: 'ready' })
      })
    }
    this.changed()
  }

  /** Takes what the other side says, one after the other. */
  hear(signal: Signal): void {
    if (signal.from === this.side || this.state === 'opening' || this.state === 'over') return
    this.queue = this.queue.then(() => this.take(signal)).catch((error: unknown) => console.warn('Parley:', error))
  }

  private async take(signal: Signal): Promise<void> {
    if (this.state === 'over') return
    switch (signal.type) {
      case 'ready':
        return this.offer()
      case 'offer':
        return this.answer(signal.sdp ?? '')
      case 'answer':
        if (this.peer?.signalingState !== 'have-local-offer') return
        await this.peer.setRemoteDescription({ type: 'answer', sdp: signal.sdp })
        return this.takeEarly()
      case 'candidate':
        if (!signal.candidate) return
        if (this.peer?.remoteDescription) await this.peer.addIceCandidate(signal.candidate)
        else this.early.push(signal.candidate)
        return
      case 'mute':
        this.received = { audio: signal.audio ?? this.received.audio, video: signal.video ?? this.received.video }
        this.changed()
    }
  }

  private async offer(): Promise<void> {
    const { peer } = this
    if (peer?.signalingState === 'stable') return
    const made = peer ?? (await this.connect())
    if (!peer) await made.setLocalDescription()
    if (made.localDescription) await this.say({ type: 'offer', sdp: made.localDescription.sdp })
    this.tellSent()
  }

  private async answer(sdp: string): Promise<void> {
    const peer = this.peer ?? (await this.connect())
    if (peer.remoteDescription?.sdp !== sdp) {
      await peer.setRemoteDescription({ type: 'offer', sdp })
      await this.takeEarly()
      await peer.setLocalDescription()
    }
    if (peer.localDescription) await this.say({ type: 'answer', sdp: peer.localDescription.sdp })
    this.tellSent()
  }

  private async takeEarly(): Promise<void> {
    for (const candidate of this.early.splice(0)) await this.peer?.addIceCandidate(candidate)
  }

  private async connect(): Promise<RTCPeerConnection> {
    const peer = new RTCPeerConnection({ iceServers: await this.wire.iceServers() })
    this.peer = peer
    for (const track of this.near?.getTracks() ?? []) peer.addTrack(track, this.near as MediaStream)
    if (this.side === 'visitor') this.receiveAll(peer)
    peer.ontrack = ({ track }) => {
      this.far.addTrack(track)
      this.changed()
    }
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) void this.say({ type: 'candidate', candidate: candidate.toJSON() })
    }
    peer.onconnectionstatechange = () => this.onConnection(peer)
    return peer
  }

  /** Also what this side cannot send may come. */
  private receiveAll(peer: RTCPeerConnection): void {
    const parts = partsOf(this.kind)
    for (const kind of ['audio', 'video'] as const) {
      if (parts[kind] && !this.sent[kind]) peer.addTransceiver(kind, { direction: 'recvonly' })
    }
  }

  private onConnection(peer: RTCPeerConnection): void {
    if (this.state === 'over') return
    if (peer.connectionState === 'connected') {
      clearTimeout(this.patience)
      this.state = 'talking'
    } else if (peer.connectionState === 'disconnected' || peer.connectionState === 'failed') {
      if (this.state === 'talking') this.giveUpAfter(healPatience)
      this.state = 'broken'
      if (peer.connectionState === 'failed' && this.side === 'visitor') this.renew(peer)
    }
    this.changed()
  }

  /** Looks for another way to the other side. */
  private renew(peer: RTCPeerConnection): void {
    peer.restartIce()
    this.queue = this.queue.then(async () => {
      await peer.setLocalDescription()
      if (peer.localDescription) await this.say({ type: 'offer', sdp: peer.localDescription.sdp })
    })
  }

  private giveUpAfter(wait: number): void {
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      this.trouble = 'connection'
      this.onBroken()
    }, wait)
  }

  /** Lets the other side hear or see this one, or not. */
  mute(part: keyof Sent, on: boolean): void {
    const tracks = part === 'audio' ? this.near?.getAudioTracks() : this.near?.getVideoTracks()
    if (!tracks?.length) return
    for (const track of tracks) track.enabled = on
    this.sent = { ...this.sent, [part]: on }
    this.tellSent()
    this.changed()
  }

  private tellSent(): void {
    void this.say({ type: 'mute', ...this.sent })
  }

  private say(word: Word): Promise<unknown> {
    return this.wire.say(word).catch((error: unknown) => console.warn('Parley:', error))
  }

  private every(interval: number, run: () => void): void {
    this.timers.push(setInterval(run, interval))
  }

  /** Lets everything go. */
  close(): void {
    if (this.state === 'over') return
    this.state = 'over'
    for (const timer of this.timers) clearInterval(timer)
    clearTimeout(this.patience)
    for (const track of this.near?.getTracks() ?? []) track.stop()
    this.peer?.close()
    this.peer = null
    this.changed()
  }
}
