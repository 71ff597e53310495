import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { ApiError, check, isRateable, Letter, Lookout, stageOf, wantsForm } = await load('tests/life.ts')

const facts = (more = {}) => ({ trouble: null, conversation: null, ended: false, opening: false, slowed: false, online: null, leftIn: null, ...more })
const waits = (more = {}) => ({ id: 7, state: 'waiting', queue: { position: 3, unattended: false, ...more } })

test('every state has its stage', () => {
  const offline = { kind: 'offline', text: null }
  const rows = [
    [{ trouble: offline }, 'offline'],
    [{ trouble: offline, online: false }, 'offline'],
    [{ trouble: offline, online: true }, 'here'],
    [{ trouble: { kind: 'busy', text: null } }, 'busy'],
    [{ trouble: { kind: 'failed', text: null }, online: true }, 'failed'],
    [{ slowed: true, conversation: waits() }, 'slowed'],
    [{ opening: true, ended: true }, 'opening'],
    [{ conversation: waits() }, 'queued'],
    [{ conversation: waits(), online: true }, 'queued'],
    [{ conversation: waits(), online: false }, 'alone'],
    [{ conversation: waits({ unattended: true }), online: true }, 'alone'],
    [{ conversation: waits({ unattended: true }), leftIn: 7 }, 'left'],
    [{ conversation: waits({ unattended: true }), leftIn: 8 }, 'alone'],
    [{ conversation: { id: 7, state: 'assigned' }, leftIn: 7, online: true }, 'talking'],
    [{ conversation: { id: 7, state: 'assigned' } }, 'talking'],
    [{ conversation: { id: 7, state: 'assigned' }, online: false }, 'gone'],
    [{ conversation: { id: 7, state: 'closed' }, ended: true, online: false }, 'ended'],
    [{}, 'talking'],
  ]
  for (const [more, stage] of rows) assert.equal(stageOf(facts(more)), stage, JSON.stringify(more))
  assert.deepEqual(['offline', 'here', 'alone', 'queued', 'left', 'ended'].filter(wantsForm), ['offline', 'here', 'alone'])
})

test('a conversation can be rated once, for a week', () => {
  const closed = '2026-01-01T00:00:00.000Z'
  const day = (n) => Date.parse(closed) + n * 86_400_000
  assert.equal(isRateable(closed, null, day(1)), true)
  assert.equal(isRateable(closed, 4, day(1)), false)
  assert.equal(isRateable(closed, null, day(8)), false)
  assert.equal(isRateable(null, null, day(1)), false)
})

test('a letter needs words and a way to answer', () => {
  const contact = (email, phone = '') => ({ name: '', email, phone })
  const rows = [
    [contact('a@example.com'), ' ', 'needMessage'],
    [contact(''), 'Hello', 'needContact'],
    [contact(' ', ' '), 'Hello', 'needContact'],
    [contact('nobody'), 'Hello', 'needEmail'],
    [contact('nobody', '+47 1'), 'Hello', 'needEmail'],
    [contact('', '+47 1'), 'Hello', null],
    [contact('a@example.com'), 'Hello', null],
  ]
  for (const [who, text, fault] of rows) assert.equal(check(who, text), fault)
})

function letter(outcomes) {
  const sent = []
  const api = {
    post: async (path, params) => {
      sent.push({ path, ...params })
      const outcome = outcomes.shift()
      if (outcome) throw outcome
      return { conversation: { id: 7 } }
    },
  }
  const memory = { contact: { name: '', email: 'a@example.com', phone: '' } }
  return { letter: new Letter(api, 'v1', memory, () => {}), sent, memory }
}

test('the same words are sent again with the same id, other words with another', async () => {
  const { letter: l, sent } = letter([new TypeError('network'), null, null])
  assert.equal(await l.send('Hello '), null)
  assert.equal(l.fault, 'notLeft')
  assert.deepEqual(await l.send('Hello'), { id: 7 })
  await l.send('Something else')
  assert.equal(sent[0].client_message_id, sent[1].client_message_id)
  assert.notEqual(sent[1].client_message_id, sent[2].client_message_id)
  assert.equal(sent[0].path, 'offline/v1')
})

test('what the server refuses is said beside its field, until that is changed', async () => {
  const { letter: l, memory } = letter([new ApiError(400, 'email_invalid', '', null)])
  await l.send('Hello')
  assert.equal(l.fault, 'needEmail')
  l.set('name', 'Maya')
  assert.equal(l.fault, 'needEmail')
  l.set('email', 'b@example.com')
  assert.equal(l.fault, null)
  assert.deepEqual(memory.contact, { name: 'Maya', email: 'b@example.com', phone: '' })
})

test('the lookout hears while it watches, and knows nothing when it does not', async (t) => {
  const answers = [{ online: false, channel: '/availability/1' }]
  t.mock.method(globalThis, 'fetch', async () => new Response(JSON.stringify(answers[0])))
  const followed = new Map()
  const live = {
    follow: (channel, follower) => {
      followed.set(channel, follower)
      return () => followed.delete(channel)
    },
  }
  const lookout = new Lookout('http://x/chat/availability?', live, () => {})
  lookout.start()
  await new Promise((done) => setTimeout(done, 5))
  assert.equal(lookout.online, false)
  const follower = followed.get('/availability/1')
  follower.event({ entity: 'availability', availability: { online: true } })
  assert.equal(lookout.online, true)
  lookout.stop()
  assert.deepEqual([lookout.online, followed.size], [null, 0])
  lookout.start()
  assert.equal(followed.size, 1, 'the channel is known by now')
  lookout.stop()
})
