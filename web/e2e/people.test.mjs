// An admin's pages: a manager is added with shifts, signs in, and is signed out everywhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskPage, eventually, launch, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

test('an admin adds a manager with shifts, and signs her out everywhere', { timeout: 180_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const browser = await launch(t)
  const admin = new DeskPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, manager.page, admin.page)

  await step('the admin adds her', async () => {
    await admin.enter(server.origin, 'anna@example.com', 'parley-demo')
    await admin.page.getByRole('link', { name: 'Team' }).click()
    await admin.page.getByRole('heading', { name: 'Team' }).waitFor()
    await admin.page.getByLabel('Name').fill('Dora')
    await admin.page.getByLabel('E-mail').fill('dora@example.com')
    await admin.page.getByLabel('First password').fill('correct horse')
    await admin.page.getByRole('button', { name: 'Add to the team' }).click()
    await admin.page.getByRole('button', { name: /^Dora/ }).click()
  })

  await step('with shifts in her time zone', async () => {
    await admin.page.getByRole('button', { name: 'Add a shift on Monday' }).click()
    await admin.page.getByLabel('Monday, to').fill('17:30')
    await admin.page.getByLabel('Time zone').fill('Europe/Moscow')
    await admin.page.getByRole('button', { name: 'Save the week' }).click()
    await admin.page.getByText('Saved.').waitFor()
    await picture(admin.page, 'dashboard-team')
    const team = await server.json('manager', 'list')
    const week = await server.json('manager', 'shifts', 'show', String(team.find(({ name }) => name === 'Dora').id))
    assert.deepEqual(week.shifts, [{ weekday: 1, from: '09:00', to: '17:30' }])
    assert.equal(week.time_zone, 'Europe/Moscow')
  })

  await step('she signs in, and is no admin', async () => {
    await manager.enter(server.origin, 'dora@example.com', 'correct horse')
    await manager.page.getByRole('link', { name: 'Profile' }).click()
    await manager.page.getByRole('heading', { name: 'Profile' }).waitFor()
    assert.equal(await manager.page.getByRole('link', { name: 'Team' }).count(), 0)
    await picture(manager.page, 'dashboard-profile')
    await manager.page.getByLabel('Old password').fill('correct horse')
    await manager.page.getByLabel('New password').fill('battery staple')
    await manager.page.getByRole('button', { name: 'Change the password' }).click()
    await manager.page.getByText('Changed.').waitFor() // and she is still in
    await manager.page.getByRole('heading', { name: 'Profile' }).waitFor()
  })

  await step('the organisation says something of its own', async () => {
    await admin.page.getByRole('link', { name: 'Organisation' }).click()
    await admin.page.getByLabel('Greeting').fill('Good day!')
    await admin.page.getByRole('button', { name: 'Save' }).click()
    await admin.page.getByText('Saved.').waitFor()
    await picture(admin.page, 'dashboard-organization')
    const [{ site_key: key }] = await server.json('org', 'list')
    assert.equal((await (await fetch(`${server.origin}/chat/site?app_key=${key}`)).json()).greeting, 'Good day!')
    const visitor = new WidgetPage(await person(browser))
    // A page with words of its own would keep them.
    await visitor.page.goto(await site(t, `<!doctype html><title>Shop</title><body><script src="${server.origin}/widget.js" data-app-key="${key}"></script>`))
    await visitor.open()
    await visitor.panel.getByText('Good day!').waitFor()
  })

  await step('the admin signs her out everywhere, and she is out', async () => {
    await admin.page.getByRole('link', { name: 'Team' }).click()
    await admin.page.getByRole('button', { name: /^Dora/ }).click()
    await admin.page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await admin.page.getByText('Signed out everywhere.').waitFor()
    await manager.page.getByRole('button', { name: 'Log in' }).waitFor()
    await eventually('the admin is still in', async () => admin.page.getByRole('heading', { name: 'Team' }).isVisible())
  })
  assert.deepEqual([...admin.page.errors, ...manager.page.errors], [])
})
