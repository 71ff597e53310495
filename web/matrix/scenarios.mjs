// What every client must go through. Each scenario gets a world; those of a group share one, in this order.
import assert from 'node:assert/strict'
import { eventually } from '../e2e/browser.mjs'
import { Publisher } from './world.mjs'

const text = { text: 'Grüße, «привет» & "茶" <b>\u2028</b>', list: [1, null, { deep: [true] }] }
const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => ({ n: first + i }))
const data = (events) => events.map((event) => event.data)

/** Which groups a row of the matrix goes through, and what their worlds need. */
export const groups = [
  {
    settings: { PARLEY_BAYEUX_TIMEOUT: '3s' },
    scenarios: { publish, wildcard, batch, refusal, unsubscribe, disconnect, restart, crash },
  },
  {
    settings: { PARLEY_BAYEUX_TIMEOUT: '1s', PARLEY_BAYEUX_GRACE: '3s', PARLEY_BAYEUX_SWEEP: '100ms' },
    scenarios: { expiry },
  },
  {
    only: ({ transport }) => transport === 'websocket',
    sockets: false,
    settings: { PARLEY_BAYEUX_TIMEOUT: '3s' },
    scenarios: { fallback },
  },
  {
    only: ({ client }) => client.ack,
    settings: { PARLEY_BAYEUX_TIMEOUT: '3s' },
    scenarios: { ack },
  },
]

/** The event reaches the subscriber whole, over the transport that was asked for. */
async function publish(world) {
  world.listener = await world.enter()
  world.speaker = await world.enter()
  const { listener, speaker, options } = world
  await listener.subscribe('/open/talk')
  await speaker.publish('/open/talk', text)
  assert.deepEqual(await listener.take(1), [{ pattern: '/open/talk', data: text }])
  await connectsOver(listener, options.transport)
  await listener.publish('/open/talk', 'my own')
  assert.deepEqual(data(await listener.take(1)), ['my own'])
}

async function connectsOver(probe, transport) {
  await eventually(`it connects over ${transport}`, async () => (await probe.state()).transport === transport)
}

/** Each pattern sees what it covers, and nothing else. */
async function wildcard({ listener, speaker }) {
  await listener.subscribe('/open/wild/*')
  await listener.subscribe('/open/wild/**')
  for (const channel of ['/open/wild', '/open/wild/a', '/open/wild/a/b', '/open/wilder']) await speaker.publish(channel, channel)
  const seen = (await listener.take(3)).map((event) => `${event.pattern} ${event.data}`)
  assert.deepEqual(seen.sort(), [
    '/open/wild/* /open/wild/a',
    '/open/wild/** /open/wild/a',
    '/open/wild/** /open/wild/a/b',
  ])
  assert.deepEqual(await listener.left(), [])
}

/** A batch is acknowledged as a whole, and arrives in order if it was sent so. */
async function batch(world) {
  const { listener } = world
  await listener.subscribe('/open/batch')
  await batchArrives(world, '/open/batch')
  assert.deepEqual(await listener.left(), [])
}

async function batchArrives({ listener, speaker, inOrder }, channel) {
  await speaker.batch(channel, numbers(1, 10))
  const arrived = data(await listener.take(10))
  if (!inOrder) arrived.sort((a, b) => a.n - b.n)
  assert.deepEqual(arrived, numbers(1, 10))
}

/** Who may not is told so, and stays connected. */
async function refusal({ listener, speaker }) {
  await assert.rejects(listener.subscribe('/service/*'), /403:\/service\/\*:Forbidden channel/)
  await assert.rejects(speaker.publish('/closed', 1), /403:\/closed:Forbidden channel/)
  await speaker.publish('/open/talk', 'still here')
  assert.deepEqual(data(await listener.take(1)), ['still here'])
}

async function unsubscribe(world) {
  const { listener, speaker } = world
  const before = await world.figure('subscriptions')
  await listener.unsubscribe('/open/batch')
  await world.figures('subscriptions', (n) => n === before - 1)
  await speaker.publish('/open/batch', 'unheard')
  await speaker.publish('/open/talk', 'heard')
  assert.deepEqual(data(await listener.take(1)), ['heard'])
}

