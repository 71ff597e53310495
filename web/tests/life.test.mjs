import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { ApiError, count, Inbox, life, upsert, viewTeammate } = await load('tests/life.ts')
const names = (id) => ({ 1: 'Anna (you)', 2: 'Boris' })[id] ?? 'a colleague'
const step = (more) => ({
  id: 1, conversation_id: 9, action: 'opened', from_state: more.action ? 'assigned' : 'none', to_state: 'assigned', from_manager_id: null, manager_id: 1,
  actor_type: 'visitor', actor_id: 'v', note: '', decision: null, created_at: '2026-01-01T10:00:00.000Z', ...more,
})

test('every step is one plain sentence', () => {
  const manager = { actor_type: 'manager', actor_id: '2' }
  const system = { actor_type: 'system', actor_id: '' }
  const rows = [
    [{}, 'The visitor opened the chat; it went to Anna (you)'],
    [{ manager_id: null, to_state: 'waiting' }, 'The visitor opened the chat; it waits in the queue'],
    [{ ...manager, manager_id: 2 }, 'Boris opened the chat'],
    [{ action: 'left', manager_id: null }, 'The visitor left a message; it waits in the queue'],
    [{ ...system, action: 'assigned' }, 'From the queue to Anna (you)'],
    [{ ...manager, action: 'claimed', from_state: 'waiting' }, 'Boris took it from the queue'],
    [{ ...manager, action: 'claimed', from_state: 'assigned' }, 'Boris accepted it'],
    [{ ...manager, action: 'answered' }, 'Boris answered'],
    [{ ...manager, action: 'transferred', from_manager_id: 2 }, 'Boris gave it to Anna (you)'],
    [{ action: 'transferred', actor_type: 'backend', actor_id: '3' }, 'The site gave it to Anna (you)'],
    [{ ...manager, action: 'queued', manager_id: null }, 'Boris put it back into the queue'],
    [{ ...manager, action: 'taken_over', from_manager_id: 1 }, 'Boris took it over from Anna (you)'],
    [{ ...manager, action: 'taken_over', from_manager_id: null }, 'Boris took it over from the queue'],
    [{ ...system, action: 'reassigned', from_manager_id: 2 }, 'Boris was gone for too long; it went to Anna (you)'],
    [{ ...system, action: 'unanswered', from_manager_id: 2, manager_id: null }, 'Boris did not answer in time; it waits in the queue'],
    [{ ...system, action: 'unanswered', manager_id: null }, 'Nobody took it in time; it waits in the queue'],
    [{ ...manager, action: 'closed' }, 'Boris closed the chat'],
    [{ ...system, action: 'idle_closed' }, 'Nothing happened for a long time, so the chat was closed'],
    [{ action: 'reopened' }, 'The visitor took the chat up again; it went to Anna (you)'],
    [{ action: 'rated' }, 'The visitor rated the chat'],
    [{ ...manager, actor_id: '77', action: 'closed' }, 'a colleague closed the chat'],
  ]
  for (const [more, words] of rows) assert.equal(life.sentence(step(more), names), words)
})

test('every rule and verdict of duty has words', () => {
  const rules = ['previous_counterpart', 'only_one', 'least_loaded', 'longest_idle', 'round_robin', 'broadcast', 'all_at_limit', 'all_tried', 'nobody_on_duty']
  for (const rule of rules) assert.match(life.reason({ rule, manager_id: 2, considered: [] }, names), /^[A-Z].* .*\.$/, rule)
  const verdicts = ['eligible', 'not_listening', 'off', 'paused', 'holiday', 'on_leave', 'off_shift', 'tried', 'at_limit']
  for (const verdict of verdicts) assert.match(life.verdictOf(verdict), /^[a-z ]+$/, verdict)
})

test('the header says what keeps new visitors away, to her who is on duty', () => {
  const duty = (more) => ({ state: 'on', verdict: 'eligible', open: 3, limit: 3, ...more })
  const rows = [
    [{ verdict: 'at_limit' }, 'At your limit 3/3'],
    [{ verdict: 'off_shift' }, 'Outside your shift'],
    [{ open: 1 }, '1/3 chats'],
    [{ limit: 0 }, ''],
    [{ state: 'off', verdict: 'off' }, ''],
    [{ state: 'paused', verdict: 'paused' }, ''],
  ]
  for (const [more, words] of rows) assert.equal(life.dutyWords(duty(more)), words)
})

