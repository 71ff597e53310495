import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { Thread } = await load('shared/thread.ts')

/** A server with messages 1..last, with the history rules of the protocol. */
function server(last) {
  const state = { last, asked: [], marked: [] }
  const all = () =>
    Array.from({ length: state.last }, (_, i) => ({
      id: i + 1,
      conversation_id: 17,
      sender_type: 'manager',
      content: `m${i + 1}`,
      read: state.marked.includes(i + 1),
    }))
  state.api = {
    async history(id, { count, sinceId, after }) {
      state.asked.push({ count, sinceId, after })
      if (after) return all().filter((m) => m.id > sinceId).slice(0, count)
      return all().filter((m) => sinceId === undefined || m.id <= sinceId).slice(-count)
    },
    async markRead(conversation, id) {
      state.marked.push(id)
      return all()[id - 1]
    },
    async readUpTo(conversation, upTo) {
      state.calls = (state.calls ?? 0) + 1
      for (const m of all()) if (m.id <= upTo && !m.read) state.marked.push(m.id)
      return { conversation_id: conversation, reader: 'visitor', up_to: upTo, read_at: 'now' }
    },
  }
  state.thread = new Thread(state.api, 'visitor', () => {})
  return state
}
const ids = (thread) => thread.log.map((m) => m.id)
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('the newest page first, older ones on request, without a hole or a double', async () => {
  const { thread } = server(120)
  await thread.refresh(17)
  assert.deepEqual(ids(thread), range(71, 120))
  await thread.loadOlder(17)
  assert.deepEqual(ids(thread), range(21, 120))
  assert.equal(thread.older, 'more')
  await thread.loadOlder(17)
  assert.deepEqual(ids(thread), range(1, 120))
  assert.equal(thread.older, 'none')
})

test('a long absence is filled without a hole', async () => {
  const state = server(10)
  await state.thread.refresh(17)
  state.last = 700
  await state.thread.refresh(17)
  assert.deepEqual(ids(state.thread), range(1, 700))
})

test('a reason to refresh during a refresh makes it ask once more', async () => {
  const { thread, asked } = server(5)
  await Promise.all([thread.refresh(17), thread.refresh(17), thread.refresh(17)])
  assert.equal(asked.length, 2)
})

test('marks everything that the other side wrote, in one call where it is more than one', async () => {
  const state = server(3)
  const { thread, marked } = state
  await thread.refresh(17)
  await Promise.all([thread.markRead(), thread.markRead()])
  assert.deepEqual(marked, [1, 2, 3])
  assert.equal(state.calls, 1)
  assert.deepEqual(thread.unread(), [])
  state.last = 4
  await thread.refresh(17)
  await thread.markRead()
  assert.deepEqual(marked, [1, 2, 3, 4])
  assert.equal(state.calls, 1)
})

test('hears of the other side\'s reading in its conversation', () => {
  const { thread } = server(0)
  const message = (id, conversation_id, sender_type) => ({ id, conversation_id, sender_type, content: '', read: false, read_at: null })
  thread.apply([message(1, 16, 'visitor'), message(2, 17, 'visitor'), message(3, 17, 'manager'), message(4, 17, 'visitor')])
  thread.hearRead({ conversation_id: 17, reader: 'manager', up_to: 3, read_at: 'now' })
  assert.deepEqual(thread.log.map((m) => m.read), [false, true, false, false])
})
