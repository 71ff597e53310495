// Where clients run: in this process, or in a page of its own, served from the server's origin or from another one.
import { launch as launchChromium } from '../e2e/browser.mjs'
import { Proxy } from './proxy.mjs'
import { clients } from './clients.mjs'

let chromium

/** One browser for all; pages have contexts of their own. */
export async function launch(t) {
  chromium = await launchChromium(t)
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

/** Each client has a page of its own: names of cometd's callbacks are unique in the client, not in the page. */
async function pageOf(client, origin) {
  const context = await chromium.newContext()
  return {
    make: async (options) => {
      const page = await context.newPage()
      await page.goto(`${origin}/matrix/page/${clients.indexOf(client)}`)
      await page.waitForFunction(() => window.call)
      await page.evaluate((o) => window.make(o), options)
      return remote(page)
    },
    close: () => context.close(),
  }
}

const methods = ['open', 'subscribe', 'unsubscribe', 'publish', 'batch', 'close', 'take', 'left', 'state']

/** Stands for the client in a page: the methods of a probe, with arguments and answers that are JSON. */
function remote(page) {
  const call = (method, args) => page.evaluate((c) => window.call(c.method, c.args), { method, args })
  return Object.fromEntries(methods.map((method) => [method, (...args) => call(method, args)]))
}
