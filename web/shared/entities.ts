// What the server sends, as far as a browser reads it. Unknown keys are ignored.

export type Side = 'visitor' | 'manager'

export interface Conversation {
  id: number
  visitor_id: string
  visitor?: { id: string; name: string | null; email: string | null }
  manager_id: number | null
  manager?: { id: number; name: string | null; avatar_url: string | null } | null
  status: 'open' | 'closed'
  last_message_id: number | null
  /** Only in the dashboard's list. */
  last_message?: { id: number; content: string; sender_type: Side; created_at: string } | null
  unread_count?: number
  unread_manager_count?: number
  created_at: string
  updated_at: string
  closed_at: string | null
}

export interface Message {
  id: number
  conversation_id: number
  visitor_id: string
  sender_type: Side
  sender_id: string | number
  sender?: { type: Side; id: string | number; name: string | null }
  content: string
  read: boolean
  read_at: string | null
  client_message_id?: string | null
  created_at: string
}

export interface Notification {
  id: number
  visitor_id: string
  data: unknown
  created_at: string
}

export interface ConversationEvent {
  entity: 'conversation'
  event?: 'created' | 'updated'
  conversation: Conversation
}

export interface MessageEvent {
  entity: 'message'
  event?: 'created' | 'updated'
  message: Message
}

export interface NotificationEvent {
  entity: 'notification'
  event?: 'created'
  notification: Notification
}

export type ChatEvent = ConversationEvent | MessageEvent | NotificationEvent

/** Narrows what came over a channel; anything else than an event of ours is null. */
export function asEvent(data: unknown): ChatEvent | null {
  if (typeof data !== 'object' || data === null) return null
  const { entity } = data as { entity?: unknown }
  if (entity !== 'conversation' && entity !== 'message' && entity !== 'notification') return null
  const body = (data as Record<string, unknown>)[entity]
  return typeof body === 'object' && body !== null ? (data as ChatEvent) : null
}
