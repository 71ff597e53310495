// Chromium for the browser tests, and a page of another origin.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { secretIn } from './server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Milliseconds in which something must have appeared on a screen. */
export const patience = 15_000

export async function launch(t) {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    throw new Error(`No Chromium at ${executablePath}: install it (Debian: apt-get install chromium), or set CHROMIUM.`)
  }
  const browser = await chromium.launch({ executablePath, args: flags })
  t.after(() => browser.close())
  return browser
}

/** What a browser says of a page that does what its own headers forbid, or of headers that it does not know. */
const headerTrouble = /Content Security Policy|Permissions-Policy|Cross-Origin-(Opener|Embedder|Resource)-Policy/

/**
 * A person with a browser profile of her own. Errors that scripts throw are collected in page.errors, and so is what
 * the browser says about a page's headers, and an address with a secret in it.
 */
export async function person(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 780 }, locale: 'en-GB', reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  page.errors = []
  page.on('pageerror', (error) => page.errors.push(error.message))
  const address = (url) => secretIn(url) && page.errors.push(`a secret in an address: ${secretIn(url)}`)
  page.on('request', (request) => address(request.url()))
  page.on('websocket', (socket) => address(socket.url()))
  page.on('console', (message) => headerTrouble.test(message.text()) && page.errors.push(message.text()))
  return page
}

/** Saves a picture for looking at; README pictures only on request (SCREENSHOTS=1). */
export async function picture(page, name, { readme = false } = {}) {
  const out = join(here, 'out')
  await mkdir(out, { recursive: true })
  await page.screenshot({ path: join(out, `${name}.png`) })
  if (!readme || !process.env.SCREENSHOTS) return
  const committed = join(here, '../screenshots')
  await mkdir(committed, { recursive: true })
  await page.screenshot({ path: join(committed, `${name}.png`) })
}

/** Serves one page on a port, that is an origin, of its own. */
export async function site(t, html, headers = {}) {
  const server = createServer((request, response) => {
    if (request.url !== '/') return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(html)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => new Promise((done) => server.close(done).closeAllConnections()))
  return `http://127.0.0.1:${server.address().port}/`
}

/** Waits until check() is truthy. */
export async function eventually(what, check) {
  const end = Date.now() + patience
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > end) throw new Error(`Not within ${patience / 1000} s: ${what}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** Names the step that failed, and keeps a picture of both screens. */
export function steps(t, visitor, manager) {
  return async (name, run) => {
    const start = Date.now()
    try {
      await run()
    } catch (error) {
      await picture(visitor, 'failed-visitor').catch(() => {})
      await picture(manager, 'failed-manager').catch(() => {})
      throw new Error(`${name}: ${error.message}`, { cause: error })
    }
    t.diagnostic(`${name} (${Date.now() - start} ms)`)
  }
}

/** Waits until the server counts her as on duty: her channel is subscribed. */
export async function onDuty(manager) {
  await eventually('the manager is on duty', () =>
    manager.page.evaluate(async () => {
      const me = await (await fetch('/dashboard/api/me')).json()
      return me.duty.on_duty
    }),
  )
}

/** The visitor's widget on a page, by what a person sees of it. */
export class WidgetPage {
  constructor(page) {
    this.page = page
    this.panel = page.locator('#parley-widget [role=dialog]')
    this.launcher = page.locator('#parley-widget .launcher')
    this.field = this.panel.locator('textarea')
    this.notice = this.panel.locator('.notice')
    this.badge = page.locator('#parley-widget .badge')
  }

  message(text) {
    return this.panel.locator('.message', { hasText: text })
  }

  async open() {
    await this.launcher.click()
    await this.panel.waitFor()
  }

  async write(text) {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  /** Waits for a tick beside a message of the visitor's own. */
  async tick(text, label) {
    await this.message(text).getByRole('img', { name: label, exact: true }).waitFor()
  }
}

/** The manager's dashboard. */
export class DeskPage {
  constructor(page) {
    this.page = page
    this.items = page.locator('.inbox .item')
    this.field = page.getByLabel('Answer')
    this.log = page.getByRole('log')
  }

  async logIn(email, password) {
    await this.page.getByLabel('E-mail').fill(email)
    await this.page.getByLabel('Password').fill(password)
    await this.page.getByRole('button', { name: 'Log in' }).click()
  }

  async enter(origin, email, password) {
    await this.page.goto(`${origin}/dashboard/`)
    await this.logIn(email, password)
    await this.page.getByRole('radiogroup', { name: 'Duty' }).waitFor()
  }

  async duty(label) {
    const chosen = this.page.getByRole('radio', { name: label, exact: true })
    await chosen.click()
    await chosen.and(this.page.locator(':checked')).waitFor({ state: 'attached' }) // it moves when the server has agreed
  }

  message(text) {
    return this.log.locator('.message', { hasText: text })
  }

  async write(text) {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  async tick(text, label) {
    await this.message(text).getByRole('img', { name: label, exact: true }).waitFor()
  }
}
