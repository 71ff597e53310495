// What one group of scenarios happens in: a server of its own, the proxy in front of it, and clients on their ground.
import { once } from 'node:events'
import { Server } from '../e2e/server.mjs'
import { eventually } from '../e2e/browser.mjs'

export class World {
  static async open(t, { client, transport }, { proxy, ground }, { settings, sockets }) {
    const world = new World()
    world.server = await Server.start(t, { settings: { PARLEY_BAYEUX_OPEN_CHANNELS: '/open/**', ...settings } })
    // Clients leave before the server does; they would look for it for ever.
    world.server.beforeRemove(() => world.leave())
    world.proxy = proxy
    world.proxy.aim(world.server.origin, { sockets })
    world.ground = ground
    world.options = { url: proxy.origin, transport }
    world.inOrderOverHTTP = client.batches
    world.inOrder = client.batches || transport === 'websocket'
    return world
  }

  probes = []

  /** A client that has shaken hands. */
  async enter(options = {}) {
    const probe = await this.ground.make({ ...this.options, ...options })
    this.probes.push(probe)
    await probe.open()
    return probe
  }

  async leave() {
    this.proxy.lift()
    await Promise.allSettled(this.probes.map((probe) => probe.close()))
    await this.ground.clear()
  }

  /** One of the server's own figures, without its prefix, such as sessions. */
  async figure(name) {
    const text = await (await fetch(`${this.server.origin}/metrics`)).text()
    return Number(new RegExp(`^parley_bayeux_${name} (\\S+)$`, 'm').exec(text)[1])
  }

  figures(name, test) {
    return eventually(`the server's figure ${name} is as expected`, async () => test(await this.figure(name)))
  }

  /** Waits until every one of them has a new session, and the server knows their subscriptions. */
  async back(probes, handshakes, subscriptions) {
    for (const probe of probes) {
      await eventually(`${handshakes} handshakes`, async () => (await probe.state()).handshakes >= handshakes)
    }
    await this.figures('subscriptions', (n) => n >= subscriptions)
  }

  /** Resolves when the proxy has lost something that the server sent. */
  lost() {
    return once(this.proxy, 'lost', { signal: AbortSignal.timeout(20_000) })
  }
}

/** Publishes straight to the server, whatever happens to the lines of others. */
export class Publisher {
  static async open(origin) {
    const publisher = new Publisher()
    publisher.url = `${origin}/bayeux`
    const shake = { channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['long-polling'] }
    const [{ clientId }] = await publisher.post([shake])
    publisher.clientId = clientId
    return publisher
  }

  async post(messages) {
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(messages) })
    const replies = await response.json()
    const bad = replies.find((reply) => !reply.successful)
    if (bad) throw new Error(JSON.stringify(bad))
    return replies
  }

  publish(channel, list) {
    return this.post(list.map((data) => ({ channel, data, clientId: this.clientId })))
  }
}
