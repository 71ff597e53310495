import { lasted } from '../life'
import { useNow } from './now'

/** Milliseconds after which a wait is long. */
const long = 120_000
/** Milliseconds before its end at which time is short. */
const short = 15_000

/** How long somebody has waited, ticking. */
export function Since({ at }: { at: string }) {
  const ms = useNow() - Date.parse(at)
  return (
    <time class={ms > long ? 'clock late' : 'clock'} dateTime={at}>
      {lasted(ms)}
    </time>
  )
}

/** How long there is yet, ticking. */
export function Until({ at }: { at: string }) {
  const ms = Date.parse(at) - useNow()
  return (
    <time class={ms < short ? 'clock late' : 'clock'} dateTime={at}>
      {lasted(ms + 999)}
    </time>
  )
}
