// The life of a conversation as its people see it: the queue, the form for when nobody is there, handing over, the end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, onDuty, person, picture, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }
const anna = ['anna@example.com', 'parley-demo'] // admin
const boris = ['boris@example.com', 'parley-demo'] // manager
const phone = { width: 360, height: 720 }
const desktop = { width: 1200, height: 780 }

test('who cannot be answered at once waits in the queue, and sees it move', limit, async (t) => {
  const server = await Server.start(t, {
    args: ['--demo'],
    settings: { PARLEY_CHAT_MAX_CONVERSATIONS: '1', PARLEY_CHAT_OPENS_PER_MINUTE: '0' },
  })
  const browser = await launch(t)
  const first = new WidgetPage(await person(browser))
  const second = new WidgetPage(await person(browser))
  const third = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const other = new DeskPage(await person(browser))
  const step = steps(t, second.page, manager.page)
  const queue = manager.page.getByRole('list', { name: 'Queue' })

  await step('the manager takes one conversation at a time', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await first.page.goto(`${server.origin}/demo/`)
    await first.open()
    await first.write('Do you have oolong?')
    await first.tick('Do you have oolong?', 'Sent')
    await manager.page.getByText('At your limit 1/1').waitFor()
  })

  await step('others see their places', async () => {
    await second.page.goto(`${server.origin}/demo/`)
    await second.open()
    await second.panel.getByText('You are number 1 in the queue').waitFor()
    await second.write('May I ask something, too?')
    await second.tick('May I ask something, too?', 'Sent')
    await third.page.goto(`${server.origin}/demo/`)
    await third.open()
    await third.panel.getByText('You are number 2 in the queue').waitFor()
    await picture(third.page, 'life-widget-queued')
  })

  await step('the manager sees who waits, reads along, and is refused another one in words', async () => {
    await manager.page.getByRole('button', { name: 'Queue 2' }).click()
    await queue.getByRole('listitem').nth(1).waitFor()
    const waited = queue.getByRole('listitem').first().locator('.clock')
    const before = await waited.innerText()
    await eventually('the waiting time ticks', async () => (await waited.innerText()) !== before)
    await manager.items.first().click()
    await manager.message('May I ask something, too?').waitFor()
    await picture(manager.page, 'life-desk-queue')
    await manager.page.setViewportSize(phone)
    await picture(manager.page, 'life-desk-waiting-phone')
    await fits(manager.page)
    await manager.page.setViewportSize(desktop)
    await manager.page.getByRole('button', { name: 'Claim this chat' }).click()
    await manager.page.getByText('You have as many open chats as you take').waitFor()
  })

  await step('a close moves the queue on, live', async () => {
    await manager.page.getByRole('button', { name: 'Open 1' }).click()
    await manager.items.first().click()
    await manager.page.getByRole('button', { name: 'Close conversation' }).click()
    await manager.page.getByRole('button', { name: 'Close it' }).click()
    await second.panel.getByText('You are talking to Anna').waitFor()
    await second.panel.getByText('Anna has joined').waitFor()
    await third.panel.getByText('You are number 1 in the queue').waitFor()
    await manager.page.getByRole('button', { name: 'Queue 1' }).waitFor()
  })

  await step('two claim at once: one has it, the other is told who was faster', async () => {
    await other.enter(server.origin, ...boris)
    await other.page.getByRole('button', { name: 'Queue 1' }).click()
    await other.page.getByRole('list', { name: 'Queue' }).getByRole('listitem').waitFor()
    const { token } = await server.json('token', 'manager', '--id', '1')
    const waiting = await fetch(`${server.origin}/chat/queue`, { headers: { Authorization: `Bearer ${token}` } })
    const [{ id }] = await waiting.json()
    // The claim of the colleague comes between what she sees and what she does.
    await other.page.route(/\/claim$/, async (route) => {
      assert.equal((await server.post(`/chat/conversation/${id}/takeover`, {}, { token })).status, 200)
      await route.continue()
    })
    await other.page.getByRole('button', { name: /^Claim/ }).first().click()
    await other.page.getByText('Anna was faster.').waitFor()
    await picture(other.page, 'life-desk-faster')
    await third.panel.getByText('Anna has joined').waitFor()
  })

  for (const { page } of [first, second, third, manager, other]) assert.deepEqual(page.errors, [])
})

