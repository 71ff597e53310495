// Channel rules, history, replay and the operator's calls, with the unmodified cometd client from npm. Replay is asked
// for by an extension as Salesforce's documentation has it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'faye-websocket'
import { Mailbox } from './mailbox.mjs'
import { Server } from './server.mjs'

globalThis.window = { WebSocket: WebSocket.Client, setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (id) => clearTimeout(id) }
const { CometD } = await import('cometd')

const settings = {
  PARLEY_BAYEUX_CHANNELS: JSON.stringify([
    { pattern: '/news/**', subscribe: 'anyone', publish: ['manager', 'backend'], history: { size: 3, age: '1h' }, presence: true, join_leave: true },
  ]),
}

/** What subscribers do to hear what they missed. */
class Replay {
  from = {}
  last = {}

  outgoing(message) {
    if (message.channel === '/meta/handshake') message.ext = { ...message.ext, replay: true }
    if (message.channel === '/meta/subscribe') message.ext = { ...message.ext, replay: this.from }
    return message
  }

  incoming(message) {
    if (message.channel === '/meta/handshake') this.agreed = message.ext?.replay
    if (message.ext?.replay) this.last[message.channel] = message.ext.replay
    return message
  }
}

test('what was missed is asked for, by cometd', { timeout: 60_000 }, async (t) => {
  const records = {}
  const server = await Server.start(t, { settings, prepare: (s) => prepare(s, records) })
  const anna = await connect(server, records.manager)
  for (let n = 1; n <= 4; n++) await anna.publish('/news/a', { n })

  const stranger = await connect(server)
  assert.equal(stranger.replay.agreed, true)
  await assert.rejects(stranger.publish('/news/a', {}), /403:\/news\/a:Forbidden channel/)
  const asked = await stranger.call('parley/history', { channel: '/news/a', count: 2 })
  assert.equal(asked.successful, true)
  assert.deepEqual(asked.data.publications.map((p) => p.data.n), [3, 4])
  assert.equal(asked.data.more, true)
  const refused = await stranger.call('parley/history', { channel: '/conversations/1' })
  assert.equal(refused.successful, false)

  stranger.replay.from = { '/news/a': -2 }
  await stranger.subscribe('/news/a/$presence')
  await stranger.subscribe('/news/a')
  await anna.publish('/news/a', { n: 5 })
  for (const n of [2, 3, 4, 5]) {
    const data = await stranger.next('/news/a')
    assert.equal(data.n, n)
    assert.equal(typeof data.event.replayId, 'number')
  }
  const { who, action, sessions } = await stranger.next('/news/a/$presence')
  assert.deepEqual({ who, action, sessions }, { who: 'stranger', action: 'join', sessions: 1 })

  const back = await connect(server)
  back.replay.from = { '/news/a': stranger.replay.last['/news/a'] - 1 }
  await back.subscribe('/news/a')
  assert.equal((await back.next('/news/a')).n, 5)
  assert.equal((await stranger.next('/news/a/$presence')).sessions, 2)
  back.replay.from = { '/news/b': 2 ** 53 }
  await assert.rejects(back.subscribe('/news/b'), /400::The replayId \{9007199254740992\} you provided was invalid/)
  assert.deepEqual([stranger.left(), back.left()], [[], []])

  // The same by HTTP, within the caller's rights; and what operators do.
  const get = async (path, token) => {
    const response = await fetch(server.origin + path, { headers: token ? { Authorization: `Bearer ${token}` } : {} })
    return { status: response.status, body: await response.json() }
  }
  const history = await get('/channels/history?channel=/news/a')
  assert.deepEqual(history.body.publications.map((p) => p.data.n), [3, 4, 5])
  assert.equal((await get('/channels/history?channel=/elsewhere')).status, 403)
  for (const [token, status] of [[undefined, 401], ['wrong', 401], [records.manager, 403], [records.key, 403], [records.operator, 200]]) {
    assert.equal((await get('/admin/bayeux/sessions', token)).status, status)
  }
  const { body } = await get('/admin/bayeux/sessions', records.operator)
  assert.deepEqual(body.sessions.map((s) => s.transport), ['websocket', 'websocket', 'websocket'])
  assert.equal(JSON.stringify(body).includes(records.manager), false)
  const published = await fetch(`${server.origin}/admin/bayeux/publish`, {
    method: 'POST', headers: { Authorization: `Bearer ${records.operator}` }, body: JSON.stringify({ channel: '/news/a', data: { n: 6 } }),
  })
  assert.equal(published.status, 204)
  assert.equal((await stranger.next('/news/a')).n, 6)
})

