import { Text } from '../../shared/Text'
import type { Chat } from '../chat'
import { cardOf } from '../notification'
import { CloseIcon } from './icons'

/** Notifications that the site's backend sent to this visitor. */
export function Cards({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  return (
    <div class="cards" role="status" aria-label={texts.notification}>
      {chat.notifications.map((notification) => {
        const card = cardOf(notification)
        if (!card) return null
        return (
          <div class="card" key={notification.id}>
            {card.title && <strong dir="auto">{card.title}</strong>}
            {card.text && (
              <p dir="auto">
                <Text>{card.text}</Text>
              </p>
            )}
            {card.href && (
              <a href={card.href} rel="noopener nofollow">
                {texts.more}
              </a>
            )}
            <button type="button" class="plain" aria-label={texts.dismiss} onClick={() => chat.dismiss(notification)}>
              <CloseIcon />
            </button>
          </div>
        )
      })}
    </div>
  )
}
