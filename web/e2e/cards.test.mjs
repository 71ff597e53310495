// Cards with pictures and buttons: a page that allows the server alone, a manager's dashboard, an old client.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import Faye from 'faye'
import { DeskPage, eventually, launch, onDuty, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }

/** One dot of colour. */
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

/** Serves a picture to pages of any origin. */
async function gallery(t) {
  const server = createServer((_, response) =>
    response.writeHead(200, { 'Content-Type': 'image/png', 'Cross-Origin-Resource-Policy': 'cross-origin' }).end(dot),
  )
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => new Promise((done) => server.close(done).closeAllConnections()))
  return `http://127.0.0.1:${server.address().port}`
}

test('a manager sends cards, and the visitor presses their buttons', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'] })
  const { site_key: appKey } = await (await fetch(`${server.origin}/demo/site.json`)).json()
  const { key } = await server.json('apikey', 'create', '--org', '1', '--name', 'bot')
  const pictures = await gallery(t)
  const browser = await launch(t)
  const manager = new DeskPage(await person(browser))
  const visitor = new WidgetPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const loaded = []
  visitor.page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
  let conversation
  const say = async (body) => {
    const answer = await fetch(`${server.origin}/chat/conversation/${conversation.id}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      body: JSON.stringify({ sender: { type: 'manager', id: conversation.manager_id }, ...body }),
    })
    assert.equal(answer.status, 201)
    return (await answer.json()).message
  }

  await step('a conversation', async () => {
    await manager.enter(server.origin, 'anna@example.com', 'parley-demo')
    await manager.duty('On duty')
    await onDuty(manager)
    const sockets = server.origin.replace('http', 'ws')
    await visitor.page.goto(
      await site(t, `<!doctype html><title>Shop</title><body><script src="${server.origin}/widget.js" data-app-key="${appKey}"></script>`, {
        'Content-Security-Policy': `default-src 'none'; script-src ${server.origin}; connect-src ${server.origin} ${sockets}; img-src ${server.origin} ${pictures}`,
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    )
    await visitor.open()
    await visitor.write('What teas do you have?')
    await manager.items.first().click()
    await manager.message('What teas').waitFor()
    const list = await manager.page.evaluate(async () => (await fetch('/dashboard/api/conversations')).json())
    conversation = list.conversations[0]
    assert.equal(loaded.includes('/widget-more.js'), false, 'what nobody needs is not loaded')
  })

  const deck = visitor.panel.locator('.deck')
  const button = (name) => visitor.panel.getByRole('button', { name, exact: true })
  await step('cards appear, with pictures, links and buttons', async () => {
    const sent = await say({
      cards: [
        {
          title: 'Sencha',
          title_link_url: 'https://example.com/sencha',
          text: 'Green, from Japan',
          image_url: `${pictures}/sencha.png`,
          actions: [
            { id: 'buy', text: 'I take it', value: 'sencha', style: 'primary', is_disabled_on_selection: true },
            { id: 'no', text: 'Another one', is_disabled_on_selection: true },
            { text: 'Read more', type: 'link_button', value: 'https://example.com/more', link_target: '_blank' },
          ],
        },
        { image_url: `${pictures}/pot.png` },
      ],
    })
    assert.match(sent.content, /^Sencha: https:\/\/example.com\/sencha\nGreen, from Japan\n- I take it\n/)
    await button('I take it').waitFor()
    assert.equal(await visitor.panel.locator('.bubble', { hasText: 'Green, from Japan' }).count(), 0, 'the words for old clients are not shown')
    await deck.getByRole('article', { name: 'Sencha' }).waitFor()
    await deck.getByRole('img', { name: 'Picture' }).waitFor()
    const link = deck.getByRole('link', { name: 'Read more' })
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow')
    assert.equal(await link.getAttribute('href'), 'https://example.com/more')
    await eventually('the pictures are there', () => deck.locator('img').evaluateAll((list) => list.length === 2 && list.every((i) => i.naturalWidth === 1)))
    assert.equal(loaded.filter((path) => path === '/widget-more.js').length, 1)
    await eventually('the end is in sight', () => visitor.panel.locator('.scroll').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5))
    await picture(visitor.page, 'widget-cards')
  })

  await step('a button is pressed once, by keyboard too', async () => {
    await button('I take it').focus()
    await visitor.page.keyboard.press('Enter')
    await visitor.panel.locator('.own .bubble', { hasText: 'I take it' }).waitFor()
    await eventually('both are disabled', async () => (await deck.locator('button[aria-disabled=true]').count()) === 2)
    await button('Another one').click({ force: true })
    await manager.message('I take it').getByText('pressed a button').waitFor()
    await manager.page.locator('.deck button[aria-pressed=true]', { hasText: 'I take it' }).waitFor()
    assert.equal(await visitor.panel.locator('.own .bubble').count(), 2)
    await picture(manager.page, 'dashboard-cards')
  })

  await step('a button that ends with the next word, and words beside cards', async () => {
    await say({ content: 'Sugar with it?', cards: [{ text: 'One spoon', actions: [{ text: 'Yes, please', is_disabled_on_visitor_message: true }] }] })
    await visitor.message('Sugar with it?').getByText('One spoon').waitFor()
    await visitor.write('No, thank you')
    await visitor.panel.locator('.deck button[aria-disabled=true]', { hasText: 'Yes, please' }).waitFor()
  })

  await step('what was pressed is known after a reload, and to an old client as text', async () => {
    const old = new Faye.Client(`${server.origin}/faye`)
    const heard = []
    await old.subscribe(`/conversations/${conversation.id}`, (event) => heard.push(event.message?.content))
    await visitor.page.reload()
    await visitor.panel.waitFor()
    await eventually('all are disabled', async () => (await deck.locator('button[aria-disabled=true]').count()) === 3)
    await say({ cards: [{ title: 'Gyokuro', actions: [{ text: 'This one' }] }] })
    await button('This one').click()
    await eventually('old clients read it', () => heard.includes('Gyokuro\n- This one') && heard.includes('This one'))
    old.disconnect()
  })

  await step('a conversation that is over is rated', async () => {
    await fetch(`${server.origin}/chat/conversation/${conversation.id}/close`, { method: 'POST', headers: { Authorization: `Bearer ${key}` } })
    await visitor.panel.getByText('How was this chat?').waitFor()
    await eventually('its buttons are over, too', async () => (await deck.locator('button[aria-disabled=false]').count()) === 0)
  })
  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
})
