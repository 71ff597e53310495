import { useState } from 'preact/hooks'
import type { Conversation, VisitorCard } from '../../shared/entities'
import type { Desk } from '../desk'
import { answerBy, noteFor, refusal } from '../life'
import { Until } from './Clock'
import { GuestStrip } from './Guest'
import { CloseIcon, StarIcon } from './icons'

/** What she should know before the messages: how much time there is, what the colleague wrote, how to reach the visitor. */
export function Strip({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  return (
    <>
      {desk.isMine(c) && <Accept desk={desk} conversation={c} />}
      <HandedOver desk={desk} conversation={c} />
      <Contact conversation={c} />
      <Facts card={desk.aside(c.id).card} />
      <GuestStrip guest={desk.guests.of(c)} />
    </>
  )
}

function Accept({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const [problem, setProblem] = useState<string | null>(null)
  const by = answerBy(c)
  if (!by) return null
  return (
    <div class="strip warn" role="group" aria-label="Accept this chat">
      <p>
        Answer or accept within <Until at={by} />, or somebody else is asked.
      </p>
      <button type="button" class="primary" onClick={() => desk.care.claim(c.id).catch((error: unknown) => setProblem(refusal(error)))}>
        Accept
      </button>
      {problem && <p role="alert">{problem}</p>}
    </div>
  )
}

function HandedOver({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const [seen, setSeen] = useState(0)
  const t = noteFor(desk.care.story(c.id).steps)
  if (!t || t.id === seen) return null
  return (
    <div class="strip note" role="note" aria-label="Note with this chat">
      <p dir="auto">
        <strong>{t.actor_type === 'manager' ? desk.care.names(Number(t.actor_id)) : 'The site'}:</strong> {t.note}
      </p>
      <button type="button" class="round" aria-label="Hide the note" onClick={() => setSeen(t.id)}>
        <CloseIcon />
      </button>
    </div>
  )
}

function Contact({ conversation: c }: { conversation: Conversation }) {
  const { contact_name: name, contact_email: email, contact_phone: phone } = c.staff ?? {}
  if (!name && !email && !phone) return null
  return (
    <dl class="strip contact" aria-label="How to reach the visitor">
      <dt>
        Left by the visitor <span class="mark">unchecked</span>
      </dt>
      {name && <dd dir="auto">{name}</dd>}
      {email && (
        <dd>
          <a href={mailto(email)}>{email}</a>
        </dd>
      )}
      {phone && (
        <dd>
          <a href={`tel:${phone.replace(/[^+\d]/g, '')}`}>{phone}</a>
        </dd>
      )}
    </dl>
  )
}

/** As many as fit; the rest is in the site's own books. */
const maxFacts = 12

/** What the site's backend has said of the visitor. */
function Facts({ card }: { card: VisitorCard | null }) {
  const facts = Object.entries(card?.attributes ?? {}).slice(0, maxFacts)
  if (facts.length === 0) return null
  return (
    <dl class="strip contact" aria-label="What the site says of the visitor">
      <dt>From the site</dt>
      {facts.map(([name, value]) => (
        <dd key={name} dir="auto">
          {name}: {typeof value === 'object' ? JSON.stringify(value) : String(value)}
        </dd>
      ))}
    </dl>
  )
}

/** What a stranger typed must not add fields to the letter. */
function mailto(email: string): string {
  return `mailto:${encodeURIComponent(email).replace('%40', '@')}`
}

/** The visitor's rating. */
export function Stars({ rating }: { rating: number }) {
  return (
    <span class="stars" role="img" aria-label={`Rated ${rating} of 5 stars`} title={`Rated ${rating} of 5`}>
      {[1, 2, 3, 4, 5].map((n) => (
        <StarIcon key={n} full={n <= rating} />
      ))}
    </span>
  )
}

/** What the visitor said of a conversation that is over. */
export function Rated({ conversation: c }: { conversation: Conversation }) {
  if (!c.rating) return null
  return (
    <p class="rated">
      <Stars rating={c.rating} />
      {c.staff?.rating_text && <q dir="auto">{c.staff.rating_text}</q>}
    </p>
  )
}
