// What the main journey passes by, in the same browser: a full inbox, long histories, refusals, notifications, tokens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 120_000 }
const anna = ['anna@example.com', 'parley-demo']
const boris = ['boris@example.com', 'parley-demo']

test('a full inbox, a long history, and reading along', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const other = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('visitors of several names wait in the order of their last words', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await said(server, 'v-maya', 'Maya Lindqvist', ['Do you ship to Norway?', 'And how long does it take?'])
    await said(server, 'v-tomas', 'Tomás Rey', ['My parcel arrived, thank you. The mint is wonderful.'])
    await said(server, 'v-joan', 'Joan Abara', ['Which tea would you give to somebody who only drinks coffee?'])
    await manager.items.nth(2).waitFor()
    const names = async () => (await manager.items.locator('.name').allInnerTexts()).join()
    await eventually('newest first', async () => (await names()) === 'Joan Abara,Tomás Rey,Maya Lindqvist')
    await manager.items.nth(2).getByLabel('2 unread').waitFor()
    await eventually('the title counts them', async () => (await manager.page.title()) === '(4) Parley')
  })

  await step('a talk for the README', async () => {
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.write('Hi! How long should I steep the Morning Sencha?')
    await visitor.tick('How long should I steep', 'Sent')
    await manager.items.first().click()
    await manager.write('Hello! Two minutes at 70 °C. A little cooler makes it sweeter.')
    await visitor.message('Two minutes at 70').waitFor()
    await visitor.write('Lovely, and a second time?')
    await visitor.tick('a second time?', 'Read')
    await manager.write('Yes, thirty seconds are enough then.')
    await manager.tick('thirty seconds', 'Read')
    await picture(visitor.page, 'widget', { readme: true })
    await picture(manager.page, 'dashboard', { readme: true })
  })

  await step('coming back to a conversation shows and marks what arrived meanwhile', async () => {
    const joan = manager.items.filter({ hasText: 'Joan Abara' })
    await joan.click()
    await manager.message('only drinks coffee').waitFor()
    await eventually('her words are read', async () => (await joan.getByLabel(/unread/).count()) === 0)
    await manager.items.filter({ hasText: 'Maya Lindqvist' }).click()
    await manager.message('Do you ship to Norway?').waitFor()
    await said(server, 'v-joan', 'Joan Abara', ['Something smoky, perhaps?'], 200)
    await joan.getByLabel('1 unread').waitFor()
    await joan.click()
    await manager.message('Something smoky, perhaps?').waitFor()
    await eventually('it is read', async () => (await joan.getByLabel(/unread/).count()) === 0)
  })

  await step('a history of more than one page loads upwards, without a jump', async () => {
    const id = await said(server, 'v-long', 'Long Story', ['part 1'])
    const { token } = await server.json('token', 'manager', '--id', '1')
    for (let i = 2; i <= 130; i++) {
      const params = { content: `part ${i}` }
      assert.equal((await server.post(`/chat/conversation/${id}`, params, { token })).status, 201)
    }
    await manager.items.first().click()
    await manager.message('part 130').waitFor()
    const heading = manager.page.getByRole('heading', { name: 'Long Story' })
    await heading.waitFor()
    const scroll = manager.page.locator('.pane .scroll')
    const first = manager.log.locator('.message').first()
    assert.match(await first.innerText(), /part 81/)
    await scroll.evaluate((box) => box.scrollTo(0, 0))
    const reading = manager.message('part 81')
    const before = (await reading.boundingBox()).y
    await eventually('earlier ones are above', async () => !/part 81/.test(await first.innerText()))
    const moved = Math.abs((await reading.boundingBox()).y - before)
    assert.ok(moved < 40, `what was being read moved by ${moved} px`)
    await eventually('all of it is there', async () => {
      await scroll.evaluate((box) => box.scrollTo(0, 0))
      return (await manager.log.locator('.message').count()) === 130
    })
    const texts = await manager.log.locator('.bubble').allInnerTexts()
    assert.deepEqual(texts, Array.from({ length: 130 }, (_, i) => `part ${i + 1}`))
  })

  await step('an admin reads along with a colleague, and leaves no read marks', async () => {
    await manager.duty('Paused')
    await other.enter(server.origin, ...boris)
    await other.duty('On duty')
    await onDuty(other)
    await said(server, 'v-boris', 'Boris’s guest', ['Is Boris there?'])
    await other.items.first().getByLabel('1 unread').waitFor()
    assert.equal(await other.page.getByRole('button', { name: 'Everyone’s' }).count(), 0, 'a manager sees her own')
    await manager.page.getByRole('button', { name: 'Everyone’s' }).click()
    await manager.items.filter({ hasText: 'Boris’s guest' }).click()
    await manager.message('Is Boris there?').waitFor()
    await manager.page.getByText('Boris is answering this visitor').waitFor()
    await other.page.reload()
    await other.items.first().getByLabel('1 unread').waitFor()
    await other.items.first().click()
    await other.write('I am.')
    await manager.message('I am.').waitFor()
    await other.page.getByRole('button', { name: 'Log out' }).click()
    await other.page.getByRole('button', { name: 'Log in' }).waitFor()
    await other.logIn(...boris)
    await other.items.first().waitFor()
    assert.equal(await other.page.getByRole('radio', { name: 'On duty' }).isChecked(), true, 'her choice is kept')
  })

  for (const { page } of [visitor, manager, other]) assert.deepEqual(page.errors, [])
})

