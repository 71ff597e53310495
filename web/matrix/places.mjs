// Where clients run: in this process, or in a page of its own, served from the server's origin or from another one.
import { launch as launchChromium } from '../e2e/browser.mjs'
import { Proxy } from './proxy.mjs'
import { clients } from './clients.mjs'

let chromium

/** One browser for all; pages have contexts of their own. */
export async function launch(t) {
  chromium = await launchChromium(t)
}

/** Each gives the ground on which clients are made, and cleared away: { make, clear }. */
export const places = {
  node: async (t, client) => {
    const library = await client.load()
    return { make: (options) => new client.Probe(library, options), clear: async () => {} }
  },
  same: (t, client, origin) => pageOf(t, client, origin),
  cross: async (t, client) => pageOf(t, client, (await Proxy.start(t)).origin),
}

/** Each client has a frame of its own: names of cometd's callbacks are unique in the client, not in the window. */
async function pageOf(t, client, origin) {
  const context = await chromium.newContext()
  t.after(() => context.close())
  const page = await context.newPage()
  await page.goto(`${origin}/matrix/empty.html`)
  return {
    make: async (options) => {
      const element = await page.evaluateHandle((source) => {
        const frame = document.createElement('iframe')
        frame.src = source
        return document.body.appendChild(frame)
      }, `/matrix/page/${clients.indexOf(client)}`)
      const frame = await element.contentFrame()
      await frame.waitForFunction(() => window.call)
      await frame.evaluate((o) => window.make(o), options)
      return remote(frame)
    },
    clear: () => page.evaluate(() => document.body.replaceChildren()),
  }
}

const methods = ['open', 'subscribe', 'unsubscribe', 'publish', 'batch', 'close', 'take', 'left', 'state']

/** Stands for the client in a frame: the methods of a probe, with arguments and answers that are JSON. */
function remote(frame) {
  const call = (method, args) => frame.evaluate((c) => window.call(c.method, c.args), { method, args })
  return Object.fromEntries(methods.map((method) => [method, (...args) => call(method, args)]))
}
