import { useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'
import type { Desk } from '../desk'
import { useFocus } from './focus'
import { Logo } from './icons'

export function Login({ desk }: { desk: Desk }) {
  const first = useFocus<HTMLInputElement>()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      await desk.login(email.trim(), password)
    } catch (error) {
      setProblem(explain(error))
      setBusy(false)
    }
  }

  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>
          <Logo /> Parley
        </h1>
        <p class="soft">Log in to answer your visitors.</p>
        <label>
          E-mail
          <input
            type="email"
            name="email"
            autocomplete="username"
            required
            ref={first}
            value={email}
            onInput={(event) => setEmail(event.currentTarget.value)}
          />
        </label>
        <label>
          Password
          <input
            type="password"
            name="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Logging in…' : 'Log in'}
        </button>
      </form>
    </main>
  )
}

function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The server does not answer. Please try again.'
  if (error.code === 'login_failed') return 'This e-mail and password do not belong together.'
  if (error.code === 'too_many_requests') return `Too many attempts. Please wait ${error.retryAfter ?? 60} seconds.`
  if (error.code === 'login_locked') return `Too many wrong passwords. Please try again in ${Math.ceil((error.retryAfter ?? 60) / 60)} minutes.`
  return error.message
}
