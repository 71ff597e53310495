import { Kept } from './kept'
import { type Modules, modulesOf } from './modules'
import { Page } from './page'
import { Phone } from './phone'
import { type Deferred, deferred } from './promise'
import { Window } from './widget'

/** What the tag in the page leaves behind: its calls, the account, and the server. */
interface Stub {
  (...args: unknown[]): void
  _e?: ArrayLike<unknown>[]
  _c?: string
  _h?: string
}

interface Page_ extends Record<string, unknown> {
  _giosg?: Stub
  giosg?: Record<string, unknown>
  GiosgClient?: Record<string, unknown>
}

const names: Record<string, string[]> = {
  visitor: ['submit', 'remove', 'removeAll', 'setIdentifier'],
  room: ['join', 'leave', 'getJoinedRooms'],
  chat: ['close', 'hide', 'startTask'],
  call: ['start'],
  goal: ['matches'],
  shoppingCart: ['submit', 'addProduct', 'deleteProducts', 'clearCart', 'freeze', 'setTotalPrice', 'setCurrency'],
}

/** The tag that loaded this file; later nothing points to it. */
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : document.querySelector<HTMLScriptElement>('script[src*="/live"]')

function start(): void {
  const page = globalThis as unknown as Page_
  const stub = page._giosg
  if (page.GiosgClient?.parley) return // the tag is on the page twice
  const own = script ? new URL(script.src, location.href) : null
  const origin = originOf(stub?._h) ?? own?.origin ?? location.origin
  const account = String(stub?._c ?? '') || own?.pathname.match(/\/live2\/([^/]+)/)?.[1] || ''
  const client = new Client(origin, account)

  const giosg = (page.giosg ??= {})
  giosg.api = client.api
  page.GiosgClient = Object.assign(page.GiosgClient ?? {}, {
    parley: true,
    visitorGidDeferred: client.visitor,
    showClient: () => client.show(),
    createChatDialog: () => client.show(),
    showChatButton: () => {},
  })
  const waiting = stub?._e ?? []
  page._giosg = Object.assign((...args: unknown[]) => client.take(args), { _c: account, _h: origin, _e: [] })
  client.begin((known) => Object.defineProperties(giosg, Object.getOwnPropertyDescriptors(known)))
  for (const args of Array.from(waiting)) client.take(Array.from(args))
}

function originOf(address: string | undefined): string | null {
  if (!address) return null
  const whole = address.startsWith('//') ? location.protocol + address : address
  return URL.canParse(whole) ? new URL(whole).origin : null
}

/** Takes the page's calls, one after the other, once the visitor is known. */
class Client {
  readonly visitor: Deferred<string>
  readonly api: Record<string, Record<string, (...args: unknown[]) => Deferred<unknown>>> = {}
  private modules!: Modules
  private window?: Window
  private known!: (id: string) => void
  private unknown!: (error: unknown) => void
  private readonly ready: Promise<unknown>
  /** The call that the next one waits for, so that they take effect in their order. */
  private last: Promise<unknown>
  private isReady = false
  private readonly callbacks: (() => void)[] = []

  constructor(
    private readonly origin: string,
    private readonly account: string,
  ) {
    const visitor = new Promise<string>((known, unknown) => {
      this.known = known
      this.unknown = unknown
    })
    this.ready = visitor.then(() => {})
    this.ready.catch(() => {})
    this.visitor = deferred(visitor)
    this.last = this.ready
    for (const [module, methods] of Object.entries(names)) {
      this.api[module] = Object.fromEntries(methods.map((method) => [method, (...args: unknown[]) => this.run(module, method, args)]))
    }
  }

  begin(onKnown: (globals: Record<string, unknown>) => void): void {
    const page = new Page(this.origin, this.account, new Kept(this.account), (token) => this.window?.renew(token))
    this.enter(page, onKnown).then(this.known, (error) => {
      console.error('Parley:', error)
      this.unknown(error)
    })
  }

  private async enter(page: Page, onKnown: (globals: Record<string, unknown>) => void): Promise<string> {
    await page.enter()
    if (document.readyState === 'loading') await new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }))
    const { guest, settings, session, visits } = page
    const chat = (this.window = new Window(page))
    this.modules = modulesOf(page, chat, new Phone(page, chat))
    onKnown({
      companyId: settings.organization_id,
      domainId: settings.domain_room.id,
      visitorId: guest.id,
      visitorCid: guest.id,
      visitorGid: guest.id,
      unpackedVisitorCid: guest.id,
      sessionUuid: session.id,
      visitCount: visits,
      locationCity: null,
      locationCountry: null,
      previousPurchases: [],
      useCanonicalUrl: false,
      apiConfig: { host: this.origin, version: 'v5' },
      get rooms() {
        return page.joined.map(({ id }) => id)
      },
    })
    this.isReady = true
    queueMicrotask(() => {
      for (const callback of this.callbacks.splice(0)) attempt(callback)
    })
    return guest.id
  }

  show(): void {
    void this.ready.then(() => this.window?.show(), () => {})
  }

  /** A call by words: a function to run when all is ready, or module, method and arguments. */
  take(args: unknown[]): void {
    const [first, method, ...rest] = args
    if (typeof first === 'function') {
      if (this.isReady) attempt(first as () => void)
      else this.callbacks.push(first as () => void)
    } else {
      this.run(String(first), String(method), rest).fail((error) => console.warn(`_giosg ${String(first)}.${String(method)}:`, error))
    }
  }

  private run(module: string, method: string, args: unknown[]): Deferred<unknown> {
    if (!Object.hasOwn(names, module) || !names[module]?.includes(method)) {
      return deferred(Promise.reject(new Error(`There is no ${module}.${method}`)))
    }
    const result = this.last.then(() => this.modules[module]?.[method]?.(...args))
    this.last = result.then(
      () => {},
      () => this.ready,
    )
    this.last.catch(() => {})
    return deferred(result)
  }
}

/** A callback that fails is the page's affair. */
function attempt(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    console.error(error)
  }
}

start()
