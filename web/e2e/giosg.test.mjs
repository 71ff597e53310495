// Pages that were made for giosg: the script at /live/, what managers see of their visitors, and calls by sound and
// picture between two browsers.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { DeskPage, eventually, launch, onDuty, patience, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 240_000 }
const anna = ['anna@example.com', 'parley-demo']

/** A browser whose microphone and camera are made up: a picture that moves, and a beep. */
async function launchWithDevices(t) {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  const devices = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--disable-features=WebRtcHideLocalIpsWithMdns']
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', ...devices] })
  t.after(() => browser.close())
  return browser
}

/** The tag as sites have it, with the calls that they make right behind it. */
function tagged(server, account, calls = '', path = '/live/') {
  return `<!doctype html><html lang="en"><title>Shop</title><body><h1>Shop</h1><script>${stub(server, account, path)}${calls}</script>`
}

function stub(server, account, path) {
  return `(function (w, d) {
    w._giosg = w._giosg || function () { (w._giosg._e = w._giosg._e || []).push(arguments) }
    w._giosg._c = ${JSON.stringify(account)}; w._giosg._h = ${JSON.stringify(server.origin)}
    var s = d.createElement('script'); s.async = true; s.src = ${JSON.stringify(server.origin + path)}
    d.getElementsByTagName('script')[0].parentNode.appendChild(s)
  })(window, document);
  window.order = []; _giosg(function () { window.isReady = true });`
}

const ready = (page) => page.waitForFunction(() => window.isReady)

/** Calls a method in the direct form, and answers with what came of it. */
function api(page, module, method, ...args) {
  return page.evaluate(
    ([m, f, a]) => window.giosg.api[m][f](...a).then((value) => ({ value }), (error) => ({ status: error.status ?? 0, error: String(error) })),
    [module, method, args],
  )
}

const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function signed(variables, secret) {
  const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(variables)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** How many points of a picture are others half a second later; nothing while there is no picture. */
async function motion(page, selector) {
  return page.evaluate(async (wanted) => {
    const find = (root) => root.querySelector(wanted) ?? [...root.querySelectorAll('*')].map((e) => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
    const video = find(document)
    if (!video?.videoWidth) return 0
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 })
    const context = canvas.getContext('2d', { willReadFrequently: true })
    const shot = () => {
      context.drawImage(video, 0, 0, 64, 48)
      return context.getImageData(0, 0, 64, 48).data
    }
    const before = shot()
    await new Promise((done) => setTimeout(done, 500))
    const after = shot()
    return before.filter((value, i) => Math.abs(value - after[i]) > 24).length
  }, selector)
}

