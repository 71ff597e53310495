import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { Outbox, ApiError, faultOf, lasting, Tray } = await load('tests/outbox.ts')
const settle = () => new Promise((done) => setTimeout(done, 5))

/** An outbox over a list of outcomes, one for each attempt: null succeeds, an error is thrown. */
function outbox(outcomes, more = {}) {
  const attempts = []
  const slept = []
  const box = new Outbox({
    delays: [1, 2],
    sleep: async (ms) => void slept.push(ms),
    onChange: () => {},
    send: async (draft) => {
      attempts.push(draft)
      const outcome = outcomes.shift()
      if (outcome) throw outcome
    },
    ...more,
  })
  return { box, attempts, slept }
}

test('messages leave one after the other, in order', async () => {
  const { box, attempts } = outbox([])
  box.add('a')
  box.add('b')
  await settle()
  assert.deepEqual(attempts.map((d) => d.content), ['a', 'b'])
  assert.deepEqual(box.drafts, [])
})

test('a network failure is tried again with the same id', async () => {
  const { box, attempts, slept } = outbox([new TypeError('network'), new ApiError(500, 'internal_error', '', null), null])
  box.add('a')
  await settle()
  assert.equal(attempts.length, 3)
  assert.equal(new Set(attempts.map((d) => d.id)).size, 1)
  assert.deepEqual(slept, [1, 2])
  assert.deepEqual(box.drafts, [])
})

test('the server may ask for a longer wait', async () => {
  const { box, slept } = outbox([new ApiError(429, 'too_many_requests', '', 3), null])
  box.add('a')
  await settle()
  assert.deepEqual(slept, [3000])
})

test('when all attempts are used up everything waiting fails, and trying again keeps the order', async () => {
  const down = new TypeError('network')
  const { box, attempts } = outbox([down, down, down])
  box.add('a')
  box.add('b')
  await settle()
  assert.deepEqual(box.drafts.map((d) => [d.content, d.state]), [['a', 'failed'], ['b', 'failed']])
  box.retry()
  await settle()
  assert.deepEqual(attempts.slice(3).map((d) => d.content), ['a', 'b'])
  assert.deepEqual(box.drafts, [])
})

test('what failed for want of a network leaves by itself when there is one again, before what is added then', async () => {
  const down = new TypeError('network')
  const { box, attempts } = outbox([down, down, down])
  box.add('a')
  await settle()
  assert.equal(box.drafts[0].state, 'failed')
  box.resume()
  await settle()
  assert.deepEqual(box.drafts, [])
  const again = outbox([down, down, down])
  again.box.add('a')
  await settle()
  again.box.add('b')
  await settle()
  assert.deepEqual(again.attempts.slice(3).map((d) => d.content), ['a', 'b'])
  assert.equal(attempts.length, 4)
})

test('what was refused does not leave by itself, and can be taken back', async () => {
  const { box, attempts } = outbox([new ApiError(403, 'forbidden', '', null)])
  box.add('a')
  await settle()
  box.resume()
  await settle()
  assert.equal(attempts.length, 1)
  box.discard(box.drafts[0].id)
  assert.deepEqual(box.drafts, [])
})

test('a network that returns cuts the wait short, but not the one that the server asked for', async () => {
  const forever = () => new Promise(() => {})
  const { box, attempts } = outbox([new TypeError('network'), new ApiError(429, 'too_many_requests', '', 9)], { sleep: forever })
  box.add('a')
  await settle()
  assert.equal(box.slowed, false)
  box.resume()
  await settle()
  assert.equal(attempts.length, 2)
  assert.equal(box.slowed, true)
  box.resume()
  await settle()
  assert.equal(attempts.length, 2)
})

test('however often the server says "too fast", nothing is given up', async () => {
  const slow = () => new ApiError(429, 'too_many_requests', '', 1)
  const { box, attempts } = outbox(Array.from({ length: 20 }, slow))
  box.add('a')
  await settle()
  assert.equal(attempts.length, 21)
  assert.deepEqual(box.drafts, [])
  assert.equal(box.slowed, false)
})

test('a refusal is not repeated, and may be taken care of', async () => {
  const refusal = new ApiError(422, 'chat_offline_message', 'x', null)
  const kept = []
  const { box, attempts } = outbox([refusal], { onRefused: (error, drafts) => kept.push(error.code, ...drafts.map((d) => d.content)) > 0 })
  box.add('a')
  await settle()
  assert.equal(attempts.length, 1)
  assert.deepEqual(kept, ['chat_offline_message', 'a'])
  assert.deepEqual(box.drafts, [])
})

test('an event that arrives before the answer settles the message', async () => {
  const { box, attempts } = outbox([new TypeError('answer lost')], { sleep: async () => box.confirm(box.drafts[0].id) })
  box.add('a')
  await settle()
  assert.equal(attempts.length, 1)
  assert.deepEqual(box.drafts, [])
})

test('a message whose files are refused says why, and those behind it wait', async () => {
  const { box } = outbox([new ApiError(415, 'attachment_type_refused', '', null)])
  box.add('', [{ name: 'page.html' }])
  box.add('b')
  await settle()
  assert.deepEqual(box.drafts.map((d) => [d.content, d.state, faultOf(d)]), [['', 'failed', 'type'], ['b', 'failed', null]])
  assert.deepEqual(lasting(box.drafts).map((d) => d.content), ['b'], 'files do not outlive the page')
  box.retry()
  await settle()
  assert.deepEqual(box.drafts, [])
})

test('progress moves without losing the message', async () => {
  const { box, attempts } = outbox([new TypeError('network'), null], {
    sleep: async () => box.progress(attempts[0].id, 0.5),
  })
  box.add('a', [{ name: 'a.png' }])
  await settle()
  assert.equal(attempts.length, 2)
  assert.deepEqual(box.drafts, [])
})

test('the tray takes what the server takes', async () => {
  let asked = 0
  const tray = new Tray(async () => {
    if (++asked === 1) throw new TypeError('network')
    return { enabled: true, max_bytes: 10, max_per_message: 2 }
  }, () => {})
  const file = (size) => ({ size, name: `${size}` })
  tray.prepare()
  await settle()
  tray.add([file(1)])
  assert.equal(tray.open, false, 'nobody knows yet')
  tray.prepare()
  await settle()
  tray.add([file(1), file(11)])
  assert.deepEqual([tray.files.length, tray.problem], [1, 'large'])
  tray.add([file(2), file(3)])
  assert.deepEqual([tray.files.map((f) => f.size), tray.problem], [[1, 2], 'many'])
  tray.remove(tray.files[0])
  assert.deepEqual([tray.take().length, tray.files.length, tray.problem], [1, 0, null])
})
