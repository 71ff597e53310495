import type { Answer, Range } from './api'
import { lang } from './words'

/** The date that it is in a time zone; in this machine's where the browser does not know that one. */
export function today(zone: string | undefined, now = new Date()): string {
  const form = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  try {
    return isoDate(new Intl.DateTimeFormat('en', { ...form, timeZone: zone }), now)
  } catch {
    return isoDate(new Intl.DateTimeFormat('en', form), now)
  }
}

function isoDate(format: Intl.DateTimeFormat, now: Date): string {
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`
}

export function daysBefore(date: string, days: number): string {
  const day = new Date(`${date}T00:00Z`)
  day.setUTCDate(day.getUTCDate() - days)
  return day.toISOString().slice(0, 10)
}

/** The first day of the month that lies so many months before the date's. */
export function monthsBefore(date: string, months: number): string {
  const day = new Date(`${date.slice(0, 7)}-01T00:00Z`)
  day.setUTCMonth(day.getUTCMonth() - months)
  return day.toISOString().slice(0, 10)
}

/** The dates that an answer is about, both included. */
export function datesOf({ from, to }: Answer): { from: string; to: string } {
  return { from: from.slice(0, 10), to: daysBefore(to.slice(0, 10), 1) }
}

/** What is often asked for, by what it is called. */
export function presets(now: string): Record<string, Range> {
  return {
    Today: { from: now, to: now, by: 'hour' },
    '7 days': { from: daysBefore(now, 6), to: now, by: 'day' },
    '30 days': { from: daysBefore(now, 29), to: now, by: 'day' },
    '12 months': { from: monthsBefore(now, 11), to: now, by: 'month' },
  }
}

/** How an interval is named, by the clock of its own zone, which its moment spells. */
export function intervalName(start: string, by: string): string {
  const date = dateName(start, by === 'month' ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' })
  return by === 'hour' ? `${date}, ${start.slice(11, 16)}` : by === 'week' ? `Week of ${date}` : date
}

/** The same in fewer words, where its place says the rest. */
export function intervalMark(start: string, by: string): string {
  if (by === 'hour') return start.slice(11, 16)
  return dateName(start, by === 'month' ? { month: 'short' } : { day: 'numeric', month: 'short' })
}

function dateName(start: string, form: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(lang, { ...form, timeZone: 'UTC' }).format(new Date(`${start.slice(0, 10)}T00:00Z`))
}
