// The initialisation sequence with the unmodified faye client from npm, over both of its Node transports,
// once with nothing but ids (capability mode) and once with signed visitor tokens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import faye from 'faye'
import { Mailbox } from './mailbox.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 60_000 }

for (const transport of ['websocket', 'long-polling']) {
  test(`faye over ${transport}, visitors by capability`, limit, (t) => sequence(t, transport, false))
  test(`faye over ${transport}, visitors with signed tokens`, limit, (t) => sequence(t, transport, true))
}

async function sequence(t, transport, signed) {
  const records = {}
  const server = await Server.start(t, {
    settings: signed ? { PARLEY_AUTH_VISITORS: 'signed' } : {},
    prepare: (s) => prepare(s, records),
  })
  const visitorId = 'v81f0'
  const { token } = signed ? await server.json('token', 'visitor', '--id', visitorId, '--org', '1') : {}
  const asVisitor = { ...(!signed && { 'sender[type]': 'visitor', 'sender[id]': visitorId }) }
  const post = (path, params = {}) => server.post(path, { ...asVisitor, ...params }, { token })
  const visitor = listen(server, transport, token)
  const manager = listen(server, transport, records.anna.token)

  // Nobody is on duty: 422, the literal code, and nothing is created.
  const offline = await post(`/chat/service/${visitorId}`)
  assert.equal(offline.status, 422)
  assert.deepEqual(offline.body, { error: 'chat_offline_message', code: 'chat_offline_message' })

  // The visitor holds her service channel, the manager all of them; that puts the manager on duty.
  await visitor.subscribe(`/service/${visitorId}`)
  await manager.subscribe('/service/*')

  // Opening is announced to both, and answered with the same object.
  const opened = await post(`/chat/service/${visitorId}`)
  assert.equal(opened.status, 201)
  const { conversation } = opened.body
  assert.equal(opened.body.event, 'created')
  assert.equal(conversation.visitor_id, visitorId)
  assert.equal(conversation.manager_id, records.anna.id)
  assert.equal(conversation.status, 'open')
  for (const side of [visitor, manager]) {
    const event = await side.next(`/service/${visitorId}`)
    assert.deepEqual([event.entity, event.event], ['conversation', 'created'])
    assert.deepEqual(event.conversation, conversation)
  }

  const channel = `/conversations/${conversation.id}`
  await visitor.subscribe(channel)
  await manager.subscribe(channel)

  // A message of the visitor reaches both sides; the same client_message_id makes no second one.
  const write = { content: 'Hello, is anybody here?', client_message_id: 'c-1' }
  const written = await post(`/chat/conversation/${conversation.id}`, write)
  assert.equal(written.status, 201)
  const { message } = written.body
  assert.equal(message.content, write.content)
  assert.equal(message.client_message_id, 'c-1')
  assert.deepEqual([message.sender_type, message.sender_id, message.read], ['visitor', visitorId, false])
  for (const side of [visitor, manager]) {
    const event = await side.next(channel)
    assert.deepEqual([event.entity, event.event], ['message', 'created'])
    assert.deepEqual(event.message, message)
  }
  const again = await post(`/chat/conversation/${conversation.id}`, write)
  assert.deepEqual([again.status, again.body.message.id], [200, message.id])

  // The manager answers, in JSON this time.
  const asAnna = { token: records.anna.token }
  const answered = await server.post(`/chat/conversation/${conversation.id}`, { content: 'Yes!' }, { ...asAnna, json: true })
  assert.equal(answered.status, 201)
  assert.deepEqual([answered.body.message.sender_type, answered.body.message.sender_id], ['manager', records.anna.id])
  for (const side of [visitor, manager]) assert.deepEqual((await side.next(channel)).message, answered.body.message)

  // Her read mark is announced once, however often she sets it.
  const markPath = `/chat/conversation/${conversation.id}/message/${message.id}/mark_read`
  for (let i = 0; i < 2; i++) {
    const marked = await server.post(markPath, {}, asAnna)
    assert.deepEqual([marked.status, marked.body.message.read], [200, true])
  }
  const visitorMark = `/chat/conversation/${conversation.id}/message/${answered.body.message.id}/mark_read`
  assert.equal((await post(visitorMark)).status, 200)
  for (const side of [visitor, manager]) {
    for (const id of [message.id, answered.body.message.id]) {
      const event = await side.next(channel)
      assert.deepEqual([event.entity, event.event, event.message.id, event.message.read], ['message', 'updated', id, true])
    }
  }

  // Another manager is told who has the conversation.
  const other = await server.post(`/chat/service/${visitorId}`, {}, { token: records.boris.token })
  assert.deepEqual([other.status, other.body.code, other.body.manager_id], [409, 'chat_already_open', records.anna.id])

  // Opening the window anew fetches the same conversation and announces it again.
  const reopened = await post(`/chat/service/${visitorId}`)
  assert.deepEqual([reopened.status, reopened.body.conversation.id], [200, conversation.id])
  assert.equal((await visitor.next(`/service/${visitorId}`)).event, 'updated')
  assert.equal((await manager.next(`/service/${visitorId}`)).conversation.id, conversation.id)

  // History: ascending, a bare array.
  const history = await post(`/chat/conversation/${conversation.id}/messages`, { count: '10' })
  assert.equal(history.status, 200)
  assert.deepEqual(history.body.map((m) => [m.content, m.read]), [[write.content, true], ['Yes!', true]])
  assert.equal(history.headers.get('X-Total-Count'), '2')

  // Closing reaches both channels; a closed conversation takes no more messages.
  const closed = await post(`/chat/conversation/${conversation.id}/close`)
  assert.deepEqual([closed.status, closed.body.conversation.status], [200, 'closed'])
  assert.equal((await visitor.next(channel)).conversation.status, 'closed')
  assert.equal((await manager.next(`/service/${visitorId}`)).conversation.status, 'closed')
  const late = await post(`/chat/conversation/${conversation.id}`, { content: 'One more' })
  assert.deepEqual([late.status, late.body.code], [409, 'conversation_closed'])

  // Who may not listen is refused in Faye's words and stays connected.
  const stranger = listen(server, transport)
  await refused(stranger, '/service/*')
  if (signed) await refused(stranger, `/service/${visitorId}`)
  await refused(visitor, '/service/*')
  await refused(visitor, '/conversations/*')
  const boris = listen(server, transport, records.boris.token)
  await refused(boris, channel)

  assert.deepEqual(visitor.left(), [])
  for (const client of [visitor, manager]) assert.deepEqual([...client.connectionTypes], [transport])
}

