import type { Conversation, Message, Read } from './entities'
import type { Draft } from './outbox'
import type { Limits } from './tray'
import { upload } from './upload'

/** Longest wait for one answer, in milliseconds. A call that takes longer counts as a network failure. */
const patience = 15_000

/** A refusal by the server, in its documented shape: a sentence for people, a code for programs. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds to wait, where the server said so (429). */
    readonly retryAfter: number | null,
    /** Who has the conversation, where that is the reason (chat_already_open). */
    readonly managerName: string | null = null,
  ) {
    super(message)
  }
}

/** Tells whether trying the same again later may help: no answer at all, too fast, or the server's own fault. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 429 || error.status >= 500
}

/** Sends a request and reads JSON. Throws ApiError for a refusal and anything else for a network failure. */
export async function call<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, { ...init, cache: 'no-store', signal: AbortSignal.timeout(patience) })
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  throw refusalOf(response.status, await response.json().catch(() => null), response.headers.get('Retry-After'))
}

export function refusalOf(status: number, answer: unknown, retryAfter: string | null): ApiError {
  const body = (answer ?? {}) as { error?: unknown; code?: unknown; manager_name?: unknown }
  const after = Number(retryAfter)
  return new ApiError(
    status,
    typeof body.code === 'string' ? body.code : 'unknown',
    typeof body.error === 'string' ? body.error : `HTTP ${status}`,
    Number.isFinite(after) && after > 0 ? after : null,
    typeof body.manager_name === 'string' ? body.manager_name : null,
  )
}

export interface Page {
  count?: number
  /** Inclusive and going backwards; with after, exclusive and going forwards. */
  sinceId?: number
  after?: boolean
}

/** Who asks: added to every request. A token may travel in a header or in the body, never in an address. */
export interface Caller {
  params(): Record<string, string>
  headers?(): Promise<Record<string, string>>
}

/**
 * The /chat/... calls. Bodies are forms: a page of another origin sends them without a preflight.
 */
export class ChatApi {
  constructor(
    private readonly origin: string,
    private readonly caller: Caller,
  ) {}

  async open(visitorId: string): Promise<Conversation> {
    return (await this.post<{ conversation: Conversation }>(`service/${visitorId}`)).conversation
  }

  /** Safe to repeat: the server answers a client message id that it has seen with the message it made then. */
  async write(conversationId: number, content: string, clientMessageId: string): Promise<Message> {
    const body = { content, client_message_id: clientMessageId }
    return (await this.post<{ message: Message }>(`conversation/${conversationId}`, body)).message
  }

  /** As write, for a draft that may have files. */
  async send(conversationId: number, draft: Draft, onProgress: (share: number) => void): Promise<Message> {
    if (!draft.files) return this.write(conversationId, draft.content, draft.id)
    const fields = { ...this.caller.params(), content: draft.content, client_message_id: draft.id }
    const headers = (await this.caller.headers?.()) ?? {}
    const url = `${this.origin}/chat/conversation/${conversationId}/attachments`
    return (await upload<{ message: Message }>(url, fields, headers, draft.files, onProgress)).message
  }

  async attachmentLimits(): Promise<Limits> {
    return (await call<{ attachments: Limits }>(`${this.origin}/chat/attachments`, { credentials: 'omit' })).attachments
  }

  get signed(): boolean {
    return !!this.caller.headers || 'token' in this.caller.params()
  }

  address(path: string): string {
    return this.origin + path
  }

  /** A file, for whoever has to show a token. */
  async file(path: string): Promise<Blob> {
    const { token } = this.caller.params()
    const headers = token ? { Authorization: `Bearer ${token}` } : await this.caller.headers?.()
    const response = await fetch(this.address(path), { headers, credentials: 'omit' })
    if (!response.ok) throw refusalOf(response.status, null, null)
    return response.blob()
  }

  /** History of the conversation's visitor, ascending by id. */
  history(conversationId: number, page: Page = {}): Promise<Message[]> {
    const params: Record<string, string> = {}
    if (page.count) params.count = String(page.count)
    if (page.sinceId !== undefined) params.since_id = String(page.sinceId)
    if (page.after) params.direction = 'after'
    return this.post<Message[]>(`conversation/${conversationId}/messages`, params)
  }

  async markRead(conversationId: number, messageId: number): Promise<Message> {
    const path = `conversation/${conversationId}/message/${messageId}/mark_read`
    return (await this.post<{ message: Message }>(path)).message
  }

  /** As markRead, for all of the other side's messages up to one. */
  async readUpTo(conversationId: number, upTo: number): Promise<Read> {
    return (await this.post<{ read: Read }>(`conversation/${conversationId}/read`, { up_to: String(upTo) })).read
  }

  async edit(m: Message, content: string): Promise<Message> {
    const path = `conversation/${m.conversation_id}/message/${m.id}/edit`
    return (await this.post<{ message: Message }>(path, { content })).message
  }

  async remove(m: Message): Promise<Message> {
    return (await this.post<{ message: Message }>(`conversation/${m.conversation_id}/message/${m.id}/delete`)).message
  }

  async typing(conversationId: number, typing: boolean, preview?: string): Promise<void> {
    await this.post(`conversation/${conversationId}/typing`, { typing: String(typing), ...(preview && { preview: preview.slice(0, 4000) }) })
  }

  close(conversationId: number): Promise<Conversation> {
    return this.act(conversationId, 'close')
  }

  /** Does something to a conversation: reopen, rate, claim, … */
  async act(conversationId: number, action: string, params: Record<string, string> = {}): Promise<Conversation> {
    return (await this.post<{ conversation: Conversation }>(`conversation/${conversationId}/${action}`, params)).conversation
  }

  async post<T>(path: string, params: Record<string, string> = {}): Promise<T> {
    return call<T>(`${this.origin}/chat/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ ...this.caller.params(), ...params }),
      headers: await this.caller.headers?.(),
      credentials: 'omit',
    })
  }
}
