// A manager looks for what was said, among conversations of hers and of others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, steps } from './browser.mjs'
import { Server } from './server.mjs'

test('search in the dashboard', { timeout: 120_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const manager = new DeskPage(await person(browser))
  const step = steps(t, manager.page, manager.page)
  const field = manager.page.getByRole('searchbox', { name: 'Search conversations' })
  const found = manager.page.locator('.inbox .found')
  const names = async () => (await found.locator('.name').allInnerTexts()).join()

  await step('visitors have written', async () => {
    await manager.enter(server.origin, 'anna@example.com', 'parley-demo')
    await manager.duty('On duty')
    await onDuty(manager)
    const { key } = await server.json('apikey', 'create', '--org', '1', '--name', 'shop')
    await said(server, key, 'v-maya', 'Maya Lindqvist', ['Do you ship to Norway?', 'And how much are deliveries to Oslo?'])
    await said(server, key, 'v-ivan', 'Иван Ёлкин', ['Здравствуйте! Где мой заказ №48151623?'])
    await said(server, key, 'v-joan', 'Joan Abara', ['<b>Delivery</b> was quick, thank you. 🎉 Is the delivery of the second parcel free?'])
    await manager.items.nth(2).waitFor()
    // The index follows what is committed; the page asks once.
    for (const [q, count] of [['delivered', 2], ['48151623', 1]]) {
      await eventually(`the index knows ${q}`, async () => (await results(server, key, q)) === count)
    }
  })

  await step('/ goes to the field, other forms of a word are found and marked, nothing of them is HTML', async () => {
    await manager.page.keyboard.press('/')
    await eventually('the field has the focus', () => field.evaluate((box) => box === document.activeElement))
    await field.pressSequentially('delivered')
    await eventually('two are found, the newest first', async () => (await names()) === 'Joan Abara,Maya Lindqvist')
    assert.deepEqual(await found.first().locator('mark').allInnerTexts(), ['Delivery', 'delivery'])
    assert.match(await found.first().innerText(), /<b>Delivery<\/b> was quick/)
    await picture(manager.page, 'dashboard-search')
  })

  await step('arrow keys and Enter open one, and the list stays', async () => {
    await field.press('ArrowDown')
    await field.press('ArrowDown')
    await field.press('Enter')
    await manager.page.getByRole('heading', { name: 'Maya Lindqvist' }).waitFor()
    assert.equal(await found.count(), 2)
  })

  await step('Russian words, a beginning, a name', async () => {
    for (const text of ['заказами', '4815', 'елкин', 'v-ivan']) {
      await field.fill(text)
      await eventually(`${text} is found`, async () => (await names()) === 'Иван Ёлкин')
    }
    await field.fill('nowhere')
    await manager.page.getByText('Nothing was found.').waitFor()
  })

  await step('filters', async () => {
    await field.fill('delivery')
    await manager.page.getByRole('button', { name: 'Filters' }).click()
    await manager.page.getByLabel('State').selectOption('closed')
    await manager.page.getByText('Nothing was found.').waitFor()
    await picture(manager.page, 'dashboard-search-filters')
    await manager.page.getByLabel('State').selectOption('assigned')
    await found.nth(1).waitFor()
  })

  await step('Esc gives the lists back', async () => {
    await field.press('Escape')
    await eventually('the lists are there', async () => (await manager.items.count()) === 3 && (await found.count()) === 0)
    assert.equal(await field.inputValue(), '')
  })

  await step('on a telephone', async () => {
    await manager.page.evaluate(() => (location.hash = ''))
    await manager.page.setViewportSize({ width: 390, height: 780 })
    await field.fill('delivery')
    await found.nth(1).waitFor()
    await manager.page.getByRole('button', { name: 'Filters' }).click()
    await picture(manager.page, 'dashboard-search-phone')
    assert.deepEqual(manager.page.errors, [])
  })
})

/** A backend, which alone may name visitors, opens a conversation; the visitor speaks in it. */
async function said(server, key, id, name, texts) {
  const who = { 'sender[type]': 'visitor', 'sender[id]': id }
  const opened = await server.post(`/chat/service/${id}`, { ...who, 'visitor[name]': name }, { token: key })
  assert.equal(opened.status, 201)
  for (const content of texts) await server.post(`/chat/conversation/${opened.body.conversation.id}`, { content })
}

async function results(server, key, q) {
  const answer = await fetch(`${server.origin}/chat/search?q=${encodeURIComponent(q)}`, { headers: { Authorization: `Bearer ${key}` } })
  return (await answer.json()).results.length
}
