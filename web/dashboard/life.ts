// The life of a conversation in plain sentences.
import { ApiError } from '../shared/api'
import type { Conversation, Decision, Transition } from '../shared/entities'
import type { Duty } from './session'

/** Names managers; a manager nobody knows is "a colleague". */
export type Names = (managerId: number | null | undefined) => string

/** What happened, in one sentence without a full stop. */
export function sentence(t: Transition, names: Names): string {
  const to = t.manager_id === null ? null : names(t.manager_id)
  const from = names(t.from_manager_id)
  const actor = actorOf(t, names)
  const next = to ? `it went to ${to}` : 'it waits in the queue'
  switch (t.action) {
    case 'opened':
      return t.actor_type === 'manager' ? `${actor} opened the chat` : `${actor} opened the chat; ${next}`
    case 'left':
      return `${actor} left a message; ${next}`
    case 'assigned':
      return `From the queue to ${to}`
    case 'claimed':
      return t.from_state === 'waiting' ? `${actor} took it from the queue` : `${actor} accepted it`
    case 'answered':
      return `${actor} answered`
    case 'transferred':
      return `${actor} gave it to ${to}`
    case 'queued':
      return `${actor} put it back into the queue`
    case 'taken_over':
      return t.from_manager_id === null ? `${actor} took it over from the queue` : `${actor} took it over from ${from}`
    case 'reassigned':
      return `${from} was gone for too long; ${next}`
    case 'unanswered':
      return t.from_manager_id === null ? `Nobody took it in time; ${next}` : `${from} did not answer in time; ${next}`
    case 'closed':
      return `${actor} closed the chat`
    case 'idle_closed':
      return 'Nothing happened for a long time, so the chat was closed'
    case 'reopened':
      return t.actor_type === 'manager' ? `${actor} took the chat up again` : `${actor} took the chat up again; ${next}`
    case 'rated':
      return `${actor} rated the chat`
    default:
      return `${actor}: ${t.action}`
  }
}

function actorOf(t: Transition, names: Names): string {
  if (t.actor_type === 'manager') return names(Number(t.actor_id))
  if (t.actor_type === 'visitor') return 'The visitor'
  return t.actor_type === 'backend' ? 'The site' : 'Parley'
}

/** Why duty chose as it did. */
export function reason(d: Decision, names: Names): string {
  const who = names(d.manager_id)
  switch (d.rule) {
    case 'previous_counterpart':
      return `${who} talked with this visitor before, and comes first.`
    case 'only_one':
      return `${who} was the only one who could be given a chat.`
    case 'least_loaded':
      return `${who} had the fewest open chats of all who could be given one.`
    case 'longest_idle':
      return `Others had as few open chats, but ${who} had waited longest for a new one.`
    case 'round_robin':
      return `Everybody takes turns, and it was ${who}’s.`
    case 'broadcast':
      return 'It was offered to everybody who could be given a chat; whoever claims it first has it.'
    case 'all_at_limit':
      return 'Everybody on duty had as many chats as they take.'
    case 'all_tried':
      return 'Everybody on duty had been asked already.'
    case 'nobody_on_duty':
      return 'Nobody was on duty.'
    default:
      return d.rule
  }
}

const verdicts: Record<string, string> = {
  eligible: 'could be given it',
  not_listening: 'not at the desk',
  off: 'off duty',
  paused: 'paused',
  holiday: 'on holiday',
  on_leave: 'on leave',
  off_shift: 'outside the shift',
  tried: 'asked already',
  at_limit: 'at the limit',
}

/** Why somebody could be given a conversation, or not. */
export function verdictOf(verdict: string): string {
  return verdicts[verdict] ?? verdict
}

/** Open conversations and how many there may be. */
export function load(open = 0, limit = 0): string {
  return limit > 0 ? `${open}/${limit}` : String(open)
}

/** What keeps new visitors from her although she is on duty, or how many more she takes; empty: nothing to say. */
export function dutyWords({ state, verdict, open, limit }: Duty): string {
  if (state !== 'on') return ''
  switch (verdict) {
    case 'at_limit':
      return `At your limit ${load(open, limit)}`
    case 'off_shift':
      return 'Outside your shift'
    case 'holiday':
      return 'Today is a holiday'
    case 'on_leave':
      return 'You are on leave'
    case 'eligible':
      return limit > 0 ? `${load(open, limit)} chats` : ''
  }
  return ''
}

/** A refusal, for the manager who asked for it. */
export function refusal(error: unknown, action?: 'reopen'): string {
  if (!(error instanceof ApiError)) return 'The server does not answer. Please try again.'
  switch (error.code) {
    case 'chat_already_open':
      if (action === 'reopen') return `The visitor has another open chat${error.managerName ? ` with ${error.managerName}` : ''}.`
      return `${error.managerName ?? 'Somebody'} was faster.`
    case 'limit_reached':
      return 'You have as many open chats as you take. Close one first.'
    case 'conversation_closed':
      return 'This chat is over.'
    case 'reopen_too_late':
      return 'This chat ended too long ago to be taken up again.'
    case 'forbidden':
      return 'This chat is not yours any more.'
    case 'manager_unavailable':
      return unavailable(error.message)
  }
  return error.message
}

/** The server's sentence with its verdict, which is a word for programs, in words for people. */
function unavailable(message: string): string {
  return message.replace(/\((\w+)\)$/, (_, verdict: string) => `(${verdictOf(verdict)})`)
}

/** "0:07", "12:40", "1:02:40", "3 days": how long something has lasted. */
export function lasted(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  if (s >= 2 * 86_400) return `${Math.floor(s / 86_400)} days`
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** The step by which whoever has it now came to it; undefined: nobody has it. */
export function arrival(steps: readonly Transition[]): Transition | undefined {
  const last = steps.at(-1)
  if (!last || last.manager_id === null) return undefined
  let i = steps.length - 1
  while (i > 0 && steps[i - 1]?.manager_id === last.manager_id && steps[i]?.action !== 'reopened') i--
  return steps[i]
}

/** What the one before wrote for whoever has it now: the last note since the chat began, or began again. */
export function noteFor(steps: readonly Transition[]): Transition | undefined {
  const last = steps.at(-1)
  if (!last || last.to_state === 'closed') return undefined
  for (const t of [...steps].reverse()) {
    if (t.note) return t
    if (t.from_state === 'none' || t.action === 'reopened') return undefined
  }
  return undefined
}

/** Until when the conversation should be accepted or answered; null: there is no hurry. */
export function answerBy(c: Conversation): string | null {
  return c.status === 'open' ? (c.staff?.answer_by ?? null) : null
}
