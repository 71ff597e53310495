import { useEffect, useState } from 'preact/hooks'
import type { Desk } from '../desk'
import type { Holiday, Organization } from './api'
import { explain, Field, Form, numberOrNull, text } from './Form'
import { Zones } from './Schedule'

const strategies = { least_loaded: 'whoever has the fewest', round_robin: 'in turn', broadcast: 'the first who accepts' }

export function OrganizationPage({ desk }: { desk: Desk }) {
  const [o, setOrganization] = useState<Organization | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    desk.people.get<{ organization: Organization }>('organization').then(({ organization }) => setOrganization(organization), (error) => setProblem(explain(error)))
  }, [])
  return (
    <>
      <h1>Organisation</h1>
      {problem && <p class="problem" role="alert">{problem}</p>}
      {o && (
        <Form
          label="Save"
          submit={async (values) => {
            const within = numberOrNull(values, 'within')
            await desk.people.send('PATCH', 'organization', {
              name: text(values, 'name'), greeting: text(values, 'greeting'), offline_message: text(values, 'offline'),
              time_zone: text(values, 'zone'), strategy: values.get('strategy'), max_conversations: numberOrNull(values, 'limit'),
              answer_within_ms: within === null ? null : within * 1000,
              allowed_origins: text(values, 'origins').split(/\s+/).filter(Boolean),
            })
          }}
        >
          <p class="soft">Site key: <code>{o.site_key}</code></p>
          <Field label="Name"><input name="name" required defaultValue={o.name} /></Field>
          <Field label="Greeting" hint="What the widget says first."><textarea name="greeting" rows={2} maxLength={1000} defaultValue={o.greeting} /></Field>
          <Field label="When nobody is on duty"><textarea name="offline" rows={2} maxLength={1000} defaultValue={o.offline_message} /></Field>
          <div class="pair">
            <Field label="Time zone"><input name="zone" required defaultValue={o.time_zone} list="zones" /></Field>
            <Field label="New conversations go to">
              <select name="strategy">
                {Object.entries(strategies).map(([value, words]) => <option key={value} value={value} selected={value === o.strategy}>{words}</option>)}
              </select>
            </Field>
            <Field label="Conversations at a time, each" hint="Empty: the server’s setting. 0: any number.">
              <input name="limit" type="number" min="0" max="1000" defaultValue={o.max_conversations ?? ''} />
            </Field>
            <Field label="Answer within, seconds" hint="Empty: the server’s setting. 0: no limit.">
              <input name="within" type="number" min="0" max="604800" defaultValue={o.answer_within_ms === null ? '' : o.answer_within_ms / 1000} />
            </Field>
          </div>
          <Field label="Pages that may use the chat" hint="One origin a line, such as https://example.com. Empty: as the server is set.">
            <textarea name="origins" rows={3} defaultValue={o.allowed_origins.join('\n')} />
          </Field>
          <Zones />
        </Form>
      )}
      <Holidays desk={desk} />
    </>
  )
}

function Holidays({ desk }: { desk: Desk }) {
  const [days, setDays] = useState<Holiday[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const load = () => desk.people.get<{ holidays: Holiday[] }>('holidays').then(({ holidays }) => setDays(holidays), (error) => setProblem(explain(error)))
  useEffect(() => void load(), [])
  const remove = (id: number) => desk.people.send('DELETE', `holidays/${id}`).then(load, (error) => setProblem(explain(error)))
  return (
    <Form
      label="Add a holiday"
      done="Added."
      submit={async (values, form) => {
        await desk.people.send('POST', 'holidays', { day: text(values, 'day'), name: text(values, 'name') })
        form.reset()
        await load()
      }}
    >
      <h2>Holidays</h2>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <ul class="plain">
        {days.map((h) => (
          <li key={h.id}>
            {h.day} <span class="soft">{h.name}</span>
            <button type="button" class="link" aria-label={`Remove ${h.day}`} onClick={() => void remove(h.id)}>×</button>
          </li>
        ))}
      </ul>
      <div class="pair">
        <Field label="Day"><input name="day" type="date" required /></Field>
        <Field label="Name"><input name="name" maxLength={200} /></Field>
      </div>
    </Form>
  )
}