async function prepare(server, records) {
  const org = await server.json('org', 'create', '--name', 'Teapot & Co.')
  for (const name of ['anna', 'boris']) {
    const who = ['--name', name, '--email', `${name}@example.com`, '--password', 'a long password']
    const { id } = await server.json('manager', 'create', '--org', String(org.id), ...who)
    const { token } = await server.json('token', 'manager', '--id', String(id))
    records[name] = { id, token }
  }
}

async function refused(client, channel) {
  await assert.rejects(client.subscribe(channel), (error) => {
    assert.deepEqual([error.code, error.params, error.message], [403, [channel], 'Forbidden channel'])
    return true
  })
}

/** A faye client with a mailbox. */
function listen(server, transport, token) {
  const client = new faye.Client(`${server.origin}/faye`)
  if (transport === 'long-polling') client.disable('websocket')
  const connectionTypes = new Set()
  client.addExtension({
    outgoing(message, callback) {
      if (message.channel === '/meta/connect') connectionTypes.add(message.connectionType)
      if (token && /^\/meta\/(handshake|connect|subscribe)$/.test(message.channel)) message.ext = { token }
      callback(message)
    },
  })
  server.beforeRemove(() => client.disconnect())
  const mailbox = new Mailbox()
  return {
    connectionTypes,
    async subscribe(channel) {
      const subscription = client.subscribe(channel).withChannel((name, data) => mailbox.put(name, data))
      // A bare await would take a refusal for success: faye's then() swallows what it has no callback for.
      await new Promise((done, fail) => void subscription.then(done, fail))
    },
    next: (channel) => mailbox.next(channel),
    left: () => mailbox.left('/conversations/'),
  }
}
