import { useEffect, useState } from 'preact/hooks'
import type { Desk } from '../desk'
import type { Leave, Shift, Week } from './api'
import { explain, Field, Form, text } from './Form'

/** From Monday, with the numbers that the server counts by. */
const days = [[1, 'Monday'], [2, 'Tuesday'], [3, 'Wednesday'], [4, 'Thursday'], [5, 'Friday'], [6, 'Saturday'], [0, 'Sunday']] as const
type Place = { desk: Desk; path: string; changed: () => Promise<void> }

/** The week as a grid: a row for each day, with as many shifts as there are. */
export function WeekEditor({ desk, path, changed }: Place) {
  const [week, setWeek] = useState<Week | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    desk.people.get<{ week: Week }>(`${path}/shifts`).then(({ week }) => setWeek(week), (error) => setProblem(explain(error)))
  }, [path])
  if (!week) return problem ? <p class="problem" role="alert">{problem}</p> : null
  const change = (shifts: Shift[]) => setWeek({ ...week, shifts })
  const set = (shift: Shift, part: Partial<Shift>) => change(week.shifts.map((one) => (one === shift ? { ...one, ...part } : one)))
  return (
    <Form
      label="Save the week"
      submit={async (values) => {
        const saved = await desk.people.send<{ week: Week }>('PUT', `${path}/shifts`, { shifts: week.shifts, time_zone: text(values, 'zone') })
        setWeek(saved.week)
        await changed()
      }}
    >
      <h2>Shifts</h2>
      <p class="soft">{week.shifts.length ? 'A shift that ends before it begins goes on until the next day.' : 'Without shifts: on duty whenever the switch says so.'}</p>
      <div class="week">
        {days.map(([weekday, name]) => (
          <div key={weekday} role="group" aria-label={name}>
            <span>{name}</span>
            <div>
              {week.shifts.filter((shift) => shift.weekday === weekday).map((shift, i) => (
                <span class="shift" key={i}>
                  <input type="time" required aria-label={`${name}, from`} value={shift.from} onChange={(e) => set(shift, { from: e.currentTarget.value })} />
                  –
                  <input type="time" required aria-label={`${name}, to`} value={shift.to === '24:00' ? '00:00' : shift.to} onChange={(e) => set(shift, { to: e.currentTarget.value })} />
                  <button type="button" class="link" aria-label={`Remove ${name} ${shift.from}`} onClick={() => change(week.shifts.filter((one) => one !== shift))}>×</button>
                </span>
              ))}
              <button type="button" class="link" aria-label={`Add a shift on ${name}`} onClick={() => change([...week.shifts, { weekday, from: '09:00', to: '18:00' }])}>+ add</button>
            </div>
          </div>
        ))}
      </div>
      <Field label="Time zone"><input name="zone" required defaultValue={week.time_zone} list="zones" /></Field>
      <Zones />
    </Form>
  )
}

export function Zones() {
  return <datalist id="zones">{Intl.supportedValuesOf('timeZone').map((zone) => <option key={zone} value={zone} />)}</datalist>
}

export function Leaves({ desk, path, changed }: Place) {
  const [leaves, setLeaves] = useState<Leave[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const load = () => desk.people.get<{ leaves: Leave[] }>(`${path}/leaves`).then(({ leaves }) => setLeaves(leaves), (error) => setProblem(explain(error)))
  useEffect(() => void load(), [path])
  const remove = (id: number) => desk.people.send('DELETE', `${path}/leaves/${id}`).then(load).then(changed, (error) => setProblem(explain(error)))
  return (
    <Form
      label="Add leave"
      done="Added."
      submit={async (values, form) => {
        await desk.people.send('POST', `${path}/leaves`, { from: text(values, 'from'), to: text(values, 'to'), reason: text(values, 'reason') })
        form.reset()
        await load()
        await changed()
      }}
    >
      <h2>Leave</h2>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <ul class="plain">
        {leaves.map((leave) => (
          <li key={leave.id}>
            {new Date(leave.starts_at).toLocaleString()} – {new Date(leave.ends_at).toLocaleString()} <span class="soft">{leave.reason}</span>
            <button type="button" class="link" aria-label="Remove this leave" onClick={() => void remove(leave.id)}>×</button>
          </li>
        ))}
      </ul>
      <div class="pair">
        <Field label="First day"><input name="from" type="date" required /></Field>
        <Field label="Last day"><input name="to" type="date" required /></Field>
        <Field label="Reason"><input name="reason" maxLength={200} /></Field>
      </div>
    </Form>
  )
}