test('a refused message is shown as not sent, and can be tried again', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('a message is refused, then taken', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.panel.getByText('You are talking to Anna').waitFor()
    const path = /\/chat\/conversation\/\d+$/
    await visitor.page.route(path, (route) => route.fulfill({ status: 403, json: { error: 'No', code: 'forbidden' } }))
    await visitor.write('Can you hear me?')
    await visitor.panel.getByText('Not sent.').waitFor()
    await picture(visitor.page, 'widget-not-sent')
    await visitor.page.unroute(path)
    await visitor.panel.getByRole('button', { name: 'Try again' }).click()
    await visitor.tick('Can you hear me?', 'Sent')
  })

  await step('what is waiting survives a reload and is not doubled', async () => {
    const path = /\/chat\/conversation\/\d+$/
    await visitor.page.route(path, (route) => route.abort())
    await visitor.write('Before the reload')
    await visitor.panel.getByRole('img', { name: 'Sending' }).waitFor()
    await visitor.page.unroute(path)
    await visitor.page.reload()
    await visitor.tick('Before the reload', 'Sent')
    assert.equal(await visitor.message('Before the reload').count(), 1)
  })

  await step('a notification of the shop\'s backend is shown as text', async () => {
    const { key } = await server.json('apikey', 'create', '--org', '1', '--name', 'shop')
    const visitorId = await visitor.page.evaluate(() => {
      const name = Object.keys(localStorage).find((k) => k.endsWith(':visitor'))
      return JSON.parse(localStorage.getItem(name))
    })
    const data = { title: 'On its way', text: '<img src=x onerror=alert(1)> is packed', url: 'javascript:alert(1)' }
    const sent = await server.post(`/chat/notification/${visitorId}`, data, { token: key, json: true })
    assert.equal(sent.status, 201)
    const card = visitor.page.locator('#parley-widget .card')
    await card.getByText('<img src=x onerror=alert(1)> is packed').waitFor()
    assert.equal(await card.locator('a').count(), 0, 'no link that runs a script')
    await picture(visitor.page, 'widget-notification')
    await visitor.page.keyboard.press('Escape')
    await card.waitFor()
    await picture(visitor.page, 'widget-notification-closed')
    await card.getByRole('button', { name: 'Dismiss' }).click()
    await card.waitFor({ state: 'detached' })
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

test('with signed visitors the token is used, and is never in an address', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_AUTH_VISITORS: 'signed' } })
  const { token } = await server.json('token', 'visitor', '--id', 'customer-7', '--org', '1')
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const addresses = []
  for (const { page } of [visitor, manager]) page.on('request', (request) => addresses.push(request.url()))
  await visitor.page.addInitScript(() => {
    // A slow socket: faye asks for the first connect while it is still choosing a transport.
    const Socket = window.WebSocket
    window.WebSocket = class extends Socket {
      set onopen(opened) {
        super.onopen = (event) => setTimeout(() => opened?.call(this, event), 700)
      }
    }
  })
  const page = await site(
    t,
    `<!doctype html><title>Account</title><script async src="${server.origin}/widget.js"
      data-visitor-id="customer-7" data-token="${token}"></script>`,
  )

  await step('both sides talk', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(page)
    await visitor.open()
    await visitor.write('It is me')
    await visitor.tick('It is me', 'Sent')
    await manager.items.first().click()
    await manager.message('It is me').waitFor()
    await manager.write('Welcome')
    await visitor.message('Welcome').waitFor()
    await manager.tick('Welcome', 'Read')
  })

  assert.ok(addresses.length > 10)
  for (const address of addresses) assert.ok(!address.includes('eyJ') && !address.includes('token'), address)
  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

/** The shop's backend answers for its visitors' names; a visitor could say anything. */
async function shopKey(server) {
  server.shopKey ??= (await server.json('apikey', 'create', '--org', '1', '--name', 'shop')).key
  return server.shopKey
}

/** A visitor without a browser writes; answers the conversation's id. */
async function said(server, id, name, words, status = 201) {
  const who = { 'sender[type]': 'visitor', 'sender[id]': id }
  const opened = await server.post(`/chat/service/${id}`, { ...who, 'visitor[name]': name }, { token: await shopKey(server) })
  assert.equal(opened.status, status, JSON.stringify(opened.body))
  const { conversation } = opened.body
  for (const content of words) {
    const written = await server.post(`/chat/conversation/${conversation.id}`, { ...who, content })
    assert.equal(written.status, 201, JSON.stringify(written.body))
  }
  return conversation.id
}
