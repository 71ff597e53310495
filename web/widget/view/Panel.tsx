import { useEffect, useRef } from 'preact/hooks'
import { Chosen } from '../../shared/Chosen'
import { Composer } from '../../shared/Composer'
import type { Chat } from '../chat'
import { wantsForm } from '../stage'
import { fill } from '../texts'
import { Away } from './Away'
import { Cards } from './Cards'
import { Ended } from './Ended'
import { focusField } from './focus'
import { CloseIcon, SendIcon } from './icons'
import { Log } from './Log'

export function Panel({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const title = chat.settings.title ?? texts.title
  const manager = chat.conversation?.status === 'open' ? chat.conversation.manager : null
  // What changes in the window must not pull the focus out of the page, nor lose it.
  const isNew = useRef(true)
  useEffect(() => {
    isNew.current = false
  }, [])
  const focus = isNew.current ? !chat.carriedOver : document.activeElement?.id === 'parley-widget'

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
      {wantsForm(chat.stage) ? (
        <Away chat={chat} focus={focus} />
      ) : (
        <>
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
            focus={focus}
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
        </>
      )}
    </section>
  )
}

/** Where the visitor stands, in words and with a way on. What changes by itself is read aloud. */
function Notice({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const { stage } = chat
  return (
    <>
      <p class="hint" role="status">{hintOf(chat)}</p>
      {stage === 'ended' && <Ended chat={chat} />}
      {(stage === 'busy' || stage === 'failed') && (
        <div class="notice" role="alert">
          <p>{texts[stage]}</p>
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
      )}
    </>
  )
}

function hintOf({ stage, settings: { texts }, conversation }: Chat): string | null {
  switch (stage) {
    case 'queued': {
      const n = conversation?.queue?.position
      return n ? fill(texts.queued, { n }) : texts.queuedSoon
    }
    case 'slowed':
    case 'opening':
    case 'left':
    case 'gone':
    case 'ended':
      return texts[stage]
  }
  return null
}