async function call(server, key, method, path, body) {
  const headers = { Authorization: `Token ${key}`, ...(body && { 'Content-Type': 'application/json' }) }
  const response = await fetch(server.origin + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text ? JSON.parse(text) : null
}

test('a page that was made for giosg: variables, rooms, chats', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const [org] = await server.json('org', 'list')
  const { key } = await server.json('apikey', 'create', '--org', '1', '--name', 'shop')
  const sales = await server.json('room', 'create', '--org', '1', '--name', 'Sales')
  const rooms = `/api/v5/orgs/${org.uuid}/rooms`
  const { results } = await call(server, key, 'GET', rooms)
  const main = results.find((room) => room.id !== sales.id)
  const secrets = {}
  for (const room of [main.id, sales.id]) {
    secrets[room] = 'a secret that the shop and the server share'
    await call(server, key, 'POST', `${rooms}/${room}/keys`, { name: 'shop', kind: 'secret', key: secrets[room] })
  }
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const strip = manager.page.getByLabel('What the page says of the visitor')

  await step('the tag’s calls are made in their order, once the visitor is known', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    const calls = `
      _giosg('visitor', 'submit', {plan: 'silver', __internal: 'x'});
      _giosg('visitor', 'submit', {plan: 'gold'});
      _giosg('room', 'join', [{name: 'Sales'}]);
      _giosg(function () { giosg.api.room.getJoinedRooms().done(function (ids) { window.joined = ids }) });`
    await visitor.page.goto(await site(t, tagged(server, org.site_key, calls)))
    await ready(visitor.page)
    const known = await visitor.page.evaluate(() => GiosgClient.visitorGidDeferred.then((id) => [id, giosg.unpackedVisitorCid, giosg.companyId, giosg.domainId]))
    assert.equal(known[0], known[1])
    assert.match(known[0], /^[0-9a-f]{32}$/)
    assert.deepEqual(known.slice(2), [org.uuid, main.id])
    await visitor.page.waitForFunction(() => window.joined)
    assert.deepEqual(await visitor.page.evaluate(() => window.joined), [main.id, sales.id])
    const variables = await call(server, key, 'GET', `${rooms}/${main.id}/visitors/${known[0]}/variables`)
    assert.deepEqual(variables.results.map((v) => [v.key, v.value, v.is_signed]), [['__internal', 'x', false], ['plan', 'gold', false]])
    const cookies = await visitor.page.context().cookies()
    assert.equal(cookies.find((c) => c.name === `giosg_chat_id_${org.site_key}`)?.value, known[0])
  })
  const id = await visitor.page.evaluate(() => giosg.unpackedVisitorCid)
  const inRoom = (room) => `${rooms}/${room}/visitors/${id}`

  await step('she chats, and the manager sees what the page says of her', async () => {
    await visitor.open()
    await visitor.write('Is tea good for cats?')
    await visitor.tick('Is tea good for cats?', 'Sent')
    await manager.items.first().click()
    await manager.message('Is tea good for cats?').waitFor()
    await strip.getByText('plan: gold').waitFor()
    assert.equal(await strip.getByText('__internal').count(), 0)
    await strip.getByRole('img', { name: 'Not signed' }).first().waitFor()
    const where = manager.page.getByLabel('Where the visitor is')
    await where.getByText('Online').waitFor()
    await where.getByText('Shop').waitFor()
  })

  await step('name and picture change live, and a signature closes the lock', async () => {
    const avatar = `${server.origin}/demo/none.png`
    const { value, error } = await api(visitor.page, 'visitor', 'submit', signed({ username: 'Maya Lind', avatar, card: '1234' }, secrets[main.id]), 'HS256', false, [
      { id: main.id },
      { id: sales.token },
    ])
    assert.equal(error, undefined, String(value))
    await manager.page.getByRole('heading', { name: 'Maya Lind' }).waitFor()
    await manager.items.first().getByText('Maya Lind').waitFor()
    await strip.getByText('card: 1234').waitFor()
    await strip.getByRole('img', { name: 'Signed', exact: true }).first().waitFor()
    const elsewhere = await call(server, key, 'GET', `${inRoom(sales.id)}/variables`)
    assert.deepEqual(elsewhere.results.map((v) => [v.key, v.is_signed]), [['avatar', true], ['card', true], ['username', true]])
    await picture(manager.page, 'giosg-desk')
    const forged = await api(visitor.page, 'visitor', 'submit', signed({ username: 'Boss' }, 'another secret'), 'HS256')
    assert.equal(forged.status, 400)
    await api(visitor.page, 'visitor', 'remove', 'card')
    await strip.getByText('card: 1234').waitFor({ state: 'detached' })
  })

  await step('she leaves a room, comes to another page of the visit, and is still who she was', async () => {
    await api(visitor.page, 'room', 'leave')
    assert.deepEqual(await visitor.page.evaluate(() => giosg.rooms), [main.id])
    await api(visitor.page, 'room', 'join', { id: sales.id })
    await visitor.page.reload()
    await ready(visitor.page)
    assert.equal(await visitor.page.evaluate(() => giosg.unpackedVisitorCid), id)
    assert.deepEqual(await visitor.page.evaluate(() => giosg.rooms), [main.id, sales.id])
    await visitor.message('Is tea good for cats?').waitFor()
  })

  await step('what else pages call', async () => {
    const goal = await call(server, key, 'POST', `/api/v5/orgs/${org.uuid}/goals`, { name: 'Bought', value: 5 })
    for (const [module, method, ...args] of [
      ['visitor', 'setIdentifier', 'customer/7'],
      ['goal', 'matches', goal.id, { value: 7.5 }],
      ['shoppingCart', 'submit', []],
      ['chat', 'hide', { preserveWindowState: true }],
    ]) {
      const { error } = await api(visitor.page, module, method, ...args)
      assert.equal(error, undefined, `${module}.${method}: ${error}`)
    }
    await visitor.panel.waitFor({ state: 'detached' })
    assert.match((await api(visitor.page, 'room', 'join', { name: 'Nowhere' })).error, /Nowhere/)
    await visitor.page.evaluate(() => GiosgClient.showClient())
    await visitor.panel.waitFor()
  })

  await step('a task comes to the managers, and its visitor’s window stays with its own chat', async () => {
    const { value, error } = await api(visitor.page, 'chat', 'startTask', { message: 'Please send the catalogue' }, sales.id, true, { username: 'Catalogue form' })
    assert.equal(error, undefined)
    const task = await call(server, key, 'GET', `/api/v5/orgs/${org.uuid}/owned_chats/${value.id}`)
    assert.deepEqual([task.chat_type, task.room_id, task.is_ended], ['task', sales.id, false])
    await manager.page.locator('.inbox').getByText('Please send the catalogue').waitFor()
    assert.equal(await visitor.message('Please send the catalogue').count(), 0)
  })

  await step('she logs out: the chat ends with a message, and nothing of it stays on the screen', async () => {
    const { error } = await api(visitor.page, 'chat', 'close', { clearHistory: true, message: 'You have logged out.', messageSender: 'The shop' })
    assert.equal(error, undefined)
    await visitor.message('You have logged out.').waitFor()
    assert.equal(await visitor.message('Is tea good for cats?').count(), 0)
    await manager.page.getByText('This conversation has ended').waitFor()
    assert.equal(await visitor.panel.getByRole('button', { name: 'Continue this chat' }).count(), 0)
    await picture(visitor.page, 'giosg-closed')
    await api(visitor.page, 'visitor', 'removeAll', [{ id: main.id }, { id: sales.id }])
    for (const room of [main.id, sales.id]) assert.deepEqual((await call(server, key, 'GET', `${inRoom(room)}/variables`)).results, [])
    await visitor.page.reload()
    await ready(visitor.page)
    await visitor.panel.waitFor()
    assert.equal(await visitor.message('Is tea good for cats?').count(), 0)
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

test('the sample site with giosg’s tag', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launchWithDevices(t)
  const visitor = new WidgetPage(await person(browser))
  const desk = new DeskPage(await person(browser))
  await desk.enter(server.origin, ...anna)
  await desk.duty('On duty')
  await onDuty(desk)
  await visitor.page.goto(`${server.origin}/demo/`)
  await visitor.page.getByRole('link', { name: 'With giosg’s tag' }).click()
  await visitor.page.getByRole('button', { name: 'Call us' }).click()
  await desk.page.getByRole('button', { name: 'Accept the call' }).click()
  await eventually('the visitor is seen', async () => (await motion(desk.page, 'video.far')) > 20)
  await desk.page.getByText('tea: green').waitFor()
  await picture(visitor.page, 'giosg-demo')
  await visitor.open()
  await visitor.write('And a question')
  await desk.page.locator('.inbox').getByText('And a question').waitFor()
  await picture(visitor.page, 'giosg-demo-open')
  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(desk.page.errors, [])
})

test('the script works on a page that allows this server alone', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const [org] = await server.json('org', 'list')
  const browser = await launch(t)
  const desk = new DeskPage(await person(browser))
  await desk.enter(server.origin, ...anna)
  await desk.duty('On duty')
  await onDuty(desk)
  const sockets = server.origin.replace('http', 'ws')
  const shop = await site(t, `<!doctype html><title>Shop</title><body><script async src="${server.origin}/live2/${org.uuid}"></script>`, {
    'Content-Security-Policy': `default-src 'none'; script-src ${server.origin}; connect-src ${server.origin} ${sockets}; img-src ${server.origin}`,
    'Cross-Origin-Embedder-Policy': 'require-corp',
  })
  const visitor = new WidgetPage(await person(browser))
  await visitor.page.goto(shop)
  await visitor.open()
  await visitor.write('From a strict page')
  await desk.items.first().click()
  await desk.message('From a strict page').waitFor()
  await desk.write('It works')
  await visitor.message('It works').waitFor()
  assert.equal((await api(visitor.page, 'visitor', 'submit', { username: 'Strict' })).error, undefined)
  await desk.page.getByRole('heading', { name: 'Strict' }).waitFor()
  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(desk.page.errors, [])
})

test('calls by sound and picture', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_CALLS_RING_FOR: '4s' } })
  const [org] = await server.json('org', 'list')
  const browser = await launchWithDevices(t)
  const visitor = await person(browser)
  const desk = new DeskPage(await person(browser))
  const step = steps(t, visitor, desk.page)
  const phone = visitor.locator('#parley-phone')
  const start = (kind) => visitor.evaluate((k) => giosg.api.call.start('Dr. Anna', undefined, k).then((v) => v, (e) => ({ error: String(e) })), kind)
  const accept = desk.page.getByRole('button', { name: 'Accept the call' })

  await step('an organisation that takes no calls refuses them', async () => {
    await server.json('org', 'update', '1', '--calls=false')
    await desk.enter(server.origin, ...anna)
    await desk.duty('On duty')
    await onDuty(desk)
    await visitor.goto(await site(t, tagged(server, org.site_key)))
    await ready(visitor)
    assert.match((await start('audio')).error, /takes no calls/)
    await server.json('org', 'update', '1', '--calls')
  })

  await step('a video call rings, is accepted, and both see moving pictures', async () => {
    const { id, error } = await start('audio+video')
    assert.match(id ?? '', /^[0-9a-f-]{36}$/, error)
    await phone.getByText('Ringing…').waitFor()
    await accept.waitFor()
    await picture(desk.page, 'call-ringing')
    await accept.click()
    for (const page of [desk.page, visitor]) {
      for (const which of ['video.far', 'video.self']) await eventually(`${which} moves`, async () => (await motion(page, which)) > 20)
    }
    await picture(desk.page, 'call-desk')
    await picture(visitor, 'call-page')
    await desk.message('Video call').waitFor() // the conversation is on the screen
  })

  await step('each side mutes itself, and the other is told', async () => {
    await phone.getByRole('button', { name: 'Mute' }).click()
    await desk.page.getByText('The visitor is muted.').waitFor()
    await phone.getByRole('button', { name: 'Unmute' }).click()
    await desk.page.getByText('The visitor is muted.').waitFor({ state: 'detached' })
    await desk.page.getByRole('button', { name: 'Camera off' }).click()
    await eventually('there is no picture', async () => (await motion(visitor, 'video.far:not([hidden])')) === 0)
    await desk.page.getByRole('button', { name: 'Camera on' }).click()
    await eventually('there is one again', async () => (await motion(visitor, 'video.far:not([hidden])')) > 20)
  })

  await step('the manager hangs up', async () => {
    await desk.page.getByRole('button', { name: 'Hang up' }).click()
    await phone.getByText('The call has ended.').waitFor()
    await picture(visitor, 'call-over')
  })

  await step('a call is declined', async () => {
    await start('audio')
    await desk.page.getByRole('button', { name: 'Decline' }).click()
    await phone.getByText('The call was declined.').waitFor()
    await accept.waitFor({ state: 'detached' })
  })

  await step('a call of sound alone is heard on both sides; the visitor’s page goes away with it', async () => {
    await phone.getByRole('button', { name: 'Call again' }).click()
    await accept.click()
    await desk.page.locator('.talking').getByText('Call', { exact: true }).waitFor()
    for (const page of [desk.page, visitor]) {
      await eventually('sound comes', () =>
        page.evaluate(async () => {
          const find = (root) => root.querySelector('audio') ?? [...root.querySelectorAll('*')].map((e) => e.shadowRoot && find(e.shadowRoot)).find(Boolean)
          const stream = find(document)?.srcObject
          if (!stream?.getAudioTracks().length) return false
          const context = new AudioContext()
          await context.resume()
          const meter = context.createAnalyser()
          context.createMediaStreamSource(stream).connect(meter)
          const samples = new Float32Array(meter.fftSize)
          let loudest = 0
          for (let i = 0; i < 40 && loudest < 0.01; i++) {
            await new Promise((done) => setTimeout(done, 50))
            meter.getFloatTimeDomainData(samples)
            loudest = Math.max(loudest, ...samples.map(Math.abs))
          }
          await context.close()
          return loudest >= 0.01
        }),
      )
    }
    await visitor.reload()
    await desk.page.getByText('The call has ended.').waitFor()
    await ready(visitor)
  })

  await step('nobody answers', async () => {
    await start('audio')
    await accept.waitFor()
    await phone.getByText('Nobody answered.').waitFor({ timeout: patience })
    await accept.waitFor({ state: 'detached' })
  })

  assert.deepEqual(visitor.errors, [])
  assert.deepEqual(desk.page.errors, [])
})
