// One face for a faye and a cometd client. The same file runs in Node and in the browser's pages; the clients
// beneath are the packages as they were published, used as their documentation says.

/** Milliseconds in which an event must have arrived. */
const patience = 10_000

/** A list that can be waited for. */
class Inbox {
  events = []
  wake = () => {}

  put(event) {
    this.events.push(event)
    this.wake()
  }

  /** The next n events. Fails with what came instead. */
  async take(n) {
    if (this.events.length < n) {
      await new Promise((done, fail) => {
        const late = () => fail(new Error(`${this.events.length} of ${n} events within ${patience} ms: ${JSON.stringify(this.events)}`))
        const timer = setTimeout(late, patience)
        this.wake = () => {
          if (this.events.length < n) return
          clearTimeout(timer)
          done()
        }
      })
    }
    return this.events.splice(0, n)
  }
}

/** What both kinds have in common: events arrived, and what the client told the server. */
class Probe {
  inbox = new Inbox()
  handshakes = 0
  transport = null

  take(n) {
    return this.inbox.take(n)
  }

  /** How often it shook hands, and the transport of its last connect. */
  state() {
    return { handshakes: this.handshakes, transport: this.transport }
  }

  /** What arrived and nobody took. */
  left() {
    return this.inbox.events
  }

  sees(message) {
    if (message.channel === '/meta/connect') this.transport = message.connectionType
  }

  hears(message) {
    if (message.channel === '/meta/handshake' && message.successful) this.handshakes++
  }
}

const fayeTransports = ['websocket', 'eventsource', 'long-polling', 'cross-origin-long-polling', 'callback-polling']

export class FayeProbe extends Probe {
  subscriptions = new Map()

  /** transport: the best one it may use, so that it can fall back to those after it. */
  constructor({ Client }, { url, transport }) {
    super()
    this.client = new Client(`${url}/faye`, { retry: 0.3 })
    for (const better of fayeTransports.slice(0, fayeTransports.indexOf(transport))) this.client.disable(better)
    this.client.addExtension({
      outgoing: (message, callback) => {
        this.sees(message)
        callback(message)
      },
      incoming: (message, callback) => {
        this.hears(message)
        if (message.channel === '/meta/disconnect') this.released()
        callback(message)
      },
    })
  }

  async open() {
    await new Promise((done) => this.client.connect(done))
  }

  async subscribe(pattern) {
    const subscription = this.client.subscribe(pattern, (data) => this.inbox.put({ pattern, data }))
    this.subscriptions.set(pattern, subscription)
    await settled(subscription)
  }

  /** Faye does not say when the server has answered; what is sent afterwards is answered afterwards. */
  async unsubscribe(pattern) {
    this.subscriptions.get(pattern).cancel()
  }

  async publish(channel, data) {
    await settled(this.client.publish(channel, data))
  }

  /** What is published within one tick is one batch. */
  async batch(channel, list) {
    await Promise.all(list.map((data) => this.publish(channel, data)))
  }

  /** Only some versions say when the server has let them go. */
  async close() {
    if (this.closed) return
    this.closed = true
    const answered = new Promise((done) => (this.released = done))
    this.client.disconnect()
    await answered
  }
}

/** Deferrables of all faye versions have these two. */
function settled(deferrable) {
  return new Promise((done, fail) => {
    deferrable.callback(() => done())
    deferrable.errback((error) => fail(new Error(`${error.code}:${error.params}:${error.message}`)))
  })
}

const cometdTransports = ['websocket', 'long-polling', 'callback-polling']

export class CometdProbe extends Probe {
  subscriptions = new Map()

  constructor({ CometD, AckExtension }, { url, transport, ack = false }) {
    super()
    const client = new CometD()
    this.client = client
    client.configure({ url: `${url}/cometd`, logLevel: 'warn', backoffIncrement: 100, maxBackoff: 500, maxNetworkDelay: 3000 })
    for (const better of cometdTransports.slice(0, cometdTransports.indexOf(transport))) client.unregisterTransport(better)
    if (ack) client.registerExtension('ack', new AckExtension())
    client.registerExtension('probe', {
      outgoing: (message) => {
        this.sees(message)
        return message
      },
    })
    // A new session knows nothing of the old one's subscriptions; this is how its documentation has them renewed.
    client.addListener('/meta/handshake', (reply) => {
      this.hears(reply)
      if (!reply.successful || this.subscriptions.size === 0) return
      client.batch(() => {
        for (const pattern of this.subscriptions.keys()) this.send(pattern, () => {})
      })
    })
  }

  /** Its first handshake may fail: that is how it learns that a transport does not work here. */
  async open() {
    const shaken = new Promise((done) => this.client.addListener('/meta/handshake', (reply) => reply.successful && done()))
    this.client.handshake()
    await shaken
  }

  send(pattern, done) {
    const take = ({ data }) => this.inbox.put({ pattern, data })
    this.subscriptions.set(pattern, this.client.subscribe(pattern, take, {}, done))
  }

  async subscribe(pattern) {
    await answered((done) => this.send(pattern, done))
  }

  async unsubscribe(pattern) {
    await answered((done) => this.client.unsubscribe(this.subscriptions.get(pattern), {}, done))
    this.subscriptions.delete(pattern)
  }

  async publish(channel, data) {
    await answered((done) => this.client.publish(channel, data, {}, done))
  }

  async batch(channel, list) {
    const answers = []
    this.client.batch(() => {
      for (const data of list) answers.push(this.publish(channel, data))
    })
    await Promise.all(answers)
  }

  /** cometd ignores a second call, and with it the callback. */
  async close() {
    if (!this.client.isDisconnected()) await answered((done) => this.client.disconnect(done))
  }
}

function answered(send) {
  return new Promise((done, fail) => {
    send((reply) => (reply.successful ? done() : fail(new Error(reply.error ?? JSON.stringify(reply)))))
  })
}
