// A reverse proxy whose line can be cut, and which can refuse websockets, as some companies' proxies do.
// Under /matrix/ it serves the files of this folder, so that pages have the server's own origin.
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clients, page } from './clients.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }

export class Proxy extends EventEmitter {
  down = false
  muted = false
  refused = 0
  lines = new Set()

  /** Until it is aimed at a server it only serves files. */
  static async start(t) {
    const proxy = new Proxy()
    await new Promise((done) => proxy.server.listen(0, '127.0.0.1', done))
    proxy.origin = `http://127.0.0.1:${proxy.server.address().port}`
    t.after(() => proxy.stop())
    return proxy
  }

  constructor() {
    super()
    this.server = createServer((incoming, outgoing) => this.pass(incoming, outgoing))
    this.server.on('connection', (line) => this.takes(line))
    this.server.on('upgrade', (incoming, line, head) => (this.sockets ? this.bridge(incoming, line, head) : this.refuse(line)))
  }

  /** sockets: whether websockets are let through to the server at origin. */
  aim(origin, { sockets = true }) {
    Object.assign(this, { target: new URL(origin), sockets, down: false, muted: false, refused: 0 })
  }

  takes(line) {
    if (this.down) return line.destroy()
    this.lines.add(line)
    line.on('error', () => {}) // cut lines; whoever uses it sees 'close'
    line.on('close', () => this.lines.delete(line))
  }

  /** Breaks every line; clients may come back at once. */
  cut() {
    this.muted = false
    for (const line of this.lines) line.destroy()
  }

  /** Breaks every line and lets nobody back until lift(). */
  block() {
    this.down = true
    this.cut()
  }

  lift() {
    this.down = false
  }

  /** From now on, until the next cut, what the server sends is lost on the way; each loss emits 'lost'. */
  mute() {
    this.muted = true
  }

  /** Whether data of the server is lost. */
  loses() {
    if (this.muted) this.emit('lost')
    return this.muted
  }

  refuse(line) {
    this.refused++
    line.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  }

  pass(incoming, outgoing) {
    if (incoming.url.startsWith('/matrix/')) return serve(incoming, outgoing)
    if (!this.target) return outgoing.writeHead(404).end()
    const { hostname, port } = this.target
    const { method, url: path, headers } = incoming
    const onward = request({ hostname, port, method, path, headers, agent: false })
    // A server that cannot be reached, or goes in the middle of an answer, looks so to the client, too.
    onward.on('error', () => incoming.socket.destroy())
    onward.on('response', (answer) => {
      answer.on('error', () => incoming.socket.destroy())
      if (this.loses()) return answer.resume()
      outgoing.writeHead(answer.statusCode, answer.headers)
      outgoing.flushHeaders()
      answer.on('data', (data) => this.loses() || outgoing.write(data))
      answer.on('end', () => this.loses() || outgoing.end())
    })
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }

  bridge(incoming, line, head) {
    const onward = connect(this.target.port, this.target.hostname, () => {
      const headers = incoming.rawHeaders.reduce((text, word, i) => text + word + (i % 2 ? '\r\n' : ': '), '')
      onward.write(`GET ${incoming.url} HTTP/1.1\r\n${headers}\r\n`)
      onward.write(head)
      line.pipe(onward)
      onward.on('data', (data) => this.loses() || line.write(data))
      onward.on('end', () => line.end())
    })
    onward.on('error', () => line.destroy())
    onward.on('close', () => line.destroy())
    line.on('close', () => onward.destroy())
  }

  stop() {
    this.block()
    return new Promise((done) => this.server.close(done).closeAllConnections())
  }
}

/** /matrix/page/<number of the client>, or a file of this folder. */
async function serve(incoming, outgoing) {
  const path = incoming.url.slice('/matrix/'.length)
  const [, number] = /^page\/(\d+)$/.exec(path) ?? []
  if (number) return outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end(page(clients[number]))
  try {
    const body = await readFile(join(here, path))
    outgoing.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream' }).end(body)
  } catch {
    outgoing.writeHead(404).end()
  }
}
