// A real Parley process for one test: its own port, its own data folder, gone afterwards.
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const run = promisify(execFile)
/** Milliseconds that a start or a stop may take. */
const patience = 20_000

export function binary() {
  const path = resolve(process.env.PARLEY_BIN || join(here, '../../bin/parley'))
  if (!existsSync(path)) {
    throw new Error(`No parley binary at ${path}: build it with "make build", or set PARLEY_BIN.`)
  }
  return path
}

/** A loopback port that nobody listens on. */
export async function freePort() {
  const probe = createServer()
  await new Promise((done, fail) => probe.once('error', fail).listen(0, '127.0.0.1', done))
  const { port } = probe.address()
  await new Promise((done) => probe.close(done))
  return port
}

/** Secrets that are told by their form: tokens, API keys, webhooks' secrets, hashes of passwords, private keys. */
const forms = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}|pk_\d+_[A-Z2-7]{16,}|whsec_[\w+/=-]{16,}|\$argon2id\$|-----BEGIN [A-Z ]*PRIVATE KEY/
/** Others are made known: the demo's password, and what the commands were given and answered. */
const known = new Set(['parley-demo'])
const secretFields = ['token', 'key', 'secret', 'password']

function know(value) {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && inner.length >= 8 && secretFields.includes(name)) known.add(inner)
    know(inner)
  }
}

/** The first secret in a text, cut short, or nothing. */
export function secretIn(text) {
  const found = forms.exec(text)?.[0] ?? [...known].find((secret) => text.includes(secret))
  return found && `${found.slice(0, 4)}… after ${JSON.stringify(text.slice(0, text.indexOf(found)).split('\n').at(-1).slice(-200))}`
}

export class Server {
  /**
   * Starts a server and has the test stop it. prepare(server) runs before the start, for records made by the command;
   * settings are PARLEY_ variables.
   */
  static async start(t, { args = [], settings = {}, prepare } = {}) {
    const server = new Server(await mkdtemp(join(tmpdir(), 'parley-e2e-')), await freePort(), args, settings)
    t.after(() => server.remove())
    await prepare?.(server)
    await server.up()
    return server
  }

  constructor(folder, port, args, settings) {
    this.folder = folder
    this.origin = `http://127.0.0.1:${port}`
    this.args = args
    // The caller's own settings, and PARLEY_BIN, which is none, stay outside.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_'))
    this.env = {
      ...Object.fromEntries(inherited),
      PARLEY_HTTP_LISTEN: `127.0.0.1:${port}`,
      PARLEY_DATABASE_URL: `sqlite://${join(folder, 'parley.db')}`,
      PARLEY_DATA_DIR: folder,
      PARLEY_HTTP_DRAIN: '1s',
      PARLEY_LOG_LEVEL: 'debug',
      ...settings,
    }
    this.output = ''
    this.log = '' // of that what the server logs
    this.leaving = []
  }

  /** Runs a command that prints one JSON document. */
  async json(...args) {
    const { stdout } = await run(binary(), [...args, '--json'], { env: this.env, cwd: this.folder })
    if (args.includes('--password')) known.add(args[args.indexOf('--password') + 1])
    const answer = JSON.parse(stdout)
    know(answer)
    return answer
  }

  async up() {
    const child = spawn(binary(), ['serve', ...this.args], {
      env: this.env,
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    this.exited = new Promise((done) => child.once('exit', done))
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (this.output += data))
    child.stderr.on('data', (data) => (this.log += data))
    const end = Date.now() + patience
    while (!(await fetch(`${this.origin}/readyz`).then((r) => r.ok, () => false))) {
      if (child.exitCode !== null || Date.now() > end) {
        throw new Error(`parley serve did not become ready (exit code ${child.exitCode}):\n${this.output}`)
      }
      await new Promise((done) => setTimeout(done, 50))
    }
  }

  async down() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGTERM')
    const hard = setTimeout(() => this.child.kill('SIGKILL'), patience)
    await this.exited
    clearTimeout(hard)
  }

  /** Adds what has to leave before the server does, such as clients that would look for it for ever. */
  beforeRemove(leave) {
    this.leaving.push(leave)
  }

  async remove() {
    const enough = new Promise((done) => setTimeout(done, 2000).unref())
    await Promise.race([enough, Promise.allSettled(this.leaving.map((leave) => leave()))])
    await this.down()
    await rm(this.folder, { recursive: true, force: true })
    const secret = secretIn(this.log)
    if (secret) throw new Error(`The server's log has a secret: ${secret}`)
  }

  /** GET of JSON, which has to be there. */
  async get(path, token) {
    const response = await fetch(this.origin + path, { headers: { Authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }

  /** POST of a form, or of JSON with json: true. Answers status and parsed body. */
  async post(path, params = {}, { token, json = false } = {}) {
    const response = await fetch(this.origin + path, {
      method: 'POST',
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded',
      },
      body: json ? JSON.stringify(params) : new URLSearchParams(params),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
}
