// What is said beside sending: edits, deletions, notes, tags, canned replies, typing. Two browsers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }

test('words are changed and taken back, and managers keep some to themselves', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const heard = [] // everything that the visitor's browser got
  visitor.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))))
  visitor.page.on('response', async (response) => heard.push(await response.text().catch(() => '')))
  const menu = async (message, ...names) => {
    await message.hover()
    await message.getByRole('button', { name: 'What to do with it' }).click()
    for (const name of names) await message.getByRole('button', { name, exact: true }).click()
  }

  await step('a conversation', async () => {
    await manager.enter(server.origin, 'anna@example.com', 'parley-demo')
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.write('Is the sencah in stock?')
    await manager.items.first().click()
    await manager.message('sencah').waitFor()
    await visitor.tick('sencah', 'Read')
  })

  await step('the visitor changes a message', async () => {
    await menu(visitor.message('sencah'), 'Edit')
    await visitor.panel.getByText('You are changing a message.').waitFor()
    assert.equal(await visitor.field.inputValue(), 'Is the sencah in stock?')
    await visitor.page.keyboard.press('Escape')
    assert.equal(await visitor.field.inputValue(), '', 'Escape gives up the change, not the window')
    await menu(visitor.message('sencah'), 'Edit')
    await visitor.write('Is the sencha in stock?')
    await visitor.message('Is the sencha in stock?').getByText('edited').waitFor()
    await manager.message('Is the sencha in stock?').getByText('edited').waitFor()
    assert.equal(await manager.message('sencah').count(), 0)
  })

  await step('typing shows on both sides, with its words to the manager alone', async () => {
    await visitor.field.pressSequentially('And the gyok', { delay: 30 })
    await manager.page.locator('.typing', { hasText: 'And the gyok' }).waitFor()
    await picture(manager.page, 'dashboard-typing')
    await visitor.write('And the gyokuro?')
    await manager.message('And the gyokuro?').waitFor()
    await manager.page.locator('.typing').waitFor({ state: 'detached' })
    await manager.field.pressSequentially('One mom', { delay: 30 })
    await visitor.panel.locator('.typing', { hasText: 'Anna is typing' }).waitFor()
    await picture(visitor.page, 'widget-typing')
    await manager.write('One moment, I will look.')
    await visitor.message('One moment').waitFor()
    await visitor.panel.locator('.typing').waitFor({ state: 'detached' })
    assert.equal(heard.some((text) => text.includes('"preview"')), false)
  })

  await step('both sides take messages back', async () => {
    await menu(visitor.message('And the gyokuro?'), 'Delete', 'Really delete?')
    await visitor.message('Message deleted').waitFor()
    await manager.message('Message deleted').waitFor()
    await menu(manager.message('One moment'), 'Delete', 'Really delete?')
    await eventually('both are gone', async () => (await visitor.message('Message deleted').count()) === 2)
    await menu(visitor.message('Is the sencha in stock?'))
    await picture(visitor.page, 'widget-deleted')
  })

  await step('a note and a tag stay among managers', async () => {
    await manager.page.getByRole('button', { name: 'Internal note' }).click()
    const note = manager.page.getByLabel('Note', { exact: true })
    await note.fill('Asks every week, sec-note')
    await picture(manager.page, 'dashboard-note')
    await note.press('Enter')
    await manager.log.locator('.note', { hasText: 'sec-note' }).waitFor()
    await manager.page.getByLabel('Add a tag').fill('Sec-Tag')
    await manager.page.getByLabel('Add a tag').press('Enter')
    await manager.page.locator('.tag', { hasText: 'sec-tag' }).waitFor()
  })

  await step('a canned reply is called up by its shortcut', async () => {
    await manager.page.getByRole('button', { name: 'Canned replies' }).click()
    const panel = manager.page.getByRole('region', { name: 'Canned replies' })
    for (const [shortcut, content] of [['hello', 'Hello {visitor_name}! I am {manager_name}.'], ['gone', 'x'], ['hours', 'We are open from 9 to 5.']]) {
      await panel.getByLabel('Shortcut').fill(shortcut)
      await panel.getByLabel('Text').fill(content)
      await panel.getByRole('button', { name: 'Add' }).click()
      await panel.getByText(`/${shortcut}`).waitFor()
    }
    await panel.getByRole('button', { name: 'Delete /gone' }).click()
    await panel.getByText('/gone').waitFor({ state: 'detached' })
    await picture(manager.page, 'dashboard-canned-panel')
    await panel.getByRole('button', { name: 'Done' }).click()
    await manager.field.fill('/h')
    await manager.page.getByRole('option', { name: '/hello' }).waitFor()
    await picture(manager.page, 'dashboard-canned')
    await manager.field.press('ArrowDown')
    await manager.field.press('Enter')
    assert.equal(await manager.field.inputValue(), 'We are open from 9 to 5.')
    await manager.field.fill('/hello')
    await manager.field.press('Tab')
    assert.equal(await manager.field.inputValue(), 'Hello! I am Anna.')
    await manager.field.press('Enter')
    await visitor.message('Hello! I am Anna.').waitFor()
  })

  await step('everything is there again after a reload, and the visitor got nothing internal', async () => {
    await manager.page.reload()
    await manager.log.locator('.note', { hasText: 'sec-note' }).waitFor()
    await manager.page.locator('.tag', { hasText: 'sec-tag' }).waitFor()
    await picture(manager.page, 'dashboard-talk')
    await visitor.page.reload()
    await visitor.message('Hello! I am Anna.').waitFor()
    assert.equal(await visitor.message('Message deleted').count(), 2)
    await picture(visitor.page, 'widget-talk')
    assert.ok(heard.some((text) => text.includes('Hello! I am Anna.')), 'what was heard is looked at')
    for (const word of ['sec-note', 'sec-tag', '"preview"', 'gyok"']) {
      assert.equal(heard.some((text) => text.includes(word)), false, `the visitor's browser got ${word}`)
    }
    await manager.page.locator('.tag', { hasText: 'sec-tag' }).getByRole('button').click()
    await manager.page.locator('.tag').waitFor({ state: 'detached' })
    await menu(manager.log.locator('.note', { hasText: 'sec-note' }), 'Delete', 'Really delete?')
    await manager.log.locator('.note').waitFor({ state: 'detached' })
  })

  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
})
