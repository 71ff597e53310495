import { useState } from 'preact/hooks'
import type { Conversation } from '../../shared/entities'
import type { Desk } from '../desk'
import { since, visitorName } from '../inbox'
import { refusal } from '../life'
import { Since } from './Clock'
import { Face } from './Inbox'

/** Takes conversations from the queue, and tells in words where that was refused. */
function useClaim(desk: Desk) {
  const [problem, setProblem] = useState<string | null>(null)
  const claim = async (c: Conversation) => {
    setProblem(null)
    try {
      await desk.care.claim(c.id)
      desk.show('mine')
      desk.select(c.id)
    } catch (error) {
      setProblem(refusal(error))
      desk.reload()
    }
  }
  return { problem, claim }
}

/** Visitors who wait for anybody, longest waiting first. */
export function Queue({ desk }: { desk: Desk }) {
  const { problem, claim } = useClaim(desk)
  const list = desk.list('queue')
  return (
    <>
      <p class="problem inqueue" role="alert">{problem}</p>
      {list.length === 0 && desk.loaded.queue && <p class="empty">Nobody is waiting.</p>}
      <ul aria-label="Queue">
        {list.map((c, i) => (
          <li key={c.id} class="waits">
            <button type="button" class="item" aria-current={desk.selected === c.id} onClick={() => desk.select(c.id)}>
              <Face conversation={c} />
              <span class="name" dir="auto">{visitorName(c)}</span>
              <Since at={since(c)} />
              <span class="said" dir="auto">{c.last_message?.deleted ? 'Message deleted' : (c.last_message?.content ?? 'Opened the chat')}</span>
              {c.queue?.unattended && <span class="mark">{c.staff?.contact_email || c.staff?.contact_phone ? 'Left a message' : 'Unattended'}</span>}
            </button>
            <button type="button" class={i === 0 ? 'primary' : 'quiet'} aria-label={`Claim ${visitorName(c)}`} onClick={() => void claim(c)}>
              Claim
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Where the composer would be, for a conversation that nobody has. */
export function ClaimBar({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const { problem, claim } = useClaim(desk)
  return (
    <div class="ended claim">
      <p>
        {c.queue?.unattended ? 'Nobody has this chat yet. Waiting for ' : 'This visitor has been waiting for '}
        <Since at={since(c)} />
      </p>
      <button type="button" class="primary" onClick={() => void claim(c)}>
        Claim this chat
      </button>
      <p class="problem" role="alert">{problem}</p>
    </div>
  )
}
