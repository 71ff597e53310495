// What the README shows to those who come from Faye, run as it is written: each snippet in its own language, against a
// server, with nothing put in but the server's address, a key and a secret.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import faye from 'faye'
import { Mailbox } from './mailbox.mjs'
import { Server } from './server.mjs'

const web = join(dirname(fileURLToPath(import.meta.url)), '..')
const section = '## You come from Faye'
const limit = { timeout: 120_000 }
/** Milliseconds that a snippet may take. */
const patience = 30_000

/** How each language's snippets are run, from standard input. Node finds packages from the folder that it is in. */
const programs = {
  sh: ['bash', '-euo', 'pipefail', '-s'],
  ruby: ['ruby', '-'],
  php: ['php'],
  js: ['node', '--input-type=module', '-'],
}

/** The section's snippets, in order. */
async function snippets() {
  const text = await readFile(join(web, '../README.md'), 'utf8')
  const [, after] = text.split(`\n${section}\n`)
  assert.ok(after, `README.md has no section "${section}"`)
  const found = [...after.split('\n## ')[0].matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }))
  const unknown = found.filter(({ language }) => !(language in programs))
  assert.deepEqual(unknown, [], 'snippets in a language that nobody runs')
  return found
}

/** Runs a snippet. said(text) is called with all that it has printed, whenever there is more. */
function run({ language, code }, said = () => {}) {
  const [program, ...args] = programs[language]
  const child = spawn(program, args, { cwd: web, timeout: patience, killSignal: 'SIGKILL' })
  let output = ''
  let errors = ''
  child.stdout.on('data', (data) => said((output += data), child))
  child.stderr.on('data', (data) => (errors += data))
  const done = new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(error.code === 'ENOENT' ? new Error(`missing: ${program}, which README.md shows; .ci/need installs it`) : error)
    })
    child.once('close', (status, signal) => {
      if (status === 0 || child.enough) resolve(output)
      else reject(new Error(`${program} ended with ${signal ?? status}: ${errors}\n${output}\n${code}`))
    })
  })
  child.stdin.on('error', () => {}) // it did not start: the line above tells
  child.stdin.end(code)
  return done
}

async function start(t) {
  const made = {}
  const server = await Server.start(t, {
    settings: { PARLEY_AUTH_VISITORS: 'signed' },
    prepare: async (s) => {
      await s.json('org', 'create', '--name', 'Acme')
      made.key = (await s.json('apikey', 'create', '--name', 'push', '--scopes', 'push')).key
      made.secret = (await s.json('private-pub', 'on')).secret
    },
  })
  const fill = ({ language, code }) => {
    const text = code.replaceAll('http://127.0.0.1:8080', server.origin).replaceAll('API-KEY', made.key).replaceAll('SECRET', made.secret)
    return { language, code: text }
  }
  return { server, fill }
}

/** A visitor with her token, on her own channels. */
async function visitor(server, id) {
  const { token } = await server.json('token', 'visitor', '--id', id, '--org', '1')
  const mailbox = new Mailbox()
  const client = new faye.Client(`${server.origin}/faye`)
  client.addExtension({ outgoing: (message, done) => done({ ...message, ext: { token } }) })
  server.beforeRemove(() => client.disconnect())
  for (const channel of [`/service/${id}`, `/notifications/${id}`]) {
    await client.subscribe(channel, (data) => mailbox.put(channel, data))
  }
  return mailbox
}

test('what README.md shows to those who come from Faye: pushes', limit, async (t) => {
  const { server, fill } = await start(t)
  const mailbox = await visitor(server, 'v81f0')
  const other = await visitor(server, 'v81f1')
  const pushes = (await snippets()).filter(({ code }) => code.includes('API-KEY'))
  const languages = new Set()
  for (const snippet of pushes) {
    const [text] = snippet.code.match(/From [\w ]+/)
    const channel = snippet.code.match(/\/(?:service|notifications)\/v81f0/)?.[0]
    await t.test(`${snippet.language}: ${text}`, async () => {
      languages.add(snippet.language)
      await run(fill(snippet))
      if (channel) {
        assert.deepEqual(await mailbox.next(channel), { text })
        return
      }
      for (const box of [mailbox, other]) {
        const event = await box.next(box === other ? '/notifications/v81f1' : '/notifications/v81f0')
        assert.deepEqual([event.entity, event.notification.data], ['notification', { text }])
      }
      await run(fill(snippet)) // safe to repeat
    })
  }
  assert.deepEqual([...languages].sort(), Object.keys(programs).sort(), 'a language has no snippet')
  assert.equal(pushes.length, 6)
  assert.deepEqual([...mailbox.left(), ...other.left()], [])
})

test('what README.md shows to those who come from Faye: private_pub', limit, async (t) => {
  const { fill } = await start(t)
  const all = await snippets()
  const one = (word, language) => {
    const found = all.filter((s) => s.language === language && s.code.includes(word))
    assert.equal(found.length, 1, `snippets in ${language} with ${word}`)
    return fill(found[0])
  }
  const signed = JSON.parse(await run(one('hexdigest', 'ruby')))
  const page = one('private_pub_signature', 'js')
  page.code = `const signed = ${JSON.stringify(signed)}\n${page.code}`
  let pushed
  const heard = await run(page, (output, child) => {
    if (output.includes('listening')) pushed ??= run(one('private_pub_token', 'ruby'))
    if (output.includes('From Rails')) child.kill((child.enough = 'SIGTERM'))
  })
  await pushed
  assert.match(heard, /^listening\nFrom Rails\n$/)

  // A page that was given a signature of another channel hears nothing.
  const forged = { ...page, code: page.code.replace('/service/v81f0', '/service/v81f1') }
  await assert.rejects(run(forged), /code: 403/)
})

test('every snippet of README.md for those who come from Faye is run', limit, async () => {
  const pushes = (await snippets()).filter(({ code }) => code.includes('API-KEY'))
  const rest = (await snippets()).filter(({ code }) => /hexdigest|private_pub_signature|private_pub_token/.test(code))
  assert.equal(pushes.length + rest.length, (await snippets()).length)
})
