import type { Notification } from '../shared/entities'

export interface Card {
  title: string | null
  text: string | null
  href: string | null
}

/** Finds what a card can show in a notification of any shape; null when there are no words in it. */
export function cardOf(notification: Notification): Card | null {
  const { data } = notification
  if (typeof data === 'string') return { title: null, text: data, href: null }
  if (typeof data !== 'object' || data === null) return null
  const field = (...names: string[]): string | null => {
    for (const name of names) {
      const value = (data as Record<string, unknown>)[name]
      if (typeof value === 'string' && value.trim()) return value
    }
    return null
  }
  const title = field('title', 'subject')
  const text = field('text', 'message', 'body', 'content')
  if (!title && !text) return null
  return { title, text, href: webAddress(field('url', 'href', 'link')) }
}

/** Only http and https: a notification must not be able to run a script in the page. */
function webAddress(value: string | null): string | null {
  if (!value || !URL.canParse(value, location.href)) return null
  const url = new URL(value, location.href)
  return /^https?:$/.test(url.protocol) ? url.href : null
}
