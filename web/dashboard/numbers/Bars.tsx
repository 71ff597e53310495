import type { Answer, Figures } from './api'
import { intervalMark, intervalName } from './days'
import { amount, scaleFor } from './words'

/** How many intervals are named below the bars, at most. */
const marks = 8

/** A bar for each interval, the missed ones at its foot. */
export function Bars({ answer: { rows, by } }: { answer: Answer }) {
  const top = scaleFor(Math.max(1, ...rows.map((row) => row.conversations)))
  const every = Math.ceil(rows.length / marks)
  return (
    <figure class="bars">
      <figcaption>
        Conversations
        <span class="key">missed</span>
      </figcaption>
      <div class="chart">
        <div class="scale" aria-hidden="true">
          {[top, top / 2, 0].map((n) => (
            <span key={n}>{amount(n)}</span>
          ))}
        </div>
        <ol>
          {rows.map((row, i) => (
            <Bar key={row.start} row={row} by={by} top={top} marked={i % every === 0} />
          ))}
        </ol>
      </div>
    </figure>
  )
}

function Bar({ row, by, top, marked }: { row: Figures; by: string; top: number; marked: boolean }) {
  const words = `${intervalName(row.start, by)}: ${amount(row.conversations)}${row.missed ? `, ${amount(row.missed)} missed` : ''}`
  return (
    <li class={marked ? 'marked' : undefined} title={words}>
      <span class="words">{words}</span>
      <span class="bar" style={{ height: `${(row.conversations / top) * 100}%` }}>
        {row.missed > 0 && <span class="missed" style={{ height: `${(row.missed / row.conversations) * 100}%` }} />}
      </span>
      {marked && (
        <span class="date" aria-hidden="true">
          {intervalMark(row.start, by)}
        </span>
      )}
    </li>
  )
}
