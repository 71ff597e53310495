import { useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'
import type { Desk } from '../desk'
import { dutyWords } from '../life'
import { PeopleLinks } from '../people/People'
import { LeaveIcon, Logo, MutedIcon, SoundIcon } from './icons'

const states = [
  { state: 'on', label: 'On duty', hint: 'New visitors come to you.' },
  { state: 'paused', label: 'Paused', hint: 'You keep your conversations; new visitors go to others.' },
  { state: 'off', label: 'Off', hint: 'New visitors do not come to you.' },
] as const

export function Header({ desk }: { desk: Desk }) {
  const [problem, setProblem] = useState<string | null>(null)
  const logOut = async () => {
    setProblem(null)
    try {
      await desk.logout()
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'Not logged out: the server does not answer.')
    }
  }

  return (
    <header class="top">
      <Logo />
      <div class="who">
        <strong>{desk.me?.manager.name}</strong>
        <span class="soft">{desk.me?.organization.name}</span>
      </div>
      <PeopleLinks desk={desk} />
      <DutySwitch desk={desk} />
      <button
        type="button"
        class="round"
        aria-pressed={desk.sound.on}
        aria-label="Sound for new messages"
        title={desk.sound.on ? 'Sound is on' : 'Sound is off'}
        onClick={() => desk.toggleSound()}
      >
        {desk.sound.on ? <SoundIcon /> : <MutedIcon />}
      </button>
      <button type="button" class="round" aria-label="Log out" title="Log out" onClick={() => void logOut()}>
        <LeaveIcon />
      </button>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </header>
  )
}

function DutySwitch({ desk }: { desk: Desk }) {
  const [problem, setProblem] = useState<string | null>(null)
  const duty = desk.duty
  // She who never chose is off duty, unless another program of hers holds the service channel.
  const chosen = duty?.state === 'auto' ? (duty.on_duty ? 'on' : 'off') : duty?.state

  const choose = async (state: (typeof states)[number]['state']) => {
    setProblem(null)
    try {
      await desk.setDuty(state)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'The server does not answer. Please try again.')
    }
  }

  return (
    <div class="duty">
      <div class="switch" role="radiogroup" aria-label="Duty">
        {states.map(({ state, label, hint }) => (
          <label key={state} class={state} title={hint}>
            <input type="radio" name="duty" value={state} checked={chosen === state} onChange={() => void choose(state)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <p class="verdict" role="status">{duty && dutyWords(duty)}</p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}
