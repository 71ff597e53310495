// What the server sends, as far as a browser reads it. Unknown keys are ignored.

export type Side = 'visitor' | 'manager'

export interface Conversation {
  id: number
  visitor_id: string
  visitor?: { id: string; name: string | null; email: string | null; face?: Face }
  manager_id: number | null
  manager?: { id: number; name: string | null; avatar_url: string | null } | null
  /** visitor, task or external. */
  chat_type?: string
  /** The room's uuid; null: the main room. */
  room?: string | null
  status: 'open' | 'closed'
  state: 'waiting' | 'assigned' | 'closed'
  /** While it waits for a manager. */
  queue?: Place | null
  last_message_id: number | null
  /** Only in the dashboard's list. */
  last_message?: { id: number; content: string; sender_type: Side; created_at: string; deleted?: boolean; attachment_count?: number } | null
  unread_count?: number
  unread_manager_count?: number
  created_at: string
  updated_at: string
  closed_at: string | null
  answered_at?: string | null
  /** The visitor's, 1 to 5. */
  rating?: number | null
  staff?: Staff | null
}

/** What a room calls a visitor; in the dashboard's lists alone. */
export interface Face {
  name: string | null
  avatar_url: string | null
}

export interface Place {
  conversation_id: number
  /** Counts from 1; 0 where it was not counted. */
  position: number
  since: string
  /** Nobody is likely to come soon. */
  unattended: boolean
}

/** What managers see of a conversation in lists; events lack it. */
export interface Staff {
  answer_by: string | null
  waiting_since: string | null
  rating_text: string | null
  contact_name: string | null
  contact_email: string | null
  contact_phone: string | null
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
  edited_at?: string | null
  /** Taken back: the content is empty. */
  deleted?: boolean
  attachments?: readonly Attachment[]
  /** Missing for what people write. */
  type?: string
  cards?: readonly Card[]
  /** The content only says what the cards say. */
  fallback?: boolean
  /** Which button was pressed, where the type is action. */
  response?: { message_id: number; card_id: string; action_id: string; text: string; value?: string }
}

export interface Card {
  id: string
  title?: string
  title_link_url?: string
  text?: string
  image_url?: string
  image_link_url?: string
  link_target?: string
  actions?: readonly CardAction[]
  /** One of its buttons was pressed before this was read. */
  pressed?: boolean
}

export interface CardAction {
  id: string
  text: string
  type: 'button' | 'link_button'
  link_target?: string
  /** Where a link leads. */
  value?: string
  style?: string
  is_disabled_on_selection?: boolean
  is_disabled_on_visitor_message?: boolean
}

export interface Attachment {
  id: string
  name: string
  content_type: string
  /** Bytes. */
  size: number
  /** Pixels, of images. */
  width: number | null
  height: number | null
  /** Paths on the server. */
  url: string
  thumbnail_url: string | null
}

/** How far a side has read: everything of the other side up to and including up_to. */
export interface Read {
  conversation_id: number
  visitor_id: string
  reader: Side
  up_to: number
  read_at: string
  count: number
  unread_count: number
  unread_manager_count: number
}

export interface Typing {
  conversation_id: number
  sender_type: Side
  sender_id: string | number
  name: string | null
  typing: boolean
  /** What a visitor has typed so far; managers alone get it. */
  preview?: string
  /** Seconds. */
  expires_in: number
}

export interface Note {
  id: number
  conversation_id: number
  manager_id: number | null
  manager_name: string
  content: string
  created_at: string
}

export interface Tags {
  conversation_id: number
  tags: string[]
}

/** Who a visitor is, as her site's backend has said; for managers. */
export interface VisitorCard {
  id: string
  name: string | null
  email: string | null
  attributes: Record<string, unknown>
  /** null: an anonymous visitor. */
  identified_at: string | null
  /** In the event: what a room calls her now. */
  face?: Face
  /** In the event, once: the anonymous visitor who this one turned out to be. */
  previous_id?: string
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

export interface ReadEvent {
  entity: 'read'
  read: Read
}

export interface TypingEvent {
  entity: 'typing'
  typing: Typing
}

export interface NoteEvent {
  entity: 'note'
  event?: 'created' | 'deleted'
  note: Note
}

export interface TagsEvent {
  entity: 'tags'
  tags: Tags
}

export interface VisitorEvent {
  entity: 'visitor'
  visitor: VisitorCard
}

export interface NotificationEvent {
  entity: 'notification'
  event?: 'created'
  notification: Notification
}

/** A place in the queue has changed. Not kept: who misses it learns of the next. */
export interface QueueEvent {
  entity: 'queue'
  queue: Place
}

export interface AvailabilityEvent {
  entity: 'availability'
  availability: Availability
}

export interface Availability {
  organization_id: number
  /** Somebody is on duty. */
  online: boolean
  channel: string
}

export interface TransitionEvent {
  entity: 'transition'
  transition: Transition
}

/** A step in the life of a conversation. */
export interface Transition {
  id: number
  conversation_id: number
  action: string
  from_state: string
  to_state: string
  from_manager_id: number | null
  manager_id: number | null
  actor_type: 'visitor' | 'manager' | 'backend' | 'system'
  actor_id: string
  /** One manager's word to the next. */
  note: string
  decision: Decision | null
  created_at: string
}

/** How duty chose, and from whom. */
export interface Decision {
  outcome: 'assigned' | 'queued' | 'nobody'
  manager_id?: number
  rule: string
  strategy: string
  considered: Considered[]
}

export interface Considered {
  manager_id: number
  name: string
  verdict: string
  /** Left out: none. */
  open?: number
  /** Left out: without limit. */
  limit?: number
}

export type ChatEvent =
  | ConversationEvent
  | MessageEvent
  | NotificationEvent
  | ReadEvent
  | TypingEvent
  | NoteEvent
  | TagsEvent
  | QueueEvent
  | AvailabilityEvent
  | TransitionEvent
  | VisitorEvent

const entities = new Set([
  'conversation',
  'message',
  'notification',
  'read',
  'typing',
  'note',
  'tags',
  'queue',
  'availability',
  'transition',
  'visitor',
])

/** Narrows what came over a channel; anything else than an event of ours is null. */
export function asEvent(data: unknown): ChatEvent | null {
  if (typeof data !== 'object' || data === null) return null
  const { entity } = data as { entity?: unknown }
  if (typeof entity !== 'string' || !entities.has(entity)) return null
  const body = (data as Record<string, unknown>)[entity]
  return typeof body === 'object' && body !== null ? (data as ChatEvent) : null
}
