export function sameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}

export function timeOf(iso: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso))
}

/** "Today", "Yesterday", or the date; the year only where it is another one. */
export function dayOf(iso: string, lang: string, words: { today: string; yesterday: string }): string {
  const day = new Date(iso)
  const now = new Date()
  if (sameDay(iso, now.toISOString())) return words.today
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)
  if (day.toDateString() === before.toDateString()) return words.yesterday
  const year = day.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', year }).format(day)
}
