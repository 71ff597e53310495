import { ApiError } from '../../shared/api'

export const lang = navigator.language

export function explain(error: unknown): string {
  return error instanceof ApiError ? error.message : 'The server does not answer. Please try again.'
}

/** A duration in its two largest units, on one line: 42 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  const s = Math.round(ms / 1000)
  if (s < 1) return '<\u00a01\u00a0s'
  if (s < 60) return `${s}\u00a0s`
  if (s < 3600) return two(s, 60, 'min', 's')
  const min = Math.round(s / 60)
  if (min < 48 * 60) return two(min, 60, 'h', 'min')
  return two(Math.round(min / 60), 24, 'd', 'h')
}

function two(n: number, size: number, large: string, small: string): string {
  const whole = `${Math.floor(n / size)}\u00a0${large}`
  return n % size ? `${whole}\u00a0${n % size}\u00a0${small}` : whole
}

/** 1 rating, 2 ratings. */
export function counted(n: number, thing: string): string {
  return `${amount(n)} ${thing}${n === 1 ? '' : 's'}`
}

export function amount(n: number): string {
  return n.toLocaleString(lang)
}

/** With one digit after the point, or as many as said; – for what there is none of. */
export function average(n: number | null, digits = 1): string {
  return n === null ? '–' : n.toLocaleString(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The lowest even round number that is not lower, so that a scale's middle is a whole one, too. */
export function scaleFor(most: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const steps of [2, 4, 6, 8, 10]) if (steps * unit >= most) return steps * unit
  }
}