test('a conversation is replayed from the database, also after a restart', { timeout: 60_000 }, async (t) => {
  const records = {}
  const server = await Server.start(t, { prepare: (s) => prepare(s, records) })
  const visitorId = 'v81f0'
  const opened = await server.post(`/chat/service/${visitorId}`, { 'sender[type]': 'manager', 'sender[id]': '1' }, { token: records.manager })
  const id = opened.body.conversation.id
  const channel = `/conversations/${id}`
  const say = (content) => server.post(`/chat/conversation/${id}`, { content }, { token: records.manager })
  for (let i = 1; i <= 4; i++) assert.equal((await say(`m${i}`)).status, 201)

  const first = await connect(server)
  first.replay.from = { [channel]: -2 }
  await first.subscribe(channel)
  const texts = []
  while (texts.at(-1) !== 'm4') {
    const data = await first.next(channel)
    assert.equal(data.event.replayId, undefined) // the payload is as it was
    if (data.entity === 'message' && data.event === 'created') texts.push(data.message.content)
  }
  assert.deepEqual(texts, ['m1', 'm2', 'm3', 'm4'])
  const last = first.replay.last[channel]
  await first.leave()

  await say('m5')
  await server.down()
  await server.up()
  await say('m6')
  const second = await connect(server)
  second.replay.from = { [channel]: String(last) }
  await second.subscribe(channel)
  await say('m7')
  const later = []
  while (later.at(-1) !== 'm7') {
    const data = await second.next(channel)
    if (data.entity === 'message' && data.event === 'created') later.push(data.message.content)
  }
  assert.deepEqual(later, ['m5', 'm6', 'm7'])
})

async function prepare(server, records) {
  await server.json('org', 'create', '--name', 'Teapot & Co.')
  const who = ['--name', 'Anna', '--email', 'anna@example.com', '--password', 'a long password']
  const { id } = await server.json('manager', 'create', '--org', '1', ...who)
  records.manager = (await server.json('token', 'manager', '--id', String(id))).token
  records.operator = (await server.json('token', 'operator')).token
  records.key = (await server.json('apikey', 'create', '--org', '1', '--name', 'shop')).key
}

/** A cometd client after its handshake, with a mailbox. */
async function connect(server, token) {
  const client = new CometD()
  client.configure({ url: `${server.origin}/cometd`, logLevel: 'error' })
  for (const other of ['long-polling', 'callback-polling']) client.unregisterTransport(other)
  const replay = new Replay()
  client.registerExtension('replay', replay)
  const leave = () => new Promise((done) => client.disconnect(done))
  server.beforeRemove(leave)
  const shaken = await new Promise((done) => client.handshake(token ? { ext: { token } } : {}, done))
  assert.equal(shaken.successful, true, JSON.stringify(shaken))
  const mailbox = new Mailbox()
  const orFail = (done, fail) => (reply) => (reply.successful ? done() : fail(new Error(reply.error)))
  return {
    replay,
    leave,
    subscribe: (channel) =>
      new Promise((done, fail) => {
        client.subscribe(channel, (message) => mailbox.put(message.channel, message.data), {}, orFail(done, fail))
      }),
    publish: (channel, data) => new Promise((done, fail) => client.publish(channel, data, {}, orFail(done, fail))),
    call: (target, data) => new Promise((done) => client.remoteCall(target, data, 5000, done)),
    next: (channel) => mailbox.next(channel),
    left: () => mailbox.left(),
  }
}
