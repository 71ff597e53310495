import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { merge, unread } = await load('shared/log.ts')
const message = (id, more = {}) => ({ id, sender_type: 'visitor', content: `m${id}`, read: false, read_at: null, ...more })
const ids = (log) => log.map((m) => m.id)

test('news are put in by id, once each', () => {
  const log = merge([message(2), message(5)], [message(7), message(3), message(5)])
  assert.deepEqual(ids(log), [2, 3, 5, 7])
})

test('nothing new gives back the very same log', () => {
  const log = [message(1), message(2)]
  assert.equal(merge(log, [message(2)]), log)
  assert.equal(merge(log, []), log)
})

test('a message with a known id replaces the stored one: it was read', () => {
  const log = merge([message(1)], [message(1, { read: true, read_at: 'then' })])
  assert.equal(log[0].read, true)
})

test('a page that was asked for before a read mark does not undo it', () => {
  const log = merge([message(1, { read: true, read_at: 'then' })], [message(1), message(2)])
  assert.deepEqual([log[0].read, log[0].read_at, log[1].read], [true, 'then', false])
})

test('an edit is not undone by a page from before it, nor a deletion by an edit', () => {
  const edited = message(1, { content: 'new', edited_at: '2026-01-02' })
  let log = merge([message(1)], [edited])
  assert.equal(log[0].content, 'new')
  assert.equal(merge(log, [message(1)]), log)
  log = merge(log, [message(1, { read: true, read_at: 'then' })])
  assert.deepEqual([log[0].content, log[0].read], ['new', true])
  log = merge(log, [message(1, { content: '', deleted: true, read: true })])
  assert.deepEqual([log[0].content, log[0].deleted], ['', true])
  assert.equal(merge(log, [edited])[0].content, '')
})

test('unread is what the other side wrote', () => {
  const log = [message(1), message(2, { read: true }), message(3, { sender_type: 'manager' })]
  assert.deepEqual(ids(unread(log, 'manager')), [1])
  assert.deepEqual(ids(unread(log, 'visitor')), [3])
})
