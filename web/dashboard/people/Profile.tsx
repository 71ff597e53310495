import { useState } from 'preact/hooks'
import type { Desk } from '../desk'
import { explain, Field, Form, text } from './Form'

export function Profile({ desk }: { desk: Desk }) {
  const [problem, setProblem] = useState<string | null>(null)
  const me = desk.me?.manager
  if (!me) return null
  const path = `managers/${me.id}`
  const signOut = () => desk.people.send('POST', `${path}/sign_out`).then(() => desk.askAboutMe(), (error) => setProblem(explain(error)))
  return (
    <>
      <h1>Profile</h1>
      <Form
        label="Save"
        submit={async (values) => {
          await desk.people.send('PATCH', path, { name: text(values, 'name'), avatar_url: text(values, 'avatar') || null })
          desk.askAboutMe()
        }}
      >
        <Field label="Name" hint="Visitors see it."><input name="name" required defaultValue={me.name} /></Field>
        <Field label="Picture" hint="An address that begins with https://."><input name="avatar" defaultValue={me.avatar_url ?? ''} /></Field>
        <p class="soft">{me.email}, {me.role}</p>
      </Form>
      <Form
        label="Change the password"
        done="Changed. Your other sign-ins have ended."
        submit={async (values, form) => {
          await desk.changePassword(String(values.get('old')), String(values.get('new')))
          form.reset()
        }}
      >
        <h2>Password</h2>
        <div class="pair">
          <Field label="Old password"><input name="old" type="password" required autocomplete="current-password" /></Field>
          <Field label="New password" hint="At least 8 characters."><input name="new" type="password" minLength={8} required autocomplete="new-password" /></Field>
        </div>
      </Form>
      <div class="card">
        <h2>Sign-ins</h2>
        <p class="soft">Ends this one, too.</p>
        <div class="row">
          <button type="button" class="quiet" onClick={() => void signOut()}>Sign out everywhere</button>
          {problem && <span class="problem" role="alert">{problem}</span>}
        </div>
      </div>
    </>
  )
}
