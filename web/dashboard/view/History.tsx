import { useEffect } from 'preact/hooks'
import type { Conversation, Decision, Transition } from '../../shared/entities'
import { dayOf, sameDay, timeOf } from '../../shared/time'
import type { Desk } from '../desk'
import { arrival, load, type Names, reason, sentence, verdictOf } from '../life'
import { dayWords, lang } from './Inbox'
import { Sheet } from './Sheet'
import { Rated } from './Strip'

/** The life of a conversation, and why it came to whoever has it. */
export function History({ desk, conversation: c, onClose }: { desk: Desk; conversation: Conversation; onClose(): void }) {
  const story = desk.care.story(c.id)
  const { names } = desk.care
  useEffect(() => void story.load(), [])
  const came = arrival(story.steps)
  return (
    <Sheet side title="History of this chat" onClose={onClose}>
      {came && (
        <section class="why">
          <h3>{desk.isMine(c) ? 'Why did I get this chat?' : `Why does ${names(c.manager_id)} have this chat?`}</h3>
          <p>{came.decision ? reason(came.decision, names) : `${sentence(came, names)}.`}</p>
          {came.decision && <Considered decision={came.decision} names={names} />}
        </section>
      )}
      <section>
        <h3>What happened</h3>
        {story.state === 'unknown' && <p class="soft">Loading…</p>}
        {story.state === 'failed' && <p class="problem">The server does not answer.</p>}
        <ol class="steps">
          {story.steps.map((t, i) => (
            <Step key={t.id} step={t} before={story.steps[i - 1]} names={names} why={t !== came} />
          ))}
        </ol>
        <Rated conversation={c} />
      </section>
    </Sheet>
  )
}

interface StepProps {
  step: Transition
  before: Transition | undefined
  names: Names
  /** Whether the decision is told here. */
  why: boolean
}

function Step({ step: t, before, names, why }: StepProps) {
  const newDay = !before || !sameDay(before.created_at, t.created_at)
  return (
    <li>
      <time dateTime={t.created_at}>
        {newDay && <span>{dayOf(t.created_at, lang, dayWords)}</span>} {timeOf(t.created_at, lang)}
      </time>
      <div>
        <p>{sentence(t, names)}.</p>
        {t.note && <q dir="auto">{t.note}</q>}
        {why && t.decision && (
          <details>
            <summary>{reason(t.decision, names)}</summary>
            <Considered decision={t.decision} names={names} />
          </details>
        )}
      </div>
    </li>
  )
}

/** Everybody whom duty looked at. */
function Considered({ decision, names }: { decision: Decision; names: Names }) {
  return (
    <table class="considered">
      <thead>
        <tr>
          <th scope="col">Considered</th>
          <th scope="col">At that time</th>
          <th scope="col">Open chats</th>
        </tr>
      </thead>
      <tbody>
        {decision.considered.map((m) => (
          <tr key={m.manager_id} class={m.manager_id === decision.manager_id ? 'chosen' : undefined}>
            <th scope="row" dir="auto">{names(m.manager_id)}</th>
            <td>{verdictOf(m.verdict)}</td>
            <td>{load(m.open, m.limit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
