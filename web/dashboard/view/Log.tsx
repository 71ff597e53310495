import { Fragment } from 'preact'
import type { CardAction, Conversation, Message } from '../../shared/entities'
import { faultOf, Files, Leaving } from '../../shared/Files'
import { MessageCards } from '../../shared/MessageCards'
import { OwnMenu } from '../../shared/OwnMenu'
import type { Draft } from '../../shared/outbox'
import { useLogScroll } from '../../shared/scroll'
import { Text } from '../../shared/Text'
import { TypingDots } from '../../shared/TypingDots'
import { dayOf, sameDay, timeOf } from '../../shared/time'
import type { Desk } from '../desk'
import { visitorName } from '../inbox'
import type { Talk } from '../talk'
import { ReadIcon, SendingIcon, SentIcon } from './icons'
import { dayWords, lang } from './Inbox'
import { NoteEntry } from './NoteEntry'

/** Pixels from the top at which earlier messages are asked for. */
const nearTop = 120

export const ownWords = { menu: 'What to do with it', edit: 'Edit', remove: 'Delete', sure: 'Really delete?' }

export function Log({ desk, talk, conversation: c }: { desk: Desk; talk: Talk; conversation: Conversation }) {
  const { log, older, loaded } = talk.thread
  const { drafts } = talk.outbox
  const { other } = talk.words
  const first = log[0]?.created_at
  const notes = desk.aside(c.id).notes.filter((n) => older === 'none' || !first || n.created_at >= first)
  const last = (other ? 'typing' : '') + (drafts.at(-1)?.id ?? log.at(-1)?.id ?? '') + (notes.at(-1)?.id ?? '')
  const box = useLogScroll(log[0]?.id, last || undefined, drafts.length > 0)
  const notesBetween = (after: string | undefined, before: string | undefined) =>
    notes
      .filter((n) => (!after || n.created_at >= after) && (!before || n.created_at < before))
      .map((n) => <NoteEntry key={`note${n.id}`} desk={desk} note={n} />)

  const onScroll = () => {
    if (older === 'more' && box.current && box.current.scrollTop < nearTop) void talk.thread.loadOlder(c.id)
  }

  return (
    <div class="scroll" ref={box} tabIndex={0} onScroll={onScroll}>
      {older === 'loading' && <p class="divider">Loading earlier messages…</p>}
      {older === 'more' && (
        <button type="button" class="older" onClick={() => void talk.thread.loadOlder(c.id)}>
          Show earlier messages
        </button>
      )}
      {!loaded && !talk.trouble && <p class="divider">Loading…</p>}
      {loaded && log.length === 0 && drafts.length === 0 && (
        <p class="empty">The visitor has opened the chat but not written yet. A greeting from you may help.</p>
      )}
      <div role="log" aria-live="polite" aria-label="Messages" aria-busy={talk.thread.loading}>
        {log.map((message, i) => (
          <Fragment key={message.id}>
            {notesBetween(log[i - 1]?.created_at, message.created_at)}
            <Entry desk={desk} talk={talk} conversation={c} message={message} before={log[i - 1]} />
          </Fragment>
        ))}
        {notesBetween(log.at(-1)?.created_at, undefined)}
        {drafts.map((draft) => (
          <Waiting key={draft.id} talk={talk} draft={draft} />
        ))}
      </div>
      {other && <TypingDots label={`${visitorName(c)} is typing`} preview={other.preview} />}
    </div>
  )
}

interface EntryProps {
  desk: Desk
  talk: Talk
  conversation: Conversation
  message: Message
  before: Message | undefined
}

function Entry({ desk, talk, conversation, message, before }: EntryProps) {
  const own = message.sender_type === 'manager'
  const me = own && message.sender_id === desk.me?.manager.id
  const name = me ? 'You' : own ? (message.sender?.name ?? 'Manager') : (message.sender?.name ?? visitorName(conversation))
  const newDay = !before || !sameDay(before.created_at, message.created_at)
  const newTalk = before && before.conversation_id !== message.conversation_id
  const newSpeaker = newDay || newTalk || before.sender_type !== message.sender_type || before.sender_id !== message.sender_id
  const ended = conversation.status === 'closed' || message.conversation_id !== conversation.id
  const changes = !message.deleted && ((me && !ended) || desk.supervises)
  return (
    <>
      {newDay && <p class="divider">{dayOf(message.created_at, lang, dayWords)}</p>}
      {newTalk && <p class="divider">New conversation</p>}
      <div class={`message${own ? ' own' : ''}${message.deleted ? ' gone' : ''}`}>
        {newSpeaker && <span class="name">{name}</span>}
        {(message.deleted || (message.content && !message.fallback)) && (
          <p class="bubble" dir="auto">
            {message.deleted ? 'Message deleted' : <Text>{message.content}</Text>}
          </p>
        )}
        {message.cards && <Offered message={message} log={talk.thread.log} />}
        <Files list={message.attachments} source={desk.api} lang={lang} />
        <span class="meta">
          {changes && <OwnMenu words={ownWords} onEdit={me && !ended && !message.type ? () => talk.edit(message) : undefined} onRemove={() => talk.remove(message)} />}
          {message.type === 'action' && <span>pressed a button</span>}
          {message.edited_at && !message.deleted && <span>edited</span>}
          <time dateTime={message.created_at}>{timeOf(message.created_at, lang)}</time>
          {own && !message.deleted && <span class={message.read ? 'seen' : 'unseen'}>{message.read ? <ReadIcon /> : <SentIcon />}</span>}
        </span>
      </div>
    </>
  )
}

/** What the page's own policy lets in. */
const loads = (address: string) => address.startsWith('https:') || address.startsWith(`${location.origin}/`)

/** The cards as the visitor has them; the buttons are hers to press. What she pressed is marked. */
function Offered({ message, log }: { message: Message; log: readonly Message[] }) {
  const pressed = (a: CardAction) => log.some(({ response: r }) => r?.message_id === message.id && r.action_id === a.id)
  return <MessageCards list={message.cards ?? []} picture="Picture" off={() => true} mark={pressed} loads={loads} />
}

const faults = {
  large: 'Not sent: the file is too large.',
  type: 'Not sent: files of this type are not taken.',
  other: 'Not sent.',
}

function Waiting({ talk, draft }: { talk: Talk; draft: Draft }) {
  return (
    <div class={draft.state === 'failed' ? 'message own failed' : 'message own waiting'}>
      {draft.content && (
        <p class="bubble" dir="auto">
          <Text>{draft.content}</Text>
        </p>
      )}
      <Leaving draft={draft} />
      {draft.state === 'failed' ? (
        <span class="meta">
          {faults[faultOf(draft) ?? 'other']}{' '}
          <button type="button" class="link" onClick={() => talk.retry()}>
            Try again
          </button>{' '}
          <button type="button" class="link" onClick={() => talk.discard(draft.id)}>
            Delete
          </button>
        </span>
      ) : (
        <span class="meta">
          <SendingIcon />
        </span>
      )}
    </div>
  )
}
