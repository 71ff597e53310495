import type { Message } from '../../shared/entities'
import { faultOf, Files, Leaving } from '../../shared/Files'
import { OwnMenu } from '../../shared/OwnMenu'
import type { Draft } from '../../shared/outbox'
import { useLogScroll } from '../../shared/scroll'
import { Text } from '../../shared/Text'
import { dayOf, sameDay, timeOf } from '../../shared/time'
import { TypingDots } from '../../shared/TypingDots'
import type { Chat } from '../chat'
import { Later } from '../later'
import { fill } from '../texts'
import { focusField } from './focus'
import { ReadIcon, SendingIcon, SentIcon } from './icons'
import { Joins } from './Joins'

export function Log({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const { log } = chat.thread
  const drafts = chat.outbox.drafts
  const { other } = chat.words
  const last = (other ? 'typing' : '') + (drafts.at(-1)?.id ?? log.at(-1)?.id ?? '')
  const box = useLogScroll(log[0]?.id, last || undefined, drafts.length > 0)

  return (
    <div class="scroll" ref={box} tabIndex={0}>
      {chat.thread.older === 'more' && (
        <button type="button" class="older" onClick={() => chat.loadOlder()}>
          {texts.older}
        </button>
      )}
      <p class="greeting" dir="auto">{chat.settings.greeting ?? chat.greeting ?? texts.greeting}</p>
      <div role="log" aria-live="polite" aria-label={texts.log} aria-busy={chat.thread.loading}>
        <Joins chat={chat} after={0} />
        {log.map((message, i) => (
          <Entry key={message.id} chat={chat} message={message} before={log[i - 1]} />
        ))}
        {drafts.map((draft) => (
          <Waiting key={draft.id} chat={chat} draft={draft} />
        ))}
      </div>
      {other && <TypingDots label={fill(texts.typing, { name: other.name ?? texts.someone })} />}
    </div>
  )
}

function Entry({ chat, message, before }: { chat: Chat; message: Message; before: Message | undefined }) {
  const { texts, locale } = chat.settings
  const own = message.sender_type === 'visitor'
  const name = own ? texts.you : (message.sender?.name ?? chat.conversation?.manager?.name ?? texts.someone)
  const newDay = !before || !sameDay(before.created_at, message.created_at)
  const newTalk = before && before.conversation_id !== message.conversation_id
  const newSpeaker = newDay || newTalk || before.sender_type !== message.sender_type
  const changes = own && !message.deleted && !message.type && chat.conversation?.status === 'open' && chat.conversation.id === message.conversation_id
  const bubble = (message.content || message.deleted) && (
    <p class="bubble" dir="auto">
      {message.deleted ? texts.deleted : <Text>{message.content}</Text>}
    </p>
  )
  return (
    <>
      {newDay && <p class="divider">{dayOf(message.created_at, locale, texts)}</p>}
      {newTalk && <p class="divider">{texts.newConversation}</p>}
      <div class={`message${own ? ' own' : ''}${message.deleted ? ' gone' : ''}`}>
        {newSpeaker && <span class={own ? 'hidden' : 'name'}>{name}</span>}
        {message.cards ? (
          <Later of="Cards" chat={chat} message={message}>
            {bubble}
          </Later>
        ) : (
          bubble
        )}
        <Files list={message.attachments} source={chat.api} lang={locale} />
        <span class="meta">
          {changes && (
            <OwnMenu
              words={{ menu: texts.menu, edit: texts.edit, remove: texts.discard, sure: texts.sure }}
              onEdit={(event) => {
                focusField(event)
                chat.edit(message)
              }}
              onRemove={() => chat.remove(message)}
            />
          )}
          {message.edited_at && !message.deleted && <span>{texts.edited}</span>}
          <time dateTime={message.created_at}>{timeOf(message.created_at, locale)}</time>
          {own && !message.deleted && <span class={message.read ? 'seen' : 'unseen'}>{message.read ? <ReadIcon label={texts.read} /> : <SentIcon label={texts.sent} />}</span>}
        </span>
      </div>
      <Joins chat={chat} after={message.id} />
    </>
  )
}

function Waiting({ chat, draft }: { chat: Chat; draft: Draft }) {
  const { texts } = chat.settings
  const fault = faultOf(draft)
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
          {fault ? texts.fileFaults[fault] : texts.notSent}{' '}
          <button
            type="button"
            class="link"
            onClick={(event) => {
              focusField(event)
              chat.outbox.retry()
            }}
          >
            {texts.tryAgain}
          </button>{' '}
          <button
            type="button"
            class="link"
            onClick={(event) => {
              focusField(event)
              chat.outbox.discard(draft.id)
            }}
          >
            {texts.discard}
          </button>
        </span>
      ) : (
        <span class="meta">
          <SendingIcon label={texts.sending} />
        </span>
      )}
    </div>
  )
}
