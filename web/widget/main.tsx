import { render } from 'preact'
import { isVisitorId } from '../shared/ids'
import { Chat } from './chat'
import { inkOn } from './color'
import { readSettings } from './settings'
import life from './life.css?inline'
import css from './style.css?inline'
import files from '../shared/files.css?inline'
import talk from './talk.css?inline'
import { Widget } from './view/Widget'
import { type Identity, Visitor } from './visitor'

const hostId = 'parley-widget'

/** The tag that loaded this file. It must be found while the file runs; later nothing points to it. */
function ownScript(): HTMLScriptElement | null {
  const current = document.currentScript
  if (current instanceof HTMLScriptElement) return current
  return document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]')
}

function start(script: HTMLScriptElement): void {
  if (document.getElementById(hostId)) return // the tag is on the page twice
  const settings = readSettings(script)
  if (settings.visitorId && !isVisitorId(settings.visitorId)) {
    console.error('Parley: data-visitor-id may hold 1 to 64 letters, digits, "_" and "-".')
    return
  }
  const host = document.createElement('div')
  host.id = hostId
  host.lang = settings.lang
  host.dataset.position = settings.position
  const root = host.attachShadow({ mode: 'open' })
  dress(root, settings.color)
  keepKeysInside(root)
  document.body.append(host)
  let chat: Chat | undefined
  const begin = (identity?: Identity): void => {
    const open = chat?.open
    chat?.stop()
    visitor.stop()
    visitor = new Visitor(settings, begin, identity)
    chat = new Chat(settings, visitor)
    render(<Widget key={chat} chat={chat} />, root)
    chat.start()
    if (open) chat.show()
  }
  let visitor = new Visitor(settings, begin)
  const identify = async (token: string): Promise<void> => {
    const identity = await visitor.identify(token)
    if (visitor.identity?.id === identity.id) return void (visitor.identity.token = token)
    visitor.memory.clear()
    begin(identity)
  }
  const logout = async (): Promise<void> => {
    chat?.hide()
    await chat?.api.post('logout', { visitor_id: visitor.id }).catch(() => {}) // where it has ended already
    visitor.memory.clear()
    Object.assign(settings, { visitorId: null, token: () => undefined }) // what the page said is over, too
    begin()
  }
  Object.assign(window, {
    Parley: {
      identify,
      logout,
      /** For scripts of this server alone; it changes with each version. */
      get chat() {
        return chat
      },
    },
  })
  if (settings.identity) identify(settings.identity).catch(() => begin())
  else begin()
  dispatchEvent(new Event('parley:ready'))
}

/** A constructed style sheet passes content policies that forbid style elements. */
function dress(root: ShadowRoot, color: string | null): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css + talk + files + life)
  if (color) {
    const { style } = sheet.cssRules[sheet.insertRule('.widget {}', sheet.cssRules.length)] as CSSStyleRule
    style.setProperty('--accent', color)
    style.setProperty('--accent-ink', inkOn(color))
  }
  root.adoptedStyleSheets = [sheet]
}

/** The page's one-letter shortcuts must not fire while the visitor types. */
function keepKeysInside(root: ShadowRoot): void {
  for (const type of ['keydown', 'keyup', 'keypress']) root.addEventListener(type, (event) => event.stopPropagation())
}

const script = ownScript()
if (!script) console.error('Parley: no script tag of widget.js was found.')
else if (document.body) start(script)
else document.addEventListener('DOMContentLoaded', () => start(script))
