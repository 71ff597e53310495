// giosg's API and the Bayeux clients together: an operator who writes by REST is heard by the unmodified faye and cometd
// clients from npm, on this server's channels and on giosg's, each in the words of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'faye-websocket'
import faye from 'faye'
import { Mailbox } from './mailbox.mjs'
import { Server } from './server.mjs'

globalThis.window = { WebSocket: WebSocket.Client, setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (id) => clearTimeout(id) }
const { CometD } = await import('cometd')
const limit = { timeout: 60_000 }

test('what an operator writes by REST is heard by faye and cometd, on both kinds of channels', limit, async (t) => {
  const records = {}
  const server = await Server.start(t, { prepare: (s) => prepare(s, records) })
  const { org, anna } = records

  // She becomes a visitor by giosg's API and is one for /chat and Bayeux as well.
  const auth = await server.post(`/api/v5/public/orgs/${org.uuid}/auth`, {}, { json: true })
  const { visitor_id: visitorId, access_token: token } = auth.body
  const manager = fayeClient(server, anna.token)
  const visitor = fayeClient(server, token)
  const elsewhere = await cometdClient(server, token)
  await manager.subscribe('/service/*') // puts Anna on duty
  const opened = await server.post(`/chat/service/${visitorId}`, {}, { token })
  assert.equal(opened.status, 201, JSON.stringify(opened.body))
  const conversation = `/conversations/${opened.body.conversation.id}`
  anna.uuid = (await call(server, anna.key, 'GET', '/api/v5/users/me')).id
  const { results } = await call(server, anna.key, 'GET', `/api/v5/orgs/${org.uuid}/owned_chats`)
  assert.equal(results.length, 1)
  const chat = results[0].id

  const owned = `/api/v5/orgs/${org.uuid}/owned_chats/${chat}/messages`
  const hers = `/api/v5/public/visitors/${visitorId}/chats/${chat}/messages`
  await visitor.subscribe(conversation)
  await visitor.subscribe(hers)
  await manager.subscribe(owned)
  await elsewhere.subscribe(hers)

  await call(server, anna.key, 'PUT', `/api/v5/users/${anna.uuid}/chat_memberships/${chat}`, { is_participating: true })
  const written = await call(server, anna.key, 'POST', `/api/v5/users/${anna.uuid}/chats/${chat}/messages`, { message: 'Tea is served.' })
  assert.deepEqual([written.message, written.sender_type, written.sender_id], ['Tea is served.', 'user', anna.uuid])

  let event
  do event = await visitor.next(conversation) // the conversation itself is told there, too
  while (event.entity !== 'message')
  assert.deepEqual([event.event, event.message.content], ['created', 'Tea is served.'])
  assert.deepEqual([event.message.sender_type, event.message.sender_id], ['manager', anna.id])
  for (const [client, channel] of [[manager, owned], [visitor, hers], [elsewhere, hers]]) {
    const told = await said(client, channel)
    assert.deepEqual(Object.keys(told).sort(), ['action', 'resource', 'resourceId'])
    assert.deepEqual([told.action, told.resourceId], ['added', written.id])
    assert.deepEqual([told.resource.id, told.resource.message, told.resource.sender_id], [written.id, 'Tea is served.', anna.uuid])
  }

  // Users' channels are not for visitors, and nobody's are for strangers.
  await assert.rejects(visitor.subscribe(owned), { code: 403 })
  await assert.rejects(elsewhere.subscribe(owned), /^Error: 403:/)
  await assert.rejects(fayeClient(server).subscribe(hers), { code: 403 })
})

/** The next message of a person: coming and going are told on the same channels. */
async function said(client, channel) {
  for (;;) {
    const told = await client.next(channel)
    if (told.resource?.type === 'msg') return told
  }
}

async function prepare(server, records) {
  records.org = await server.json('org', 'create', '--name', 'Teapot & Co.')
  const who = ['--name', 'Anna', '--email', 'anna@example.com', '--password', 'a long password']
  const { id } = await server.json('manager', 'create', '--org', '1', ...who)
  const { token } = await server.json('token', 'manager', '--id', String(id))
  const { key } = await server.json('apikey', 'create', '--name', 'bridge', '--manager', String(id))
  records.anna = { id, token, key }
}

async function call(server, key, method, path, body) {
  const headers = { Authorization: `Token ${key}`, ...(body && { 'Content-Type': 'application/json' }) }
  const response = await fetch(server.origin + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return JSON.parse(text)
}

function fayeClient(server, token) {
  const client = new faye.Client(`${server.origin}/faye`)
  client.addExtension({
    outgoing(message, callback) {
      if (token && /^\/meta\/(handshake|connect|subscribe)$/.test(message.channel)) message.ext = { token }
      callback(message)
    },
  })
  server.beforeRemove(() => client.disconnect())
  const mailbox = new Mailbox()
  return {
    async subscribe(channel) {
      const subscription = client.subscribe(channel).withChannel((name, data) => mailbox.put(name, data))
      // A bare await would take a refusal for success: faye's then() swallows what it has no callback for.
      await new Promise((done, fail) => void subscription.then(done, fail))
    },
    next: (channel) => mailbox.next(channel),
  }
}

async function cometdClient(server, token) {
  const client = new CometD()
  client.configure({ url: `${server.origin}/cometd`, logLevel: 'error' })
  for (const other of ['long-polling', 'callback-polling']) client.unregisterTransport(other)
  server.beforeRemove(() => new Promise((done) => client.disconnect(done)))
  const shaken = await new Promise((done) => client.handshake({ ext: { token } }, done))
  assert.equal(shaken.successful, true, JSON.stringify(shaken))
  const mailbox = new Mailbox()
  return {
    subscribe(channel) {
      const take = (message) => mailbox.put(message.channel, message.data)
      return new Promise((done, fail) => {
        client.subscribe(channel, take, {}, (reply) => (reply.successful ? done() : fail(new Error(reply.error))))
      })
    },
    next: (channel) => mailbox.next(channel),
  }
}