test('a refusal says who was faster', () => {
  const refused = (code, message = '', name = null) => new ApiError(409, code, message, null, name)
  assert.equal(life.refusal(refused('chat_already_open', 'x', 'Anna')), 'Anna was faster.')
  assert.match(life.refusal(refused('chat_already_open', 'x', 'Anna'), 'reopen'), /another open chat with Anna/)
  assert.match(life.refusal(refused('manager_unavailable', 'Boris cannot (off_shift)')), /^Boris cannot \(outside the shift\)$/)
  assert.match(life.refusal(new TypeError('network')), /does not answer/)
})

test('how many, where zeros are left out', () => {
  assert.deepEqual([life.load(), life.load(2), life.load(undefined, 3), life.load(2, 3)], ['0', '2', '0/3', '2/3'])
})

test('how long', () => {
  const rows = [[-5, '0:00'], [7400, '0:07'], [760_000, '12:40'], [3_760_000, '1:02:40'], [3 * 86_400_000, '3 days']]
  for (const [ms, words] of rows) assert.equal(life.lasted(ms), words)
})

test('the step by which she came to it, and the note that came with it', () => {
  const opened = step({ id: 1 })
  const given = step({ id: 2, action: 'transferred', actor_type: 'manager', actor_id: '1', manager_id: 2, note: 'at customs' })
  const accepted = step({ id: 3, action: 'claimed', actor_type: 'manager', actor_id: '2', manager_id: 2 })
  assert.equal(life.arrival([opened, given, accepted]).id, 2)
  assert.equal(life.arrival([]), undefined)
  assert.equal(life.arrival([step({ manager_id: null, to_state: 'waiting' })]), undefined)
  assert.equal(life.noteFor([opened]), undefined)
  assert.equal(life.noteFor([opened, given, accepted]).note, 'at customs')
  const closed = step({ id: 4, action: 'closed', manager_id: 2, to_state: 'closed' })
  const again = step({ id: 5, action: 'reopened', manager_id: 2 })
  assert.equal(life.noteFor([opened, given, closed]), undefined)
  assert.equal(life.noteFor([opened, given, closed, again]), undefined, 'what is settled is settled')
  assert.equal(life.arrival([opened, given, closed, again]).id, 5)
})

test('who can be given one', () => {
  const mate = (more) => ({ id: 2, name: 'Boris', duty_state: 'on', on_duty: true, open: 1, max_conversations: null, ...more })
  assert.equal(viewTeammate(mate()).fit, true)
  assert.deepEqual([viewTeammate(mate({ on_duty: false, duty_state: 'paused' })).fit, viewTeammate(mate({ on_duty: false, duty_state: 'paused' })).words], [false, 'paused'])
  assert.equal(viewTeammate(mate({ max_conversations: 1 })).words, 'at the limit 1/1')
})

const waiting = (id, since, more = {}) => ({
  id, status: 'open', state: 'waiting', manager_id: null, created_at: since, updated_at: since,
  queue: { conversation_id: id, position: 1, since, unattended: false }, ...more,
})

test('the queue is in the order of waiting, whatever was said since', () => {
  const inbox = new Inbox(1)
  inbox.put(waiting(2, 't2', { last_message: { id: 9, created_at: 't9' } }))
  inbox.put(waiting(3, 't3'))
  inbox.put(waiting(1, 't1'))
  assert.deepEqual(inbox.list('queue').map((c) => c.id), [1, 2, 3])
  inbox.keepOnly('queue', [waiting(3, 't3')], 2, inbox.now)
  assert.deepEqual(inbox.list('queue').map((c) => c.id), [3])
  assert.equal(inbox.get(2).state, 'assigned', 'on the screen it stays, as somebody else’s')
})

test('the time to accept ends with an answer and with a change of hands', () => {
  const staff = { answer_by: 't9', waiting_since: 't1' }
  const given = { ...waiting(1, 't1'), state: 'assigned', manager_id: 1, staff }
  assert.equal(life.answerBy(given), 't9')
  assert.equal(life.answerBy(count(given, { id: 5, sender_type: 'manager' })), null)
  assert.equal(life.answerBy(count(given, { id: 5, sender_type: 'visitor' })), 't9')
  assert.equal(life.answerBy(upsert(given, { ...given, staff: undefined, updated_at: 't2' })), 't9')
  assert.equal(life.answerBy(upsert(given, { ...given, staff: undefined, manager_id: 2, updated_at: 't2' })), null)
})