test('a message that is left is answered', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_CHAT_OPENS_PER_MINUTE: '0' } })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const field = (name) => visitor.panel.getByLabel(name, { exact: true })
  const send = visitor.panel.getByRole('button', { name: 'Send the message' })

  await step('nobody is there: the form, which says what is missing', async () => {
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.notice.getByText('Nobody is here right now').waitFor()
    await send.click()
    await visitor.panel.getByText('Please write a message.').waitFor()
    await field('Your message').fill('Do you buy back old teapots?')
    await send.click()
    await visitor.panel.getByText('Please give an e-mail address or a phone number').waitFor()
    await field('E-mail').fill('maya at example')
    await send.click()
    await visitor.panel.getByText('This does not look like an e-mail address.').waitFor()
    assert.equal(await field('E-mail').getAttribute('aria-invalid'), 'true')
    await picture(visitor.page, 'life-widget-form-wrong')
  })

  await step('what is typed outlives the page', async () => {
    await field('Your name').fill('Maya Lindqvist')
    await field('E-mail').fill('maya@example.com')
    await field('Phone').fill('+47 555 0100')
    await visitor.page.reload()
    await send.waitFor()
    assert.equal(await field('Your message').inputValue(), 'Do you buy back old teapots?')
    assert.equal(await field('E-mail').inputValue(), 'maya@example.com')
    await picture(visitor.page, 'life-widget-form')
    await visitor.page.setViewportSize(phone)
    await picture(visitor.page, 'life-widget-form-phone')
    await visitor.page.setViewportSize(desktop)
  })

  await step('it is sent by keyboard, and stands in the log', async () => {
    await field('Phone').press('Enter')
    await visitor.panel.getByText('Thank you! We have your message').waitFor()
    await visitor.tick('Do you buy back old teapots?', 'Sent')
    await picture(visitor.page, 'life-widget-left')
  })

  await step('it waits in the queue with what the visitor said of herself, and is claimed', async () => {
    await manager.enter(server.origin, ...boris)
    await manager.page.getByRole('button', { name: 'Queue 1' }).click()
    await manager.page.getByText('Left a message').waitFor()
    await manager.page.getByRole('button', { name: /^Claim/ }).click()
    await manager.page.getByText('unchecked').waitFor()
    assert.equal(await manager.page.getByRole('link', { name: 'maya@example.com' }).getAttribute('href'), 'mailto:maya@example.com')
    await manager.write('Gladly, if the lid is whole.')
    await visitor.message('Gladly, if the lid is whole.').waitFor()
    await visitor.panel.getByText('You are talking to Boris').waitFor()
    await picture(manager.page, 'life-desk-contact')
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

test('the widget learns that somebody has come, and that the last one has left', limit, async (t) => {
  const server = await Server.start(t, {
    args: ['--demo'],
    settings: { PARLEY_CHAT_OPENS_PER_MINUTE: '0', PARLEY_CHAT_DUTY_GRACE: '1s' },
  })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('somebody comes', async () => {
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.panel.getByLabel('Your message').fill('Is anybody there?')
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await visitor.notice.getByText('We are here now.').waitFor()
    assert.equal(await visitor.field.inputValue(), 'Is anybody there?', 'nothing is torn away')
    await picture(visitor.page, 'life-widget-here')
    await visitor.notice.getByRole('button', { name: 'Start the chat' }).click()
    await visitor.tick('Is anybody there?', 'Sent')
    await visitor.panel.getByText('You are talking to Anna').waitFor()
  })

  await step('the last one leaves', async () => {
    await manager.duty('Off')
    await visitor.panel.getByText('Write all the same').waitFor()
    await manager.duty('On duty')
    await visitor.panel.getByText('Write all the same').waitFor({ state: 'detached' })
  })

  for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
})

test('handing over, taking over, rating and going on', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_CHAT_OPENS_PER_MINUTE: '0' } })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const other = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const menu = async (desk, item) => {
    await desk.page.getByRole('button', { name: 'More about this chat' }).click()
    await desk.page.getByRole('menuitem', { name: item }).click()
  }

  await step('a talk with Anna', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.write('My parcel is late.')
    await visitor.tick('My parcel is late.', 'Sent')
    await manager.items.first().click()
    await manager.message('My parcel is late.').waitFor()
  })

  await step('why did I get this chat?', async () => {
    await menu(manager, 'Why did I get this chat?')
    const sheet = manager.page.getByRole('dialog', { name: 'History of this chat' })
    await sheet.getByText('Anna (you) was the only one who could be given a chat.').waitFor()
    assert.match(await sheet.getByRole('row', { name: /Boris/ }).innerText(), /(not at the desk|off duty)\s+0$/)
    await picture(manager.page, 'life-desk-why')
    await manager.page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
  })

  await step('Boris is there, and is given it with a note', async () => {
    await other.enter(server.origin, ...boris)
    await other.duty('On duty')
    await onDuty(other)
    await menu(manager, 'Transfer…')
    const sheet = manager.page.getByRole('dialog', { name: /^Transfer/ })
    await sheet.getByRole('radio', { name: /^Boris/ }).check()
    await sheet.getByLabel('Note for whoever has it next').fill('Parcel 4711 is at customs.')
    await picture(manager.page, 'life-desk-transfer')
    await manager.page.setViewportSize(phone)
    await picture(manager.page, 'life-desk-transfer-phone')
    await manager.page.setViewportSize(desktop)
    await sheet.getByRole('button', { name: 'Transfer' }).click()
    await manager.page.getByText('Boris is answering this visitor').waitFor()
    await other.items.first().click()
    await other.page.getByRole('note').getByText('Parcel 4711 is at customs.').waitFor()
    await picture(other.page, 'life-desk-note')
    await visitor.panel.getByText('Boris has joined').waitFor()
    assert.equal(await visitor.panel.getByText('4711').count(), 0, 'no visitor sees a note')
    await other.write('It is at customs, and free tomorrow.')
    await visitor.message('It is at customs').waitFor()
    await picture(visitor.page, 'life-widget-joined')
  })

  await step('back into the queue, where nobody but the note waits', async () => {
    await other.duty('Paused')
    await manager.duty('Paused')
    await menu(other, 'Transfer…')
    const sheet = other.page.getByRole('dialog', { name: /^Transfer/ })
    await sheet.getByRole('radio', { name: /^The queue/ }).check()
    await sheet.getByLabel('Note for whoever has it next').fill('She wants her money back.')
    await sheet.getByRole('button', { name: 'Transfer' }).click()
    await other.page.getByRole('button', { name: 'Claim this chat' }).waitFor()
    await other.page.getByRole('button', { name: 'Claim this chat' }).click()
    await other.field.waitFor()
  })

  await step('a supervisor takes it over', async () => {
    await manager.page.getByRole('button', { name: 'Everyone’s' }).click()
    await manager.items.first().click()
    await manager.page.getByText('Boris is answering this visitor').waitFor()
    await menu(manager, 'Take over')
    await manager.field.waitFor()
    await manager.page.getByRole('note').getByText('She wants her money back.').waitFor()
    await other.page.getByText('Anna is answering this visitor').waitFor()
    await visitor.panel.getByText('You are talking to Anna').waitFor()
  })

  await step('at the end she rates, and goes on', async () => {
    await manager.page.getByRole('button', { name: 'Close conversation' }).click()
    await manager.page.getByRole('button', { name: 'Close it' }).click()
    await visitor.panel.getByText('This conversation has ended').waitFor()
    await visitor.page.reload()
    await visitor.panel.getByText('How was this chat?').waitFor()
    await visitor.message('My parcel is late.').waitFor()
    await visitor.panel.getByRole('radio', { name: '4 of 5 stars' }).check({ force: true })
    await visitor.page.keyboard.press('ArrowRight') // five, by keyboard
    await visitor.panel.getByLabel('Anything to add?').fill('Quick and kind.')
    await picture(visitor.page, 'life-widget-rating')
    await visitor.page.setViewportSize(phone)
    await picture(visitor.page, 'life-widget-rating-phone')
    await visitor.page.setViewportSize(desktop)
    await visitor.panel.locator('.rating').getByRole('button', { name: 'Send' }).click()
    await visitor.panel.getByText('Thank you for your rating!').waitFor()
    await manager.page.getByRole('button', { name: 'Closed' }).click()
    await manager.items.first().getByRole('img', { name: 'Rated 5 of 5 stars' }).waitFor()
    await manager.items.first().click()
    await manager.page.getByText('Quick and kind.').waitFor()
    await menu(manager, 'History of this chat')
    const sheet = manager.page.getByRole('dialog', { name: 'History of this chat' })
    for (const words of [
      'The visitor opened the chat; it went to Anna (you).',
      'Anna (you) gave it to Boris.',
      'Boris answered.',
      'Boris put it back into the queue.',
      'Boris took it from the queue.',
      'Anna (you) took it over from Boris.',
      'Anna (you) closed the chat.',
      'The visitor rated the chat.',
    ]) {
      await sheet.getByRole('listitem').getByText(words).waitFor()
    }
    await picture(manager.page, 'life-desk-history')
    await manager.page.setViewportSize(phone)
    await picture(manager.page, 'life-desk-history-phone')
    await manager.page.setViewportSize(desktop)
    await manager.page.keyboard.press('Escape')
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.panel.getByRole('button', { name: 'Continue this chat' }).click()
    await visitor.panel.getByText('You are talking to Anna').waitFor()
    await visitor.write('One more thing.')
    await visitor.tick('One more thing.', 'Read') // it is open on her screen
    await manager.message('One more thing.').waitFor()
    assert.equal(await visitor.panel.getByText('New conversation').count(), 0)
  })

  await step('it fits a phone, and the dark', async () => {
    await manager.page.setViewportSize(phone)
    await fits(manager.page)
    await manager.page.getByRole('button', { name: 'More about this chat' }).click()
    await picture(manager.page, 'life-desk-menu-phone')
    await fits(manager.page)
    await manager.page.keyboard.press('Escape')
    await manager.page.getByRole('button', { name: 'Back to the list' }).click()
    await manager.page.getByRole('button', { name: /^Open/ }).click()
    await manager.items.first().waitFor()
    await picture(manager.page, 'life-desk-list-phone')
    await fits(manager.page)
    await manager.page.setViewportSize(desktop)
    await manager.page.emulateMedia({ colorScheme: 'dark' })
    await manager.items.first().click()
    await menu(manager, 'History of this chat')
    await picture(manager.page, 'life-desk-history-dark')
  })

  for (const { page } of [visitor, manager, other]) assert.deepEqual(page.errors, [])
})

/** Nothing is wider than the window. */
async function fits(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide`)
}
