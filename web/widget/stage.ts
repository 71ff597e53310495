import type { Conversation } from '../shared/entities'
import type { Trouble } from './chat'

/**
 * Where the visitor stands, which decides what the lower part of the window offers:
 *
 *   offline  nobody is there: the form        here     somebody has come since: the chat can start
 *   busy     no conversation yet, tried again  failed   no conversation, refused for good
 *   opening  being asked for                   slowed   the server wants a pause
 *   queued   waiting, at a place               alone    waiting, and nobody is likely to come: the form
 *   left     waiting for an answer to the form
 *   ended    rate it, continue it, begin anew  gone     she who answered has left, nobody else is there
 *   talking
 */
export type Stage =
  | 'offline'
  | 'here'
  | 'busy'
  | 'failed'
  | 'opening'
  | 'slowed'
  | 'queued'
  | 'alone'
  | 'left'
  | 'ended'
  | 'gone'
  | 'talking'

export interface Facts {
  trouble: Trouble | null
  conversation: Conversation | null
  /** The last conversation is over. */
  ended: boolean
  opening: boolean
  slowed: boolean
  /** Somebody is on duty; null: not known. */
  online: boolean | null
  /** The conversation whose form was sent. */
  leftIn: number | null
}

export function stageOf({ trouble, conversation: c, ended, opening, slowed, online, leftIn }: Facts): Stage {
  if (trouble?.kind === 'offline') return online ? 'here' : 'offline'
  if (trouble) return trouble.kind
  if (slowed) return 'slowed'
  if (opening) return 'opening'
  if (ended) return 'ended'
  if (c?.state === 'waiting') {
    if (leftIn === c.id) return 'left'
    return c.queue?.unattended || online === false ? 'alone' : 'queued'
  }
  return c && online === false ? 'gone' : 'talking'
}

/** Whether the form stands where messages are written otherwise. */
export function wantsForm(stage: Stage): boolean {
  return stage === 'offline' || stage === 'here' || stage === 'alone'
}

/** Milliseconds after its end in which a conversation can be rated. */
const rateWithin = 7 * 24 * 3600_000

/** Whether a conversation that ended then, and was not rated, can be rated now. */
export function isRateable(closedAt: string | null, rating: number | null | undefined, now = Date.now()): boolean {
  return !rating && closedAt !== null && now - Date.parse(closedAt) < rateWithin
}
