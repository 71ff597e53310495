// What only a browser can show: that the pages' content policy lets them work, and that another origin's page in the
// same browser gets nothing of the dashboard, not even one that counts as the same site and so has the cookie sent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, launch, onDuty, person, site, WidgetPage } from './browser.mjs'
import { secretIn, Server } from './server.mjs'

/** Runs in the page of the other origin, which knows the server's. */
async function steal(origin) {
  const got = {}
  const address = `${origin}/dashboard/api/me`
  got.read = await fetch(address, { credentials: 'include' }).then((r) => r.text(), () => 'refused')
  got.opaque = await fetch(address, { credentials: 'include', mode: 'no-cors' }).then((r) => r.type, () => 'refused')
  got.script = await new Promise((done) => {
    const tag = document.createElement('script')
    tag.src = address
    tag.onload = () => done('loaded')
    tag.onerror = () => done('refused')
    document.body.append(tag)
  })
  got.socket = await new Promise((done) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/faye`)
    socket.onerror = () => done('refused')
    socket.onmessage = ({ data }) => {
      const [reply] = JSON.parse(data)
      if (reply.channel === '/meta/handshake') {
        socket.send(JSON.stringify([{ channel: '/meta/subscribe', clientId: reply.clientId, subscription: '/service/*' }]))
      } else done(reply.successful ? 'subscribed' : 'refused')
    }
    socket.onopen = () =>
      socket.send(JSON.stringify([{ channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['websocket'] }]))
  })
  got.framed = await new Promise((done) => {
    const frame = document.createElement('iframe')
    frame.src = `${origin}/dashboard/`
    frame.onload = () => done(frame.contentDocument === null ? 'opaque' : 'empty')
    document.body.append(frame)
  })
  // A form needs nobody's leave to be sent. It ends in a frame, so that this page stays.
  await new Promise((done) => {
    const frame = document.createElement('iframe')
    frame.name = 'result'
    document.body.append(frame)
    frame.onload = done
    const form = document.createElement('form')
    Object.assign(form, { action: `${origin}/dashboard/api/logout`, method: 'post', target: 'result' })
    document.body.append(form)
    form.submit()
  })
  return got
}

test('a page of another origin gets nothing of the dashboard', { timeout: 120_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const manager = await person(browser)
  const desk = new DeskPage(manager)
  await desk.enter(server.origin, 'anna@example.com', 'parley-demo')

  const other = await site(t, '<!doctype html><title>Evil</title><body>')
  const page = await manager.context().newPage() // the same browser, with its cookies
  await page.goto(other)
  const got = await page.evaluate(steal, server.origin)
  assert.equal(got.read, 'refused')
  assert.equal(got.opaque, 'refused')
  assert.equal(got.script, 'refused')
  assert.equal(got.socket, 'refused')
  assert.equal(got.framed, 'opaque')
  const framed = page.frames().filter((frame) => frame.url().startsWith(server.origin))
  assert.deepEqual(framed.map((frame) => frame.url()).filter((url) => !url.endsWith('/logout')), [], 'the dashboard is shown in a frame')
  const popup = page.waitForEvent('popup')
  await page.evaluate((address) => (globalThis.opened = open(address)), `${server.origin}/dashboard/`)
  await (await popup).waitForLoadState()
  await page.waitForFunction(() => globalThis.opened.closed, null, { timeout: 5000 }) // to who opened it, it is gone

  const still = await manager.evaluate(async () => (await fetch('/dashboard/api/me')).status)
  assert.equal(still, 200, 'the form signed her out')
  assert.deepEqual(manager.errors, [])
})

test('the widget works on a page that allows this server alone', { timeout: 120_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const { site_key: key } = await (await fetch(`${server.origin}/demo/site.json`)).json()
  const browser = await launch(t)
  const desk = new DeskPage(await person(browser))
  await desk.enter(server.origin, 'anna@example.com', 'parley-demo')
  await desk.duty('On duty')
  await onDuty(desk)

  const sockets = server.origin.replace('http', 'ws')
  const shop = await site(t, `<!doctype html><title>Shop</title><body><script src="${server.origin}/widget.js" data-app-key="${key}"></script>`, {
    'Content-Security-Policy': `default-src 'none'; script-src ${server.origin}; connect-src ${server.origin} ${sockets}; img-src ${server.origin}`,
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Opener-Policy': 'same-origin',
  })
  const visitor = await person(browser)
  await visitor.goto(shop)
  const widget = new WidgetPage(visitor)
  await widget.open()
  await widget.write('From a strict page')
  await desk.items.first().click()
  await desk.message('From a strict page').waitFor()
  await desk.write('It works')
  await widget.message('It works').waitFor()
  assert.deepEqual(visitor.errors, [])
  assert.deepEqual(desk.page.errors, [])
})

test('a secret in a log or an address is seen', () => {
  const token = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.c`
  for (const text of [`GET /chat?token=${token}`, 'key=pk_1_ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'body parley-demo', `whsec_${'x'.repeat(20)}`]) {
    assert.ok(secretIn(text), text)
    assert.ok(!secretIn(text).includes(token))
  }
  assert.equal(secretIn('{"level":"INFO","request_id":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","route":"/chat/keys"}'), undefined)
})
