import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'

/** A form that says what came of it. The button waits for the answer; a refusal keeps what was typed. */
export function Form({ children, label, done, submit }: {
  children: ComponentChildren
  label: string
  done?: string
  submit: (values: FormData, form: HTMLFormElement) => Promise<void>
}) {
  const [state, setState] = useState<{ busy?: boolean; problem?: string; saved?: boolean }>({})
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    setState({ busy: true })
    try {
      await submit(new FormData(form), form)
      setState({ saved: true })
    } catch (error) {
      setState({ problem: explain(error) })
    }
  }
  return (
    <form class="card" onSubmit={onSubmit} onInput={() => setState({})}>
      {children}
      <div class="row">
        <button type="submit" class="primary" disabled={state.busy}>
          {label}
        </button>
        {state.saved && <span class="soft" role="status">{done ?? 'Saved.'}</span>}
        {state.problem && <span class="problem" role="alert">{state.problem}</span>}
      </div>
    </form>
  )
}

export function explain(error: unknown): string {
  return error instanceof ApiError ? error.message : 'The server does not answer. Please try again.'
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <span class="soft">{hint}</span>}
    </label>
  )
}

export const text = (values: FormData, name: string): string => String(values.get(name) ?? '').trim()

/** An empty field means what stands above: the organisation's, or the server's settings. */
export function numberOrNull(values: FormData, name: string): number | null {
  const given = text(values, name)
  return given === '' ? null : Number(given)
}
