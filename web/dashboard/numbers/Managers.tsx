import type { ComponentChildren } from 'preact'
import type { Figures } from './api'
import { amount, average, duration } from './words'

/** The columns: what each is called, what it says at length, and how it is written. */
const columns: [string, string, (r: Figures) => ComponentChildren][] = [
  ['Conversations', 'Conversations that she was the first to have', (r) => amount(r.conversations)],
  ['Answered', 'Conversations that she was the first to answer', (r) => amount(r.answered)],
  ['Missed', 'Conversations that nobody answered, or not within 15 minutes', (r) => (r.missed ? <span class="bad">{amount(r.missed)}</span> : '0')],
  ['Closed', 'Conversations that she had when they were closed', (r) => amount(r.closed)],
  ['First response', 'Median time to the first answer', (r) => duration(r.first_response.median_ms)],
  ['Handling', 'Median time from when a manager first had a conversation to its close', (r) => duration(r.handling.median_ms)],
  ['Rating', 'Average rating, and how many', (r) => (r.ratings.count ? <>{average(r.ratings.average)} <span class="soft">({amount(r.ratings.count)})</span></> : '–')],
  ['Late', 'How often the time passed that she had to answer in', (r) => amount(r.unanswered)],
  ['In', 'Conversations that came to her from others', (r) => amount(r.transfers_in)],
  ['Out', 'Conversations that went from her to others', (r) => amount(r.transfers_out)],
  ['Load', 'Average number of open conversations at a time', (r) => average(r.load.average, 2)],
]

export function Managers({ rows, total }: { rows: Figures[]; total: Figures }) {
  if (!rows.length) return <p class="empty">Nothing happened in these days.</p>
  return (
    <div class="table" role="region" aria-label="By manager" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Manager</th>
            {columns.map(([name, hint]) => (
              <th key={name} scope="col" title={hint}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.manager_id} name={row.manager_name ?? 'Nobody'} row={row} />
          ))}
        </tbody>
        <tfoot>
          <Row name="Everybody" row={total} />
        </tfoot>
      </table>
    </div>
  )
}

function Row({ name, row }: { name: string; row: Figures }) {
  return (
    <tr>
      <th scope="row" dir="auto">{name}</th>
      {columns.map(([column, , write]) => (
        <td key={column}>{write(row)}</td>
      ))}
    </tr>
  )
}
