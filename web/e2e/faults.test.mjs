// What goes wrong around a chat: cables, limits, second tabs, vanished colleagues, the style sheets of other people.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Line } from './line.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }
const anna = ['anna@example.com', 'parley-demo']
const boris = ['boris@example.com', 'parley-demo']

test('cut lines and reloads lose nothing, on either side', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const [near, far] = [await Line.to(t, server.origin), await Line.to(t, server.origin)]
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('both talk', async () => {
    await manager.enter(far.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${near.origin}/demo/`)
    await visitor.open()
    await visitor.write('Before the cut')
    await manager.items.first().click()
    await visitor.tick('Before the cut', 'Read')
  })

  await step('what could not be sent for a long time leaves by itself when the line is mended', async () => {
    near.cut()
    await visitor.write('Through the cut, 1')
    await visitor.write('Through the cut, 2')
    await visitor.panel.getByText('Not sent.').first().waitFor({ timeout: 40_000 })
    await manager.write('Are you there?')
    near.mend()
    await visitor.tick('Through the cut, 2', 'Read')
    await visitor.message('Are you there?').waitFor()
    await manager.tick('Are you there?', 'Read')
    const said = await manager.log.locator('.message:not(.own) .bubble').allInnerTexts()
    assert.deepEqual(said, ['Before the cut', 'Through the cut, 1', 'Through the cut, 2'])
  })

  await step('what a manager has typed or is sending survives a reload', async () => {
    await manager.page.route(/\/chat\/conversation\/\d+$/, (route) => route.abort())
    await manager.write('Sent before the reload')
    await manager.field.fill('Half an answer')
    await manager.page.unroute(/\/chat\/conversation\/\d+$/)
    await manager.page.reload()
    await visitor.message('Sent before the reload').waitFor()
    assert.equal(await manager.field.inputValue(), 'Half an answer')
    assert.equal(await visitor.message('Sent before the reload').count(), 1)
  })

  await step('and the end of her session', async () => {
    await manager.page.context().clearCookies()
    await manager.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await manager.page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.equal(await manager.page.getByLabel('E-mail').evaluate((field) => field === document.activeElement), true)
    await manager.logIn(...anna)
    await manager.field.waitFor()
    assert.equal(await manager.field.inputValue(), 'Half an answer')
  })

  await step('nobody is told that she is logged out while she is not', async () => {
    far.cut()
    await manager.page.getByRole('button', { name: 'Log out' }).click()
    await manager.page.getByText('Not logged out').waitFor()
    far.mend()
    await eventually('she can log out', async () => {
      await manager.page.getByRole('button', { name: 'Log out' }).click()
      return manager.page.getByLabel('E-mail').waitFor({ timeout: 1000 }).then(() => true, () => false)
    })
    await manager.logIn(...anna)
    await manager.items.first().click()
    assert.equal(await manager.field.inputValue(), '', 'the next person at this screen reads nothing')
  })

  await step('a window that was open on the page before leaves the focus with the page', async () => {
    await visitor.page.reload()
    await visitor.message('Before the cut').waitFor()
    assert.equal(await visitor.page.evaluate(() => document.activeElement === document.body), true)
  })

  await step('a first opening without a line, or too often, is tried again by itself', async () => {
    const other = new WidgetPage(await person(browser))
    await other.page.goto(`${near.origin}/demo/`)
    await other.page.route(/\/chat\/service\//, (route) =>
      route.fulfill({ status: 429, headers: { 'Retry-After': '1' }, json: { error: 'Too many requests', code: 'too_many_requests' } }),
    )
    await other.open()
    await other.panel.getByText('It tries again by itself').waitFor()
    await other.page.unroute(/\/chat\/service\//)
    await other.panel.getByText('You are talking to Anna').waitFor()
    assert.deepEqual(other.page.errors, [])
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

test('two tabs of one manager agree, and what went to a colleague is not hers', limit, async (t) => {
  const settings = { PARLEY_BAYEUX_TIMEOUT: '1s', PARLEY_CHAT_REASSIGN_AFTER: '1s', PARLEY_CHAT_DUTY_GRACE: '1s' }
  const server = await Server.start(t, { args: ['--demo'], settings })
  const line = await Line.to(t, server.origin)
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const second = new DeskPage(await manager.page.context().newPage())
  const colleague = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('her duty, her visitors and what she has read are the same in both', async () => {
    await manager.enter(line.origin, ...anna)
    await second.page.goto(`${line.origin}/dashboard/`)
    await second.page.getByRole('radiogroup', { name: 'Duty' }).waitFor()
    await manager.duty('On duty')
    await onDuty(manager)
    await eventually('the second tab knows', () => second.page.getByRole('radio', { name: 'On duty' }).isChecked())
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.write('Who is there?')
    await second.items.first().getByLabel('1 unread').waitFor()
    await manager.items.first().click()
    await visitor.tick('Who is there?', 'Read')
    await eventually('nothing is unread in either', async () => (await second.page.title()) === 'Parley')
  })

  await step('she vanishes, a colleague takes over', async () => {
    await colleague.enter(server.origin, ...boris)
    await colleague.duty('On duty')
    await onDuty(colleague)
    line.cut()
    await visitor.write('And now?')
    await colleague.items.first().waitFor({ timeout: 60_000 })
    await colleague.items.first().click()
    await colleague.message('And now?').waitFor()
    await visitor.panel.getByText('You are talking to Boris').waitFor()
  })

  await step('she returns to a conversation that is somebody else’s', async () => {
    line.mend()
    await manager.page.getByText('is answering this visitor').waitFor({ timeout: 30_000 })
    assert.equal(await manager.items.count(), 0)
    assert.equal(await manager.field.count(), 0)
  })

  await step('closing by keyboard keeps the focus', async () => {
    const { page } = colleague
    const focused = (text) => eventually(`the focus is on ${text}`, () => page.evaluate((t) => document.activeElement.textContent === t, text))
    await page.getByRole('button', { name: 'Close conversation' }).focus()
    await page.keyboard.press('Enter')
    await focused('Close it')
    await page.keyboard.press('Escape')
    await focused(await page.getByRole('heading', { level: 1 }).innerText())
    await page.keyboard.press('Tab')
    await focused('Close conversation')
    await page.keyboard.press('Enter')
    await focused('Close it')
    await page.keyboard.press('Enter')
    await visitor.panel.getByText('This conversation has ended').waitFor()
  })

  await step('logging out in one tab does so in both', async () => {
    await second.page.getByRole('button', { name: 'Log out' }).click()
    await second.page.getByLabel('E-mail').waitFor()
    await manager.page.getByLabel('E-mail').waitFor()
  })

  for (const { page } of [visitor, manager, colleague]) assert.deepEqual(page.errors, [])
})

test('the style sheets of other people do not reach the widget', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const { site_key: key } = await (await fetch(`${server.origin}/demo/site.json`)).json()
  const browser = await launch(t)
  const manager = new DeskPage(await person(browser))
  await manager.enter(server.origin, ...anna)
  await manager.duty('On duty')
  await onDuty(manager)
  const styles = {
    reset: '* { all: unset; position: relative !important; float: left; color: red !important; font-size: 8px !important; margin: 0 !important }',
    empty: 'div:empty { display: none !important } body > div { max-width: 900px; margin: 0 auto; position: static; z-index: 0 }',
    faded: 'body * { pointer-events: none; opacity: 0.2; letter-spacing: 4px; text-transform: uppercase; transition: all 3s }',
    rtl: 'html { direction: rtl }',
  }

  const looks = {}
  for (const [name, style] of Object.entries({ plain: '', ...styles })) {
    const visitor = new WidgetPage(await person(browser))
    const step = steps(t, visitor.page, manager.page)
    await step(name, async () => {
      const tag = `<script async src="${server.origin}/widget.js" data-app-key="${key}" data-color="#0a5" data-visitor-id="${name}"></script>`
      await visitor.page.goto(await site(t, `<!doctype html><html lang="en"><style>${style}</style><h1>A page</h1>${tag}</html>`))
      await visitor.open()
      await visitor.write('Does this look right?')
      await visitor.tick('Does this look right?', 'Sent')
      await picture(visitor.page, `widget-on-${name}`)
      looks[name] = await visitor.message('Does this look right?').evaluate((message) => {
        const bubble = message.querySelector('.bubble')
        const { color, backgroundColor, fontSize, letterSpacing, textTransform } = getComputedStyle(bubble)
        const { x, y, width, height } = message.getBoundingClientRect()
        const host = getComputedStyle(message.getRootNode().host)
        const tone = [color, backgroundColor, fontSize, letterSpacing, textTransform, host.opacity, host.pointerEvents]
        return [...tone, ...[x, y, width, height].map(Math.round)].join(' ')
      })
    })
    assert.deepEqual(visitor.page.errors, [])
    await visitor.page.context().close()
  }
  for (const name of Object.keys(styles)) assert.equal(looks[name], looks.plain, name)
})

test('words of every script and size arrive whole', limit, async (t) => {
  const settings = { PARLEY_CHAT_MESSAGES_PER_SECOND: '2', PARLEY_CHAT_MESSAGES_BURST: '5' }
  const server = await Server.start(t, { args: ['--demo'], settings })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('right to left', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.field.fill('שלום, יש תה ירוק?')
    assert.equal(await visitor.field.evaluate((field) => getComputedStyle(field).direction), 'rtl')
    await visitor.field.press('Enter')
    // By selector: a message is drawn anew when the server has taken it.
    await visitor.message('שלום').locator('.bubble:dir(rtl)').waitFor()
    await manager.items.first().click()
    await manager.message('שלום').locator('.bubble:dir(rtl)').waitFor()
    await manager.write('Yes: 100 g')
    await visitor.message('Yes: 100 g').locator('.bubble:dir(ltr)').waitFor()
  })

  await step('more than one message can hold leaves as several', async () => {
    const text = Array.from({ length: 1200 }, (_, i) => `word${i}`).join(' ')
    await visitor.field.fill(text)
    await visitor.field.press('Enter')
    await visitor.tick('word1199', 'Read')
    const pieces = await manager.log.locator('.bubble', { hasText: 'word' }).allInnerTexts()
    assert.equal(pieces.join(' '), text)
  })

  await step('many messages at once: the server asks for a pause, gets it, and loses none', async () => {
    for (let i = 1; i <= 12; i++) await visitor.write(`fast ${i}.`)
    await visitor.panel.getByText('The rest follows by itself').waitFor()
    await visitor.tick('fast 12.', 'Read')
    const all = await manager.log.locator('.bubble', { hasText: 'fast' }).allInnerTexts()
    assert.deepEqual(all, Array.from({ length: 12 }, (_, i) => `fast ${i + 1}.`))
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})
