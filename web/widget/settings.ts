import { localeFor, type Texts, textsFor } from './texts'

/** What the site asked for in the script's data attributes. */
export interface Settings {
  /** Origin of the Parley server: that of the script. */
  origin: string
  appKey: string
  visitorId: string | null
  title: string | null
  greeting: string | null
  /** Where conversations are opened. */
  room: string | undefined
  position: 'left' | 'right'
  color: string | null
  lang: string
  /** For dates and times. */
  locale: string
  texts: Texts
  /** Who the visitor is, signed by the site's backend. */
  identity: string | undefined
  /** Read anew on every use: a page renews a token by writing the attribute again. */
  token(): string | undefined
}

export function readSettings(script: HTMLScriptElement): Settings {
  const data = script.dataset
  const { lang, texts } = textsFor([data.lang, document.documentElement.lang, ...navigator.languages])
  return {
    origin: new URL(script.src, location.href).origin,
    appKey: data.appKey ?? '',
    visitorId: data.visitorId || null,
    room: data.room,
    title: data.title || null,
    greeting: data.greeting || null,
    position: data.position === 'left' ? 'left' : 'right',
    color: data.color && CSS.supports('color', data.color) ? data.color : null,
    lang,
    locale: localeFor(lang),
    texts,
    identity: data.identity,
    token: () => data.token || undefined,
  }
}
