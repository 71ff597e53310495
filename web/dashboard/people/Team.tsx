import { useEffect, useState } from 'preact/hooks'
import type { Desk } from '../desk'
import type { Colleague, Role } from './api'
import { explain, Field, Form, numberOrNull, text } from './Form'
import { Leaves, WeekEditor } from './Schedule'

const roles: Role[] = ['manager', 'supervisor', 'admin']
const admin = (desk: Desk) => desk.me?.manager.role === 'admin'

export function Team({ desk }: { desk: Desk }) {
  const [team, setTeam] = useState<Colleague[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [chosen, setChosen] = useState<number | null>(null)
  const load = () => desk.people.get<{ managers: Colleague[] }>('managers').then(
    ({ managers }) => setTeam(managers),
    (error) => setProblem(explain(error)),
  )
  useEffect(() => void load(), [])
  const colleague = team?.find(({ id }) => id === chosen)
  return (
    <>
      <h1>Team</h1>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <ul class="team">
        {team?.map((m) => (
          <li key={m.id}>
            <button type="button" aria-expanded={m.id === chosen} onClick={() => setChosen(m.id === chosen ? null : m.id)}>
              <span class={m.on_duty ? 'dot here' : 'dot'} aria-hidden="true" />
              <strong dir="auto">{m.name}</strong>
              <span class="soft">{m.role}</span>
              <span class="soft">{m.on_duty ? 'on duty' : m.verdict.replaceAll('_', ' ')}</span>
              <span class="soft">{m.limit ? `${m.open} of ${m.limit}` : `${m.open} open`}</span>
              {m.locked_until && <span class="problem">locked</span>}
            </button>
          </li>
        ))}
      </ul>
      {colleague && <Details key={colleague.id} desk={desk} colleague={colleague} changed={load} />}
      {admin(desk) && <Hire desk={desk} changed={load} />}
    </>
  )
}

function Hire({ desk, changed }: { desk: Desk; changed: () => Promise<void> }) {
  return (
    <Form
      label="Add to the team"
      done="Added."
      submit={async (values, form) => {
        const body = { name: text(values, 'name'), email: text(values, 'email'), password: values.get('password'), role: values.get('role') }
        await desk.people.send('POST', 'managers', body)
        form.reset()
        await changed()
      }}
    >
      <h2>Somebody new</h2>
      <div class="pair">
        <Field label="Name"><input name="name" required autocomplete="off" /></Field>
        <Field label="E-mail"><input name="email" type="email" required autocomplete="off" /></Field>
        <Field label="First password"><input name="password" type="password" minLength={8} required autocomplete="new-password" /></Field>
        <RoleField role="manager" />
      </div>
    </Form>
  )
}

function RoleField({ role }: { role: Role }) {
  return (
    <Field label="Role">
      <select name="role" defaultValue={role}>
        {roles.map((one) => <option key={one} value={one} selected={one === role}>{one}</option>)}
      </select>
    </Field>
  )
}

function Details({ desk, colleague: m, changed }: { desk: Desk; colleague: Colleague; changed: () => Promise<void> }) {
  const path = `managers/${m.id}`
  return (
    <section class="details" aria-label={m.name}>
      <Form
        label="Save"
        submit={async (values) => {
          const body: Record<string, unknown> = { max_conversations: numberOrNull(values, 'limit') }
          if (admin(desk)) Object.assign(body, { name: text(values, 'name'), email: text(values, 'email'), role: values.get('role') })
          await desk.people.send('PATCH', path, body)
          await changed()
        }}
      >
        <h2 dir="auto">{m.name}</h2>
        <div class="pair">
          {admin(desk) && <Field label="Name"><input name="name" required defaultValue={m.name} /></Field>}
          {admin(desk) && <Field label="E-mail"><input name="email" type="email" required defaultValue={m.email} /></Field>}
          {admin(desk) && <RoleField role={m.role} />}
          <Field label="Conversations at a time" hint="Empty: the organisation’s limit. 0: any number.">
            <input name="limit" type="number" min="0" max="1000" defaultValue={m.max_conversations ?? ''} />
          </Field>
        </div>
      </Form>
      <WeekEditor desk={desk} path={path} changed={changed} />
      <Leaves desk={desk} path={path} changed={changed} />
      {admin(desk) && <Access desk={desk} colleague={m} path={path} changed={changed} />}
    </section>
  )
}

function Access({ desk, colleague: m, path, changed }: { desk: Desk; colleague: Colleague; path: string; changed: () => Promise<void> }) {
  const [said, setSaid] = useState('')
  const act = (method: string, at: string, words: string) => async () => {
    try {
      await desk.people.send(method, at)
      setSaid(words)
      await changed()
    } catch (error) {
      setSaid(explain(error))
    }
  }
  return (
    <div class="card">
      <h2>Access</h2>
      <div class="row">
        <button type="button" class="quiet" onClick={act('POST', `${path}/sign_out`, 'Signed out everywhere.')}>Sign out everywhere</button>
        {m.locked_until && <button type="button" class="quiet" onClick={act('POST', `${path}/unlock`, 'Unlocked.')}>Unlock</button>}
        <button
          type="button"
          class="quiet danger"
          onClick={() => confirm(`${m.name} leaves the team?`) && void act('DELETE', path, 'Removed.')()}
        >
          Remove from the team
        </button>
        {said && <span class="soft" role="status">{said}</span>}
      </div>
    </div>
  )
}
