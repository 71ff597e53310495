// Who visitors are: the widget gets tokens by itself where they are wanted, a site says who somebody is, and a browser
// is forgotten.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DeskPage, eventually, launch, onDuty, person, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }
const anna = ['anna@example.com', 'parley-demo']

/** The function that the README shows to sites' backends, as it stands there. */
async function identityOf(folder) {
  const readme = await readFile(join(dirname(fileURLToPath(import.meta.url)), '../../README.md'), 'utf8')
  const code = readme.split('## Who your visitors are')[1].match(/```js\n(.*?)```/s)[1]
  const file = join(folder, 'identity.mjs')
  await writeFile(file, code)
  return (await import(pathToFileURL(file))).identity
}

for (const mode of ['signed', 'capability']) {
  test(`a visitor talks, says who she is, and is forgotten; auth.visitors: ${mode}`, limit, async (t) => {
    const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_AUTH_VISITORS: mode } })
    const secret = await server.json('org', 'secret', 'create', '--org', '1', '--name', 'shop')
    const identity = await identityOf(server.folder)
    const { site_key: key } = await (await fetch(`${server.origin}/demo/site.json`)).json()
    const html = (more = '') => `<!doctype html><title>Shop</title><script async src="${server.origin}/widget.js" data-app-key="${key}" ${more}></script>`
    const browser = await launch(t)
    const visitor = new WidgetPage(await person(browser))
    const manager = new DeskPage(await person(browser))
    const step = steps(t, visitor.page, manager.page)
    const requests = []
    visitor.page.on('request', (request) => requests.push(request))
    const kept = () => visitor.page.evaluate(() => JSON.stringify({ ...localStorage }))
    const who = (name) => visitor.page.evaluate((n) => Object.entries(localStorage).find(([k]) => k.endsWith(n))?.[1], name)

    await step('an anonymous visitor and a manager talk', async () => {
      await manager.enter(server.origin, ...anna)
      await manager.duty('On duty')
      await onDuty(manager)
      await visitor.page.goto(await site(t, html()))
      await visitor.open()
      await visitor.write('Do you know me?')
      await visitor.tick('Do you know me?', 'Sent')
      await manager.items.first().click()
      await manager.message('Do you know me?').waitFor()
      await manager.write('Not yet')
      await visitor.message('Not yet').waitFor()
    })

    if (mode === 'signed') {
      await step('nothing was let in without a token, and the same visitor comes again', async () => {
        const pass = JSON.parse(await who(':pass'))
        for (const request of requests.filter((r) => /\/chat\/(service|conversation)/.test(r.url()))) {
          assert.match(request.postData() ?? '', /(^|&)token=eyJ/, request.url())
        }
        await visitor.page.reload()
        await visitor.message('Not yet').waitFor()
        assert.equal(JSON.parse(await who(':pass')).visitor_id, pass.visitor_id)
      })

      await step('a token is renewed after half of its life', async () => {
        const pass = JSON.parse(await who(':pass'))
        await visitor.page.evaluate(() => {
          const key = Object.keys(localStorage).find((k) => k.endsWith(':pass'))
          const soon = new Date(Date.now() + 60_000).toISOString()
          localStorage[key] = JSON.stringify({ ...JSON.parse(localStorage[key]), at: Date.now() - 120_000, expires_at: soon })
        })
        await visitor.page.reload()
        await eventually('there is another one', async () => JSON.parse(await who(':pass')).at > pass.at)
        assert.equal(JSON.parse(await who(':pass')).visitor_id, pass.visitor_id)
        await visitor.message('Not yet').waitFor()
      })

      await step('a token that is not good any more makes somebody new of the browser', async () => {
        const other = new WidgetPage(await person(browser))
        await other.page.goto(await site(t, html()))
        const key = await eventually('it has a token', () => other.page.evaluate(() => Object.keys(localStorage).find((k) => k.endsWith(':pass'))))
        const before = await other.page.evaluate((k) => JSON.parse(localStorage[k]), key)
        await other.page.evaluate(([k, pass]) => (localStorage[k] = JSON.stringify({ ...pass, token: `${pass.token}x` })), [key, before])
        await other.page.reload()
        await eventually('it is somebody new', () => other.page.evaluate(([k, id]) => JSON.parse(localStorage[k] ?? '{}').visitor_id !== id, [key, before.visitor_id]))
        await other.open()
        await other.write('Who am I?')
        await other.tick('Who am I?', 'Sent')
      })
    }

    const before = await kept()
    await step('the site says who she is, and the conversation goes on', async () => {
      const token = identity({ id: 7, name: 'Maya Lind', email: 'maya@example.com', plan: 'gold' }, secret)
      await visitor.page.evaluate((signed) => window.Parley.identify(signed), token)
      await visitor.message('Not yet').waitFor()
      await visitor.write('It is Maya')
      await manager.message('It is Maya').waitFor()
      await manager.page.locator('.inbox').getByText('Maya Lind').first().waitFor()
      await manager.page.getByText('plan: gold').waitFor() // live, and again after a reload
      await manager.page.reload()
      await manager.page.getByText('plan: gold').waitFor()
      const card = await server.get('/chat/visitors/user-7', await dashboardToken(manager))
      assert.deepEqual([card.visitor.email, card.visitor.attributes], ['maya@example.com', { plan: 'gold' }])
    })

    await step('who kept the old ids and tokens has nothing of it', async () => {
      const old = JSON.parse(before)
      const conversation = JSON.parse(Object.entries(old).find(([k]) => k.endsWith(':conversation'))[1]).id
      const pass = Object.entries(old).find(([k]) => k.endsWith(':pass'))
      const id = pass ? JSON.parse(pass[1]).visitor_id : JSON.parse(Object.entries(old).find(([k]) => k.endsWith(':visitor'))[1])
      const bare = { 'sender[type]': 'visitor', 'sender[id]': id }
      for (const params of [bare, ...(pass ? [{ token: JSON.parse(pass[1]).token }] : [])]) {
        for (const path of [`/chat/conversation/${conversation}/messages`, `/chat/service/${id}`]) {
          const answer = await server.post(path, params)
          assert.equal(answer.status, 401, `${path}: ${JSON.stringify(answer.body)}`)
        }
      }
      assert.ok(!(await kept()).includes(id), 'the browser still knows the old id')
    })

    await step('she logs out: the conversation ends, and the browser is somebody new', async () => {
      await visitor.page.evaluate(() => window.Parley.logout())
      await manager.page.getByText('This conversation has ended').waitFor()
      await visitor.panel.waitFor({ state: 'detached' })
      await visitor.open()
      assert.ok(!(await kept()).includes('user-7'))
      await visitor.write('Somebody else')
      await visitor.tick('Somebody else', 'Sent')
      assert.equal(await visitor.message('It is Maya').count(), 0)
    })

    await step('a page that knows its visitor says so from the start', async () => {
      const token = identity({ id: 8, name: 'Olga' }, secret, Math.floor(Date.now() / 1000))
      const other = new WidgetPage(await person(browser))
      await other.page.goto(await site(t, html(`data-identity="${token}"`)))
      await other.open()
      await other.write('Good evening')
      await other.tick('Good evening', 'Sent')
      await manager.page.locator('.inbox').getByText('Olga').first().waitFor()
      assert.deepEqual(other.page.errors, [])
    })

    for (const request of requests) assert.ok(!/eyJ|token=/.test(request.url()), request.url())
    for (const { page } of [visitor, manager]) assert.deepEqual(page.errors, [])
  })
}

async function dashboardToken(manager) {
  return manager.page.evaluate(async () => (await (await fetch('/dashboard/api/me')).json()).token)
}
