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
  const chat = new Chat(settings)
  const host = document.createElement('div')
  host.id = hostId
  host.lang = settings.lang
  host.dataset.position = settings.position
  const root = host.attachShadow({ mode: 'open' })
  dress(root, settings.color)
  keepKeysInside(root)
  document.body.append(host)
  render(<Widget chat={chat} />, root)
  chat.start()
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
if (!script) console.error('Parley: the script tag of widget.js was not found.')
else if (document.body) start(script)
else document.addEventListener('DOMContentLoaded', () => start(script))