/** The session is gone at once, not when it expires. */
async function disconnect(world) {
  const leaving = await world.enter()
  await leaving.subscribe('/open/talk')
  const [sessions, expired] = [await world.figure('sessions'), await world.figure('expired_total')]
  // A connect that the disconnect overtakes is refused, and cometd then drops its disconnect, answered or not.
  if (world.options.transport !== 'eventsource') await world.figures('held_connects', (n) => n === sessions)
  await leaving.close()
  await world.figures('sessions', (n) => n === sessions - 1)
  assert.equal(await world.figure('expired_total'), expired)
  await world.speaker.publish('/open/talk', 'after')
  assert.deepEqual(data(await world.listener.take(1)), ['after'])
  assert.deepEqual(await leaving.left(), [])
}

/** The server stops in order and starts on the same port; clients come back by themselves. */
async function restart(world) {
  await world.server.down()
  await world.server.up()
  await isBack(world, 2)
}

/** As restart, but the server falls over. */
async function crash(world) {
  world.server.child.kill('SIGKILL')
  await world.server.exited
  await world.server.up()
  await isBack(world, 3)
}

async function isBack(world, handshakes) {
  const { listener, speaker } = world
  await world.back([listener, speaker], handshakes, 3)
  await speaker.publish('/open/talk', handshakes)
  await speaker.publish('/open/wild/a', handshakes)
  const seen = (await listener.take(3)).map((event) => event.pattern)
  assert.deepEqual(seen.sort(), ['/open/talk', '/open/wild/*', '/open/wild/**'])
}

/** Whose session expired while the line was down gets a new one, with its subscriptions. */
async function expiry(world) {
  const listener = await world.enter()
  const speaker = await world.enter()
  await listener.subscribe('/open/one')
  await listener.subscribe('/open/all/**')
  world.proxy.block()
  await world.figures('sessions', (n) => n === 0)
  assert.ok((await world.figure('expired_total')) >= 2)
  world.proxy.lift()
  await world.back([listener, speaker], 2, 2)
  await speaker.publish('/open/one', 1)
  await speaker.publish('/open/all/a/b', 2)
  assert.deepEqual(data(await listener.take(2)), [1, 2])
  assert.deepEqual(await listener.left(), [])
}

/** Where a proxy refuses websockets, another transport does. Which one first is for the client to say. */
async function fallback(world) {
  const listener = await world.enter()
  const speaker = await world.enter()
  await listener.subscribe('/open/talk')
  await batchArrives({ listener, speaker, inOrder: world.inOrderOverHTTP }, '/open/talk')
  assert.ok(world.proxy.refused > 0, 'websockets were tried')
  const { transport } = await listener.state()
  assert.ok(transport && transport !== 'websocket', `it connects over ${transport}`)
}

/** With the ack extension a line that breaks costs nothing: nothing is lost, nothing comes twice, all is in order. */
async function ack(world) {
  const listener = await world.enter({ ack: true })
  await listener.subscribe('/open/ack')
  const publisher = await Publisher.open(world.server.origin)
  let last = 0
  const say = async (count) => {
    await publisher.publish('/open/ack', numbers(last + 1, last + count))
    last += count
  }
  for (let round = 0; round < 3; round++) {
    const first = last + 1
    await world.figures('held_connects', (n) => n === 1)
    world.proxy.mute()
    const lost = world.lost()
    await say(5)
    await lost // the server has sent them, and they are gone
    await say(5)
    world.proxy.cut()
    await say(5)
    assert.deepEqual(data(await listener.take(15)), numbers(first, last))
  }
  // Cuts in the middle of everything, wherever the client is with its connects.
  const first = last + 1
  for (let i = 0; i < 8; i++) {
    await say(5)
    world.proxy.cut()
  }
  assert.deepEqual(data(await listener.take(40)), numbers(first, last))
  await say(1)
  assert.deepEqual(data(await listener.take(1)), numbers(last, last))
  assert.deepEqual(await listener.left(), [])
  assert.equal((await listener.state()).handshakes, 1)
}
