import { useRef, useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'
import type { Conversation } from '../../shared/entities'
import type { Desk } from '../desk'
import { visitorName } from '../inbox'
import type { Talk } from '../talk'
import { useFocus } from './focus'
import { Answer } from './Answer'
import { BackIcon } from './icons'
import { Face } from './Inbox'
import { Log } from './Log'
import { Menu } from './Menu'
import { ClaimBar } from './Queue'
import { Rated, Strip } from './Strip'
import { Tags } from './Tags'

export function Pane({ desk }: { desk: Desk }) {
  const c = desk.conversation
  if (!c) {
    const missing = desk.selected !== null && desk.loaded.mine && desk.loaded.closed
    return (
      <main class="pane nothing">
        <p>{missing ? 'This conversation is not among yours.' : 'Choose a conversation on the left to read and answer it.'}</p>
        {missing && (
          <button type="button" onClick={() => desk.select(null)}>
            Back to the list
          </button>
        )}
      </main>
    )
  }
  const talk = desk.talk(c.id)
  const drop = talk.tray.open && c.status === 'open' && desk.isMine(c) ? dropping(talk) : {}
  return (
    <main class="pane" key={c.id} aria-label={`Conversation with ${visitorName(c)}`} {...drop}>
      <Heading desk={desk} conversation={c} />
      <Strip desk={desk} conversation={c} />
      <Tags aside={desk.aside(c.id)} />
      <Log desk={desk} talk={talk} conversation={c} />
      {talk.trouble && (
        <p class="problem" role="alert">
          {talk.trouble}
        </p>
      )}
      {talk.noting ? (
        <Answer desk={desk} talk={talk} conversation={c} />
      ) : c.status === 'closed' ? (
        <Ended desk={desk} conversation={c} />
      ) : desk.isMine(c) ? (
        <Answer desk={desk} talk={talk} conversation={c} />
      ) : c.state === 'waiting' ? (
        <ClaimBar desk={desk} conversation={c} />
      ) : (
        <p class="ended">
          {c.manager?.name ?? 'Somebody else'} is answering this visitor.{desk.supervises && ' You can read along.'} <NoteLink talk={talk} />
        </p>
      )}
    </main>
  )
}

/** Files that are dragged here are chosen for the next answer. */
function dropping(talk: Talk) {
  const over = (event: DragEvent, on: boolean) => (event.currentTarget as Element).classList.toggle('dropping', on)
  const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files')
  return {
    onDragOver: (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      over(event, true)
    },
    onDragLeave: (event: DragEvent) => over(event, false),
    onDrop: (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      over(event, false)
      talk.note(false)
      talk.tray.add([...(event.dataTransfer?.files ?? [])])
    },
  }
}

function NoteLink({ talk }: { talk: Talk }) {
  return (
    <button type="button" class="link" onClick={() => talk.note(true)}>
      Write an internal note
    </button>
  )
}

/** The visitor may have come back since; history shows it here too, but answers belong there. */
function Ended({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const current = desk.list('mine').find((other) => other.visitor_id === c.visitor_id)
  return (
    <div class="ended">
      <Rated conversation={c} />
      <p>
        This conversation has ended.{' '}
        {current ? (
          <button type="button" class="link" onClick={() => desk.select(current.id)}>
            The visitor has written again
          </button>
        ) : (
          'If the visitor writes again, a new one opens.'
        )}{' '}
        <NoteLink talk={desk.talk(c.id)} />
      </p>
    </div>
  )
}

const stateWords = { waiting: 'Waiting for somebody', assigned: 'Open', closed: 'Closed' }

function Heading({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)

  /** The question goes away; the focus must not go with it. */
  const answered = () => {
    setAsking(false)
    heading.current?.focus()
  }
  const close = async () => {
    answered()
    setProblem(null)
    try {
      await desk.close(c.id)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'Not closed: the server does not answer.')
    }
  }

  return (
    <header class="heading">
      <button type="button" class="round back" aria-label="Back to the list" onClick={() => desk.select(null)}>
        <BackIcon />
      </button>
      <Face conversation={c} />
      <div class="who">
        <h1 dir="auto" tabIndex={-1} ref={heading}>{visitorName(c)}</h1>
        <span class="soft">{problem ?? (c.visitor?.name && c.visitor.email) ?? stateWords[c.state]}</span>
      </div>
      {c.status === 'open' && desk.isMine(c) && !asking && (
        <button type="button" class="quiet" onClick={() => setAsking(true)}>
          Close<span class="wide"> conversation</span>
        </button>
      )}
      {asking && <Asking onClose={() => void close()} onKeep={answered} />}
      <Menu desk={desk} conversation={c} />
    </header>
  )
}

function Asking({ onClose, onKeep }: { onClose(): void; onKeep(): void }) {
  const first = useFocus<HTMLButtonElement>()
  return (
    <div
      class="asking"
      role="group"
      aria-label="Close this conversation?"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onKeep()
      }}
    >
      <button type="button" class="primary" ref={first} onClick={onClose}>
        Close it
      </button>
      <button type="button" class="quiet" onClick={onKeep}>
        Keep open
      </button>
    </div>
  )
}
