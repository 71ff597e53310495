// Where clients run: in this process, or in a page of its own, served from the server's origin or from another one.
import { launch as launchChromium } from '../e2e/browser.mjs'
import { Proxy } from './proxy.mjs'
import { clients } from './clients.mjs'

let chromium

/** One browser for all; pages have contexts of their own. */
export function launch(t) {
  chromium = launchChromium(t)
}

/** Each opens a place in which to make clients for a server at an origin: { make, close }. */
export const places = {
  node: async (client) => {
    const library = await client.load()
    return { make: (options) => new client.Probe(library, options), close: async () => {} }
  },
  same: (client, origin) => pageOf(client, origin),
  cross: async (client, origin, t) => {
    const elsewhere = await Proxy.start(t)
    return pageOf(client, elsewhere.origin)
  },
}

async function pageOf(client, origin) {
  const context = await (await chromium).newContext()
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(`${origin}/matrix/page/${clients.indexOf(client)}`)
  await page.waitForFunction(() => window.call).catch((error) => {
    throw new Error(`${error.message} ${errors.join('\n')}`)
  })
  return {
    errors,
    make: (options) => remote(page, page.evaluate((o) => window.make(o), options)),
    close: () => context.close(),
  }
}

/** Stands for a client in a page: every method of the probe, with arguments and answers that are JSON. */
function remote(page, number) {
  const call = async (method, args) => {
    const target = { number: await number, method, args }
    return page.evaluate((c) => window.call(c.number, c.method, c.args), target)
  }
  const methods = ['open', 'subscribe', 'unsubscribe', 'publish', 'batch', 'close', 'take', 'left', 'state']
  return Object.fromEntries(methods.map((method) => [method, (...args) => call(method, args)]))
}
