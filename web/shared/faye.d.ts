// The part of faye's browser client that Parley uses.
declare module 'faye' {
  export interface Advice {
    reconnect?: 'retry' | 'handshake' | 'none'
    interval?: number
    timeout?: number
  }

  export interface BayeuxMessage {
    channel: string
    successful?: boolean
    error?: string
    advice?: Advice
    subscription?: string | string[]
    supportedConnectionTypes?: string[]
    connectionType?: string
    ext?: Record<string, unknown>
  }

  export interface Extension {
    incoming?(message: BayeuxMessage, callback: (message: BayeuxMessage) => void): void
    outgoing?(message: BayeuxMessage, callback: (message: BayeuxMessage) => void): void
  }

  export interface Subscription {
    then(done: () => void, failed?: (error: { code: number; message: string }) => void): Promise<void>
    withChannel(callback: (channel: string, data: unknown) => void): Subscription
    cancel(): void
  }

  export class Client {
    constructor(endpoint: string, options?: { retry?: number; timeout?: number })
    /** faye's own; its version is pinned. connectionType is that of the transport in use. */
    readonly _dispatcher: { readonly connectionType: string }
    addExtension(extension: Extension): void
    disable(feature: string): void
    subscribe(channel: string): Subscription
    disconnect(): void
    on(event: 'transport:up' | 'transport:down', callback: () => void): void
  }

  const Faye: { Client: typeof Client }
  export default Faye
}
