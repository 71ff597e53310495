import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { count, Inbox, upsert } = await load('dashboard/inbox.ts')
const conversation = (more = {}) => ({ id: 17, status: 'open', updated_at: '2026-01-01T10:00:00.000Z', last_message: null, ...more })
const message = (id, more = {}) => ({ id, sender_type: 'visitor', content: `m${id}`, read: false, created_at: `t${id}`, ...more })

test('older news than the known is refused, whatever the order of arrival', () => {
  const closed = conversation({ status: 'closed', updated_at: '2026-01-01T11:00:00.000Z' })
  assert.equal(upsert(closed, conversation()), null)
  assert.equal(upsert(conversation(), closed).status, 'closed')
})

test('an event without the list\'s fields keeps what was counted since', () => {
  const known = count(conversation({ unread_manager_count: 1, last_message: { id: 4 } }), message(5))
  const next = upsert(known, conversation({ manager_id: 6, unread_manager_count: 0 }))
  assert.deepEqual([next.manager_id, next.unread_manager_count, next.last_message.id], [6, 2, 5])
})

test('the list\'s counter beats the one counted here', () => {
  const known = conversation({ unread_manager_count: 7, last_message: { id: 4 } })
  assert.equal(upsert(known, conversation({ unread_manager_count: 1, last_message: { id: 4 } })).unread_manager_count, 1)
})

test('an event that comes twice is counted once', () => {
  const once = count(conversation(), message(5))
  assert.equal(once.unread_manager_count, 1)
  assert.equal(count(once, message(5)).unread_manager_count, 1)
  assert.equal(count(once, message(6, { sender_type: 'manager' })).unread_manager_count, 1)
})

test('a conversation on the screen that is hers no longer stays on the screen, but not in her list', () => {
  const inbox = new Inbox(1)
  const c = (id) => ({ id, visitor_id: 'v', manager_id: 1, status: 'open', updated_at: '1', created_at: '1', last_message_id: null, closed_at: null })
  for (const id of [1, 2, 3]) inbox.put(c(id))
  inbox.keepOnly('mine', [c(3)], 1, inbox.now)
  assert.deepEqual(inbox.list('mine').map(({ id }) => id), [3])
  assert.equal(inbox.isMine(inbox.get(1)), false)
  assert.equal(inbox.get(2), undefined)
  inbox.put({ ...c(1), updated_at: '2' })
  assert.equal(inbox.isMine(inbox.get(1)), true)
})

test('a list that was asked for before a conversation began does not remove it', () => {
  const inbox = new Inbox(1)
  const askedAt = inbox.now
  inbox.put({ id: 1, visitor_id: 'v', manager_id: 1, status: 'open', updated_at: '1', created_at: '1', last_message_id: null, closed_at: null })
  inbox.keepOnly('mine', [], null, askedAt)
  assert.equal(inbox.list('mine').length, 1)
  inbox.keepOnly('mine', [], null, inbox.now)
  assert.equal(inbox.list('mine').length, 0)
})
