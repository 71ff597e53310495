// The main journey in a real browser: a visitor asks on the demo site, a manager answers on the dashboard.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }
const anna = ['anna@example.com', 'parley-demo']

test('a visitor asks, the manager on duty answers', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('nobody on duty: an honest text, and the words stay', async () => {
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.notice.waitFor()
    assert.match(await visitor.notice.innerText(), /Nobody is here right now/)
    await visitor.field.fill('Is the sencha in stock?')
    await visitor.notice.getByRole('button', { name: 'Try again' }).click()
    await visitor.notice.waitFor()
    await eventually('the words are back in the field', async () => (await visitor.field.inputValue()) === 'Is the sencha in stock?')
    await picture(visitor.page, 'widget-offline')
  })

  await step('the manager logs in and goes on duty', async () => {
    await manager.page.goto(`${server.origin}/dashboard/`)
    await manager.page.getByRole('button', { name: 'Log in' }).waitFor()
    await picture(manager.page, 'dashboard-login')
    await manager.logIn('anna@example.com', 'a wrong password')
    await manager.page.getByText('This e-mail and password do not belong together.').waitFor()
    await manager.enter(server.origin, ...anna)
    assert.equal(await manager.page.getByRole('radio', { name: 'Off' }).isChecked(), true, 'not on duty before she says so')
    await manager.page.getByText('No open conversations').waitFor()
    await picture(manager.page, 'dashboard-empty')
    await manager.duty('On duty')
    await manager.page.getByText('You are on duty').waitFor()
  })

  await step('the widget has learned of it, and the words that stayed begin the chat', async () => {
    await onDuty(manager)
    await visitor.notice.getByRole('button', { name: 'Start the chat' }).click()
    await visitor.tick('Is the sencha in stock?', 'Sent')
    assert.equal(await visitor.field.inputValue(), '')
    await visitor.panel.getByText('You are talking to Anna').waitFor()
  })

  await step('the conversation appears with an unread count, and opens', async () => {
    await manager.items.first().getByLabel('1 unread').waitFor()
    await eventually('the count is in the title', async () => (await manager.page.title()) === '(1) Parley')
    await manager.items.first().click()
    await manager.message('Is the sencha in stock?').waitFor()
    await visitor.tick('Is the sencha in stock?', 'Read')
    await eventually('nothing unread is left', async () => (await manager.page.title()) === 'Parley')
  })

  await step('the answer reaches the open window and is marked as read', async () => {
    await manager.write('Yes, picked in April.\nShall I put some aside?')
    await visitor.message('Shall I put some aside?').waitFor()
    await manager.tick('Shall I put some aside?', 'Read')
  })

  await step('a closed window counts unread messages and opens to them', async () => {
    await visitor.page.keyboard.press('Escape')
    await visitor.panel.waitFor({ state: 'detached' })
    await manager.write('<b>Take your time</b>, see https://example.com/sencha.')
    await visitor.badge.waitFor()
    assert.equal(await visitor.badge.innerText(), '1')
    assert.match(await visitor.launcher.getAttribute('aria-label'), /1 unread message/)
    await manager.tick('Take your time', 'Sent')
    await visitor.open()
    await visitor.message('<b>Take your time</b>').waitFor() // as text, never as markup
    assert.equal(await visitor.message('Take your time').locator('a').getAttribute('href'), 'https://example.com/sencha')
    await manager.tick('Take your time', 'Read')
    await visitor.write('Two bags please!')
    await manager.message('Two bags please!').waitFor()
    await visitor.tick('Two bags please!', 'Read')
    await picture(visitor.page, 'widget')
    await picture(manager.page, 'dashboard')
  })

  await step('reloading both sides keeps the history', async () => {
    await visitor.page.reload()
    await visitor.message('Is the sencha in stock?').waitFor() // the window opens again as it was
    await visitor.message('Two bags please!').waitFor()
    await manager.page.reload()
    await manager.message('Is the sencha in stock?').waitFor()
    await manager.tick('Take your time', 'Read')
    assert.equal(await manager.page.getByRole('radio', { name: 'On duty' }).isChecked(), true)
    assert.equal(await visitor.panel.locator('.message').count(), 4)
    assert.equal(await manager.log.locator('.message').count(), 4)
  })

  await step('a message to a manager who is away is not lost', async () => {
    await manager.page.goto('about:blank')
    await visitor.write('Are you still there?')
    await visitor.tick('Are you still there?', 'Sent')
    await manager.page.goto(`${server.origin}/dashboard/`)
    await manager.items.first().getByLabel('1 unread').waitFor()
    await manager.items.first().click()
    await manager.message('Are you still there?').waitFor()
    await visitor.tick('Are you still there?', 'Read')
  })

  await step('a restart of the server loses nothing', async () => {
    await server.down()
    await visitor.panel.getByText('No connection').waitFor()
    await manager.page.getByText('No connection').waitFor()
    await visitor.write('Written while the server was away')
    await server.up()
    await manager.message('Written while the server was away').waitFor()
    await visitor.tick('Written while the server was away', 'Read')
    await manager.write('Got it all the same')
    await visitor.message('Got it all the same').waitFor()
    assert.equal(await visitor.message('Written while the server was away').count(), 1)
  })

  await step('closing ends the conversation, writing again opens another', async () => {
    await manager.page.getByRole('button', { name: 'Close conversation' }).click()
    await manager.page.getByRole('button', { name: 'Close it' }).click()
    await manager.page.getByText('This conversation has ended').waitFor()
    await visitor.panel.getByText('This conversation has ended').waitFor()
    await onDuty(manager)
    await visitor.write('One more thing')
    await visitor.tick('One more thing', 'Sent')
    await visitor.panel.getByText('New conversation').waitFor()
    await manager.items.first().getByLabel('1 unread').waitFor()
    await manager.items.first().click()
    await manager.message('One more thing').waitFor()
    await manager.message('Two bags please!').waitFor() // history spans the visitor's conversations
    await visitor.tick('One more thing', 'Read')
    await manager.page.getByRole('button', { name: 'Closed' }).click()
    await eventually('the ended one is listed', async () => (await manager.items.count()) === 1)
  })

  await step('it fits a phone, and the dark', async () => {
    await manager.page.setViewportSize({ width: 360, height: 700 })
    await picture(manager.page, 'dashboard-phone')
    const overflow = await manager.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`)
    await manager.page.getByRole('button', { name: 'Back to the list' }).click()
    await picture(manager.page, 'dashboard-phone-list')
    await visitor.page.setViewportSize({ width: 360, height: 700 })
    await picture(visitor.page, 'widget-phone')
    await manager.page.setViewportSize({ width: 1200, height: 780 })
    await manager.page.emulateMedia({ colorScheme: 'dark' })
    await manager.items.first().click()
    await manager.message('One more thing').waitFor()
    await picture(manager.page, 'dashboard-dark')
  })

  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
})

test('the widget works on a page of another origin', limit, (t) => acrossOrigins(t))

test('the widget works on a page of another origin where websockets are blocked', limit, (t) =>
  acrossOrigins(t, { sockets: false }),
)

async function acrossOrigins(t, { sockets = true } = {}) {
  const server = await Server.start(t, { args: ['--demo'] })
  const { site_key: key } = await (await fetch(`${server.origin}/demo/site.json`)).json()
  const policy =
    `default-src 'none'; style-src 'none'; script-src ${server.origin}; ` +
    `connect-src ${server.origin} ${server.origin.replace('http', 'ws')}`
  const other = await site(
    t,
    `<!doctype html><html lang="ru"><title>Другой сайт</title><h1>Другой сайт</h1>
     <script async src="${server.origin}/widget.js" data-app-key="${key}" data-position="left"
       data-color="#ffd24d" data-title="Спросите нас"></script></html>`,
    { 'Content-Security-Policy': policy },
  )
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const requests = []
  const violations = []
  const streams = []
  manager.page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') streams.push(request.url())
  })
  visitor.page.on('request', (request) => requests.push(request.url()))
  visitor.page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) violations.push(message.text())
  })

  if (!sockets) for (const { page } of [visitor, manager]) await page.addInitScript(() => delete window.WebSocket)

  await step('the manager is on duty', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
  })

  await step('the visitor of the other site writes, in Russian', async () => {
    await visitor.page.goto(other)
    assert.equal(await visitor.launcher.getAttribute('aria-label'), 'Открыть чат')
    await visitor.open()
    await visitor.write('Есть ли доставка?')
    await visitor.tick('Есть ли доставка?', 'Отправлено')
    await manager.items.first().click()
    await manager.message('Есть ли доставка?').waitFor()
    await visitor.tick('Есть ли доставка?', 'Прочитано')
    await manager.write('Да, по всей стране.')
    await visitor.message('Да, по всей стране.').waitFor()
    await visitor.write('Спасибо!')
    await manager.message('Спасибо!').waitFor()
    await visitor.tick('Спасибо!', 'Прочитано')
    await picture(visitor.page, 'widget-foreign')
  })

  await step('over the handshake that faye uses across origins, under a strict content policy', async () => {
    const handshakes = requests.filter((url) => url.startsWith(`${server.origin}/faye?`))
    assert.ok(handshakes.length >= 1, 'faye shakes hands by JSONP')
    for (const url of handshakes) assert.equal(new URL(url).searchParams.get('message').includes('token'), false)
    assert.deepEqual(violations, [])
    if (!sockets) assert.equal(streams.length, 1, 'the event stream stays open beside the other requests')
  })

  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
}
