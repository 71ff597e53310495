// A supervisor looks at the figures, which are those of the API; a manager is not offered them.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, steps } from './browser.mjs'
import { Server } from './server.mjs'

const password = 'parley-demo'

test('the Numbers page', { timeout: 120_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const { id: clara } = await server.json('manager', 'create', '--org', '1', '--name', 'Clara', '--email', 'clara@example.com', '--password', password, '--role', 'supervisor')
  const { key } = await server.json('apikey', 'create', '--org', '1', '--name', 'shop')
  const browser = await launch(t)
  const boris = new DeskPage(await person(browser))
  const supervisor = new DeskPage(await person(browser, { acceptDownloads: true }))
  const { page } = supervisor
  const step = steps(t, boris.page, page)
  const link = (desk) => desk.page.getByRole('link', { name: 'Numbers' })
  const ask = (params, path = 'numbers') =>
    fetch(`${server.origin}/chat/${path}?${new URLSearchParams(params)}`, { headers: { Authorization: `Bearer ${key}` } })

  await step('a manager has no link, and the address leads to his conversations', async () => {
    await boris.enter(server.origin, 'boris@example.com', password)
    assert.equal(await link(boris).count(), 0)
    await boris.page.goto(`${server.origin}/dashboard/#/numbers`)
    await boris.page.reload()
    await boris.page.getByText('No open conversations').waitFor()
    assert.equal(await boris.page.getByRole('main', { name: 'Numbers' }).count(), 0)
  })

  await step('visitors were answered, missed, rated', async () => {
    await boris.duty('On duty')
    await onDuty(boris)
    const { token } = await server.json('token', 'manager', '--id', '2')
    const first = await opened(server, key, 'v-1')
    await answered(server, first, token)
    await closed(server, first, token)
    assert.equal((await server.post(`/chat/conversation/${first}/rate`, { rating: '4' })).status, 200)
    await closed(server, await opened(server, key, 'v-2'), token)
    await answered(server, await opened(server, key, 'v-3'), token)
    const handed = await opened(server, key, 'v-4')
    await supervisor.enter(server.origin, 'clara@example.com', password)
    await supervisor.duty('On duty')
    await onDuty(supervisor)
    const moved = await server.post(`/chat/conversation/${handed}/transfer`, { manager_id: String(clara) }, { token })
    assert.equal(moved.status, 200, JSON.stringify(moved.body))
  })

  let range
  await step('what the page shows is what the API says', async () => {
    await link(supervisor).click()
    await page.locator('.tiles').waitFor()
    range = { from: await page.getByLabel('From').inputValue(), to: await page.getByLabel('To').inputValue() }
    const byDay = await (await ask({ ...range, by: 'day' })).json()
    const { total } = byDay
    assert.equal(byDay.rows.length, 7)
    assert.deepEqual([total.conversations, total.answered, total.missed, total.ratings.count], [4, 2, 1, 1], 'something to compare')
    const tile = async (name) => plain(await page.locator('.tiles > div', { hasText: name }).locator('.value').innerText())
    assert.equal(await tile('Conversations'), String(total.conversations))
    assert.equal(await tile('Missed'), String(total.missed))
    assert.equal(await tile('First response'), words(total.first_response.median_ms))
    assert.equal(await tile('Handling'), words(total.handling.median_ms))
    assert.equal(await tile('Rating'), total.ratings.average.toFixed(1))
    const bars = await page.locator('.chart li').evaluateAll((list) => list.map((li) => li.title.replace(/^.*: /, '')))
    assert.deepEqual(bars, byDay.rows.map((r) => (r.missed ? `${r.conversations}, ${r.missed} missed` : `${r.conversations}`)))
  })

  await step('so is the table of managers', async () => {
    const { rows, total } = await (await ask({ ...range, by: 'total', group: 'manager' })).json()
    assert.deepEqual(rows.map((r) => r.manager_name).sort(), ['Boris', 'Clara'])
    const shown = await page.locator('.table tr:has(td)').evaluateAll((list) => list.map((tr) => [...tr.cells].map((cell) => cell.innerText)))
    const expected = [...rows, { ...total, manager_name: 'Everybody' }].map((r) => [
      r.manager_name, r.conversations, r.answered, r.missed, r.closed, words(r.first_response.median_ms), words(r.handling.median_ms),
      r.ratings.count ? `${r.ratings.average.toFixed(1)} (${r.ratings.count})` : '–', r.unanswered, r.transfers_in, r.transfers_out,
    ].map(String))
    assert.deepEqual(shown.map((cells) => cells.slice(0, -1).map(plain)), expected) // the load goes on changing
  })

  await step('and the goals, once there are some', async () => {
    assert.equal(await page.getByRole('region', { name: 'Goals' }).count(), 0)
    const auth = { Authorization: `Token ${key}`, 'Content-Type': 'application/json' }
    const [organization] = await server.json('org', 'list')
    const goals = `${server.origin}/api/v5/orgs/${organization.uuid}/goals`
    const post = async (url, body) => (await fetch(url, { method: 'POST', headers: auth, body: JSON.stringify(body) })).json()
    const goal = await post(goals, { name: 'Order', value: 12.5 })
    for (const visitor_id of ['v-1', 'v-2']) await post(`${goals}/${goal.id}/matches`, { visitor_id })
    await page.getByRole('button', { name: '7 days' }).click()
    const row = page.getByRole('region', { name: 'Goals' }).getByRole('row', { name: 'Order' })
    await row.waitFor()
    assert.deepEqual((await row.getByRole('cell').allInnerTexts()).slice(0, 2), ['2', '25'])
    const days = row.locator('.days > span')
    assert.deepEqual([await days.count(), await days.last().evaluate((day) => day.style.height)], [7, '100%'])
  })

  await step('and what happens now', async () => {
    const now = await (await ask({}, 'numbers/now')).json()
    const strip = page.getByRole('region', { name: 'Now' })
    assert.deepEqual(await strip.locator('strong').allInnerTexts(), [now.waiting, now.open, now.on_duty].map(String))
    assert.equal(await strip.locator('li').count(), now.managers.length)
    await picture(page, 'dashboard-numbers')
  })

  await step('the CSV is the API’s', async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()])
    assert.equal(file.suggestedFilename(), `numbers-${range.from}-${range.to}.csv`)
    const table = (text) => text.trim().split('\r\n').map((line) => line.split(',').slice(0, -2)) // but for the load
    const saved = table(await readFile(await file.path(), 'utf8'))
    assert.deepEqual(saved, table(await (await ask({ ...range, by: 'day', group: 'manager', format: 'csv' })).text()))
    assert.equal(saved.length, 3, 'a heading and two managers')
  })

  await step('a refusal is in the server’s words', async () => {
    const alert = page.getByRole('alert')
    await page.route('**/chat/numbers?*format=csv*', (route) =>
      route.fulfill({ status: 429, json: { error: 'Other figures are being counted', code: 'numbers_busy' } }))
    await page.getByRole('button', { name: 'Download CSV' }).click()
    await alert.getByText('Other figures are being counted').waitFor()
    await page.getByLabel('From').fill('2020-01-01')
    await alert.getByText('By day, a range has at most 400 days').waitFor()
    await page.getByRole('button', { name: 'Today' }).click()
    await eventually('hours of today', async () => (await page.locator('.chart li').first().getAttribute('title')).includes('00:00'))
    assert.equal(await alert.count(), 0)
  })

  await step('on a telephone, and back to the conversations', async () => {
    await page.setViewportSize({ width: 390, height: 780 })
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
    assert.equal(await page.getByRole('main').evaluate((main) => main.scrollWidth), 390)
    await picture(page, 'dashboard-numbers-phone')
    await page.getByRole('link', { name: 'Conversations' }).click()
    await supervisor.items.first().waitFor()
    assert.deepEqual([...page.errors, ...boris.page.errors], [])
  })
})

/** The page's way of writing what takes less than a minute. */
function words(ms) {
  return ms === null ? '–' : ms < 500 ? '< 1 s' : `${Math.round(ms / 1000)} s`
}

function plain(text) {
  return text.replaceAll('\u00a0', ' ')
}

/** A backend opens a conversation for a visitor, who asks. */
async function opened(server, key, visitor) {
  const { status, body } = await server.post(`/chat/service/${visitor}`, { 'sender[type]': 'visitor', 'sender[id]': visitor }, { token: key })
  assert.equal(status, 201)
  await server.post(`/chat/conversation/${body.conversation.id}`, { content: 'Is the sencha in stock?' })
  return body.conversation.id
}

async function answered(server, id, token) {
  assert.equal((await server.post(`/chat/conversation/${id}`, { content: 'Yes, it is.' }, { token })).status, 201)
}

async function closed(server, id, token) {
  assert.equal((await server.post(`/chat/conversation/${id}/close`, {}, { token })).status, 200)
}
