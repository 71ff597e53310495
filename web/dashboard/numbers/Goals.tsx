import type { GoalTotals } from './api'
import { intervalName } from './days'
import { amount } from './words'

/** How often visitors reached what the organisation wants, a bar for each day; nothing where it wants nothing. */
export function Goals({ goals }: { goals: GoalTotals[] }) {
  if (!goals.length) return null
  return (
    <div class="goals" role="region" aria-label="Goals" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Goal</th>
            <th scope="col">Reached</th>
            <th scope="col" title="What it was worth, together">
              Value
            </th>
            <th scope="col">By day</th>
          </tr>
        </thead>
        <tbody>
          {goals.map((goal) => (
            <tr key={goal.goal_id}>
              <th scope="row" dir="auto">{goal.name}</th>
              <td>{amount(goal.total.count)}</td>
              <td>{amount(goal.total.value)}</td>
              <td>
                <Days of={goal.days} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Days({ of }: { of: GoalTotals['days'] }) {
  const most = Math.max(1, ...of.map((day) => day.count))
  const reached = of.filter((day) => day.count)
  const words = ({ date, count }: GoalTotals['days'][number]) => `${intervalName(date, 'day')}: ${amount(count)}`
  return (
    <span class="days" role="img" aria-label={reached.map(words).join(', ') || 'never'}>
      {of.map((day) => (
        <span key={day.date} title={words(day)} style={{ height: `${(day.count / most) * 100}%` }} />
      ))}
    </span>
  )
}
