import type { ComponentChildren } from 'preact'
import type { Figures, Spread } from './api'
import { amount, average, counted, duration } from './words'

export function Tiles({ total: t }: { total: Figures }) {
  return (
    <dl class="tiles">
      <Tile name="Conversations" value={amount(t.conversations)} more={t.left ? `${amount(t.left)} left as messages` : `${amount(t.answered)} answered`} />
      <Tile name="Missed" value={amount(t.missed)} more={share(t.missed, t.conversations)} bad={t.missed > 0} />
      <Time name="First response" spread={t.first_response} />
      <Time name="Handling" spread={t.handling} />
      <div>
        <dt>Rating</dt>
        <dd class="value">{average(t.ratings.average)}</dd>
        <dd class="more">{counted(t.ratings.count, 'rating')}</dd>
        {t.ratings.count > 0 && <Distribution of={t.ratings.distribution} />}
      </div>
      <Tile name="Open at a time" value={average(t.load.average, 2)} more={`${amount(t.load.peak)} at most`} />
    </dl>
  )
}

function Tile({ name, value, more, bad }: { name: string; value: ComponentChildren; more: string; bad?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={bad ? 'value bad' : 'value'}>{value}</dd>
      <dd class="more">{more}</dd>
    </div>
  )
}

/** Half of them took no longer than the value. */
function Time({ name, spread }: { name: string; spread: Spread }) {
  const more = spread.count ? `90 % within ${duration(spread.p90_ms)}` : 'none yet'
  return <Tile name={name} value={duration(spread.median_ms).split(/([a-z]+)/).map(unitsSmall)} more={more} />
}

function unitsSmall(part: string, i: number): ComponentChildren {
  return i % 2 ? <small key={i}>{part}</small> : part
}

function Distribution({ of }: { of: number[] }) {
  const most = Math.max(...of)
  return (
    <dd>
      <div class="distribution" role="img" aria-label={of.map((n, i) => `${n} gave ${i + 1}`).join(', ')}>
        {of.map((n, i) => (
          <span key={i} title={`${n} gave ${i + 1}`} style={{ height: `${(n / most) * 100}%` }} />
        ))}
      </div>
    </dd>
  )
}

function share(part: number, whole: number): string {
  return whole ? `${Math.round((part / whole) * 100)} % of them` : 'none'
}
