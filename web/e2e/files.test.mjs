// Files both ways: a picture from the visitor, a document from the manager; with and without tokens.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { deflateSync, crc32 } from 'node:zlib'
import { DeskPage, eventually, launch, onDuty, person, picture, site, steps, WidgetPage } from './browser.mjs'
import { Server } from './server.mjs'

const limit = { timeout: 180_000 }
const anna = ['anna@example.com', 'parley-demo']

/** A PNG of two colours that run into each other. */
function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (1 + 3 * width))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows.set([40 + (180 * x) / width, 150, 90 + (120 * y) / height], y * (1 + 3 * width) + 1 + 3 * x)
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

const teapot = { name: 'teapot.png', mimeType: 'image/png', buffer: png(800, 500) }
const drawn = (img) => img.evaluate((i) => i.complete && i.naturalWidth)

test('a visitor sends a picture, the manager a document', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_ATTACHMENTS_MAX_BYTES: '1MiB' } })
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)

  await step('the picture arrives, small', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(`${server.origin}/demo/`)
    await visitor.open()
    await visitor.panel.getByRole('button', { name: 'Attach a file' }).waitFor()
    await visitor.panel.locator('input[type=file]').setInputFiles(teapot)
    await visitor.panel.locator('.chip', { hasText: 'teapot.png' }).waitFor()
    await picture(visitor.page, 'widget-chosen')
    await visitor.write('The lid of this one is broken')
    await visitor.tick('The lid', 'Sent')
    await manager.items.first().click()
    const image = manager.message('The lid').getByRole('img', { name: 'teapot.png' })
    await image.waitFor()
    await eventually('she sees it', () => drawn(image))
    assert.equal(await drawn(image), 320, 'the small one')
    await eventually('so does the visitor', () => drawn(visitor.message('The lid').getByRole('img', { name: 'teapot.png' })))
  })

  await step('the manager opens it, whole', async () => {
    const [page] = await Promise.all([
      manager.page.context().waitForEvent('page'),
      manager.message('The lid').getByRole('link').click(),
    ])
    await eventually('the whole picture', async () => (await page.locator('img').evaluate((i) => i.naturalWidth)) === 800)
    await page.close()
  })

  await step('a document goes back, without words', async () => {
    await manager.page.locator('input[type=file]').setInputFiles({ name: 'Guarantee.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') })
    await manager.page.getByRole('button', { name: 'Send' }).click()
    const link = visitor.panel.getByRole('link', { name: 'Guarantee.pdf' })
    await link.waitFor()
    await picture(visitor.page, 'widget-files')
    await picture(manager.page, 'dashboard-files')
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), link.click()])
    assert.equal(download.suggestedFilename(), 'Guarantee.pdf')
    assert.equal(await readFile(await download.path(), 'utf8'), '%PDF-1.4\n%%EOF\n')
  })

  await step('what is refused is said in words', async () => {
    await visitor.panel.locator('input[type=file]').setInputFiles({ name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.alloc(2 << 20, 'a') })
    await visitor.panel.getByText('A file can have at most 1 MB.').waitFor()
    await visitor.panel.locator('input[type=file]').setInputFiles({ name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<html><script>alert(1)</script>') })
    await visitor.panel.getByRole('button', { name: 'Send', exact: true }).click()
    await visitor.panel.getByText('Not sent: files of this type are not taken.').waitFor()
    await picture(visitor.page, 'widget-refused')
    await visitor.panel.getByRole('button', { name: 'Delete', exact: true }).last().click()
    await visitor.panel.getByText('Not sent').waitFor({ state: 'detached' })
  })

  await step('the picture is pasted, and dropped', async () => {
    for (const [kind, target] of [['paste', manager.field], ['drop', manager.page.locator('.pane')]]) {
      await target.evaluate((element, [type, name, bytes]) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }))
        const event = type === 'paste' ? new ClipboardEvent(type, { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
        element.dispatchEvent(event)
      }, [kind, `${kind}ed.png`, [...png(8, 8)]])
      await manager.page.locator('.chip', { hasText: `${kind}ed.png` }).waitFor()
    }
    await manager.page.getByRole('button', { name: 'Remove pasteed.png' }).click()
    await manager.write('Dropped')
    await visitor.message('Dropped').getByRole('img', { name: 'droped.png' }).waitFor()
  })

  await step('after a reload they are still there', async () => {
    await visitor.page.reload()
    await eventually('drawn', () => drawn(visitor.message('The lid').getByRole('img', { name: 'teapot.png' })))
  })

  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
})

test('where visitors have tokens, files are shown to those who have one', limit, async (t) => {
  const server = await Server.start(t, { args: ['--demo'], settings: { PARLEY_AUTH_VISITORS: 'signed' } })
  const { token } = await server.json('token', 'visitor', '--id', 'v1', '--org', '1')
  const { site_key: key } = await (await fetch(`${server.origin}/demo/site.json`)).json()
  const other = await site(t, `<!doctype html><title>Shop</title><script async src="${server.origin}/widget.js" data-app-key="${key}" data-visitor-id="v1" data-token="${token}"></script>`)
  const browser = await launch(t)
  const visitor = new WidgetPage(await person(browser))
  const manager = new DeskPage(await person(browser))
  const step = steps(t, visitor.page, manager.page)
  const addresses = []
  for (const { page } of [visitor, manager]) page.on('request', (request) => addresses.push(request.url()))

  await step('both sides see it', async () => {
    await manager.enter(server.origin, ...anna)
    await manager.duty('On duty')
    await onDuty(manager)
    await visitor.page.goto(other)
    await visitor.open()
    await visitor.panel.getByRole('button', { name: 'Attach a file' }).waitFor()
    await visitor.panel.locator('input[type=file]').setInputFiles(teapot)
    await visitor.write('Is it me you are looking for?')
    await manager.items.first().click()
    for (const side of [visitor, manager]) {
      const image = side.message('Is it me').getByRole('img', { name: 'teapot.png' })
      await image.waitFor()
      await eventually('drawn', () => drawn(image))
      assert.match(await image.getAttribute('src'), /^blob:/)
    }
  })

  await step('no token stood in an address', async () => {
    assert.deepEqual(addresses.filter((address) => address.includes(token) || address.includes('token=')), [])
    const path = addresses.find((address) => address.endsWith('/thumbnail'))
    assert.equal((await fetch(path)).status, 401)
  })

  assert.deepEqual(visitor.page.errors, [])
  assert.deepEqual(manager.page.errors, [])
})
