import { en, type Texts } from './en'
import { ru } from './ru'

export type { Texts }

const languages: Record<string, Texts> = { en, ru }

/** The first of the wanted languages (BCP 47 tags) that the widget speaks; English otherwise. */
export function textsFor(wanted: readonly (string | null | undefined)[]): { lang: string; texts: Texts } {
  for (const tag of wanted) {
    const lang = tag?.toLowerCase().split(/[-_]/)[0] ?? ''
    const texts = languages[lang]
    if (texts) return { lang, texts }
  }
  return { lang: 'en', texts: en }
}

/** The browser's own variety of the language (en-GB for en), for dates and times. */
export function localeFor(lang: string): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === lang) ?? lang
}

/** Puts values into {name} places. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}

export function plural(lang: string, forms: Texts['launcherUnread'], n: number): string {
  return fill(forms[new Intl.PluralRules(lang).select(n)] ?? forms.other, { n })
}
