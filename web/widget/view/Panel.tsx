import { Chosen } from '../../shared/Chosen'
import { Composer } from '../../shared/Composer'
import type { Chat } from '../chat'
import { fill } from '../texts'
import { Cards } from './Cards'
import { focusField } from './focus'
import { CloseIcon, SendIcon } from './icons'
import { Log } from './Log'

export function Panel({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const title = chat.settings.title ?? texts.title
  const manager = chat.conversation?.status === 'open' ? chat.conversation.manager : null

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.isComposing) chat.hide()
  }

  return (
    <section class="panel" role="dialog" aria-label={title} onKeyDown={onKeyDown}>
      <header>
        <div>
          <h2>{title}</h2>
          {manager && <p>{fill(texts.talkingTo, { name: manager.name ?? texts.someone })}</p>}
        </div>
        <button type="button" class="plain" aria-label={texts.close} onClick={() => chat.hide()}>
          <CloseIcon />
        </button>
      </header>
      {chat.connection === 'down' && (
        <p class="banner" role="status">
          {texts.reconnecting}
        </p>
      )}
      <Cards chat={chat} />
      <Log chat={chat} />
      <Notice chat={chat} />
      {chat.words.editing && (
        <p class="hint">
          {texts.editing}{' '}
          <button
            type="button"
            class="link"
            onClick={(event) => {
              focusField(event)
              chat.cancelEdit()
            }}
          >
            {texts.cancel}
          </button>
        </p>
      )}
      <Chosen tray={chat.tray} words={texts.tray} />
      <Composer
        text={chat.text}
        label={texts.composer}
        placeholder={texts.composer}
        sendLabel={texts.send}
        tallest={120}
        focus={!chat.carriedOver}
        onText={(text) => chat.setText(text)}
        onSend={() => chat.send()}
        tray={chat.words.editing ? undefined : chat.tray}
        trayWords={texts.tray}
        onKey={(event) => {
          const leaves = event.key === 'Escape' && chat.words.editing !== null
          if (leaves) chat.cancelEdit()
          return leaves
        }}
      >
        <SendIcon />
      </Composer>
    </section>
  )
}

/** What stands between the visitor and an answer, in words and with a way out. */
function Notice({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  if (chat.trouble) {
    const words = chat.trouble.text ?? texts[chat.trouble.kind]
    return (
      <div class="notice" role="alert">
        <p>{words}</p>
        <button
          type="button"
          onClick={(event) => {
            focusField(event)
            chat.tryAgain()
          }}
        >
          {texts.tryAgain}
        </button>
      </div>
    )
  }
  if (chat.outbox.slowed) return <p class="hint">{texts.slowed}</p>
  if (chat.opening) return <p class="hint">{texts.opening}</p>
  if (chat.ended) return <p class="hint">{texts.ended}</p>
  return null
}
