import { useEffect, useState } from 'preact/hooks'
import type { Now, NumbersApi } from './api'
import { amount, duration } from './words'

/** Milliseconds between looks. */
const lookDelay = 15_000

/** Who waits, and who is on duty with how many conversations; nothing while the server does not say. */
export function NowStrip({ api }: { api: NumbersApi }) {
  const now = useNow(api)
  if (!now) return null
  return (
    <section class="now" aria-label="Now">
      <p>
        <strong class={now.waiting ? 'bad' : undefined}>{amount(now.waiting)}</strong> waiting
        {now.longest_wait_ms !== null && <span class="soft"> for up to {duration(now.longest_wait_ms)}</span>}
      </p>
      <p>
        <strong>{amount(now.open)}</strong> open
      </p>
      <p>
        <strong>{amount(now.on_duty)}</strong> on duty
      </p>
      <ul>
        {now.managers.map((m) => (
          <li key={m.id} class={m.on_duty ? 'here' : undefined} title={m.on_duty ? 'On duty' : 'Not on duty'}>
            <span dir="auto">{m.name}</span>
            <span class="soft">{m.limit === null ? amount(m.open) : `${amount(m.open)}/${amount(m.limit)}`}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function useNow(api: NumbersApi): Now | null {
  const [now, setNow] = useState<Now | null>(null)
  useEffect(() => {
    let current = true
    const look = () => {
      if (document.visibilityState !== 'visible') return
      api
        .now()
        .catch(() => null)
        .then((answer) => current && setNow(answer))
    }
    look()
    const looking = setInterval(look, lookDelay)
    document.addEventListener('visibilitychange', look)
    return () => {
      current = false
      clearInterval(looking)
      document.removeEventListener('visibilitychange', look)
    }
  }, [api])
  return now
}
