import { useEffect, useRef } from 'preact/hooks'
import { useObserved } from '../../shared/observe'
import type { Chat } from '../chat'
import { plural } from '../texts'
import { Cards } from './Cards'
import { ChatIcon, DownIcon } from './icons'
import { Panel } from './Panel'

export function Widget({ chat }: { chat: Chat }) {
  useObserved(chat)
  const { texts, lang } = chat.settings
  const launcher = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(chat.open)
  const unread = chat.thread.unread().length

  useEffect(() => {
    if (wasOpen.current && !chat.open) launcher.current?.focus()
    wasOpen.current = chat.open
  }, [chat.open])

  const label = chat.open ? texts.close : unread ? plural(lang, texts.launcherUnread, unread) : texts.launcher
  return (
    <div class={chat.open ? 'widget open' : 'widget'}>
      {chat.open ? <Panel chat={chat} /> : <Cards chat={chat} />}
      <button
        ref={launcher}
        type="button"
        class="launcher"
        aria-label={label}
        aria-expanded={chat.open}
        onClick={() => (chat.open ? chat.hide() : chat.show())}
      >
        {chat.open ? <DownIcon /> : <ChatIcon />}
        {!chat.open && unread > 0 && (
          <span class="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
    </div>
  )
}
