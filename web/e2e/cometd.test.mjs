// The listening part of the sequence with the unmodified cometd client from npm, over both of its transports.
// It is written for browsers; Node lends it a window with what it uses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'faye-websocket'
import { Mailbox } from './mailbox.mjs'
import { Server } from './server.mjs'

globalThis.window = {
  WebSocket: WebSocket.Client,
  XMLHttpRequest: requestClass(),
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (id) => clearTimeout(id),
}
const { CometD } = await import('cometd')
const limit = { timeout: 60_000 }

for (const transport of ['websocket', 'long-polling']) {
  test(`cometd over ${transport}: conversations, notifications and service channels`, limit, async (t) => {
    const records = {}
    const server = await Server.start(t, { prepare: (s) => prepare(s, records) })
    const visitorId = 'v81f0'
    const asVisitor = { 'sender[type]': 'visitor', 'sender[id]': visitorId }
    const visitor = await listen(server, transport)
    const manager = await listen(server, transport, records.token)

    await visitor.subscribe(`/service/${visitorId}`)
    await visitor.subscribe(`/notifications/${visitorId}`)
    await manager.subscribe('/service/*')

    const opened = await server.post(`/chat/service/${visitorId}`, asVisitor)
    assert.equal(opened.status, 201)
    const { conversation } = opened.body
    for (const side of [visitor, manager]) {
      assert.deepEqual((await side.next(`/service/${visitorId}`)).conversation, conversation)
    }

    const channel = `/conversations/${conversation.id}`
    await visitor.subscribe(channel)
    await manager.subscribe(channel)
    for (let i = 1; i <= 20; i++) {
      const written = await server.post(`/chat/conversation/${conversation.id}`, { content: `m${i}` }, { token: records.token })
      assert.equal(written.status, 201)
    }
    for (const side of [visitor, manager]) {
      for (let i = 1; i <= 20; i++) assert.equal((await side.next(channel)).message.content, `m${i}`)
    }

    const note = { title: 'Your order is on its way' }
    const notified = await server.post(`/chat/notification/${visitorId}`, note, { token: records.key, json: true })
    assert.equal(notified.status, 201)
    assert.deepEqual((await visitor.next(`/notifications/${visitorId}`)).notification.data, note)

    await assert.rejects(visitor.subscribe('/service/*'), /403:\/service\/\*:Forbidden channel/)
    assert.equal(visitor.transport(), transport)
    assert.deepEqual([visitor.left(), manager.left()], [[], []])
  })
}

async function prepare(server, records) {
  await server.json('org', 'create', '--name', 'Teapot & Co.')
  const who = ['--name', 'Anna', '--email', 'anna@example.com', '--password', 'a long password']
  const { id } = await server.json('manager', 'create', '--org', '1', ...who)
  records.token = (await server.json('token', 'manager', '--id', String(id))).token
  records.key = (await server.json('apikey', 'create', '--org', '1', '--name', 'shop')).key
}

/** A cometd client after its handshake, with a mailbox. */
async function listen(server, transport, token) {
  const client = new CometD()
  client.configure({ url: `${server.origin}/cometd`, logLevel: 'error' })
  for (const other of ['websocket', 'long-polling', 'callback-polling']) {
    if (other !== transport) client.unregisterTransport(other)
  }
  server.beforeRemove(() => new Promise((done) => client.disconnect(done)))
  const ext = token ? { ext: { token } } : {}
  const shaken = await new Promise((done) => client.handshake(ext, done))
  assert.equal(shaken.successful, true, JSON.stringify(shaken))
  const mailbox = new Mailbox()
  return {
    transport: () => client.getTransport().type,
    subscribe(channel) {
      const take = (message) => mailbox.put(message.channel, message.data)
      return new Promise((done, fail) => {
        client.subscribe(channel, take, {}, (reply) => (reply.successful ? done() : fail(new Error(reply.error))))
      })
    },
    next: (channel) => mailbox.next(channel),
    left: () => mailbox.left(),
  }
}

/** The part of XMLHttpRequest that cometd uses, over fetch. */
function requestClass() {
  return class {
    static UNSENT = 0
    readyState = 0
    status = 0
    statusText = ''
    responseText = ''
    headers = {}
    stop = new AbortController()

    open(method, url) {
      Object.assign(this, { method, url, readyState: 1 })
    }

    setRequestHeader(name, value) {
      this.headers[name] = value
    }

    async send(body) {
      try {
        const { method, headers } = this
        const response = await fetch(this.url, { method, headers, body, signal: this.stop.signal })
        this.responseText = await response.text()
        Object.assign(this, { readyState: 4, status: response.status, statusText: response.statusText })
      } catch (error) {
        this.readyState = 4
        return error.name === 'AbortError' ? this.onabort?.() : this.onerror?.()
      }
      this.onload?.()
    }

    abort() {
      this.stop.abort()
    }
  }
}
