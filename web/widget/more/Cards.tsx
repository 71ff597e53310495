import { useRef, useState } from 'preact/hooks'
import { MessageCards } from '../../shared/MessageCards'
import { isDisabled, pressedIn, spokeAfter } from '../../shared/cards'
import type { Card, CardAction, Message } from '../../shared/entities'
import { randomId } from '../../shared/ids'
import type { LaterProps } from '../later'
import { textsIn } from './texts'

/** A message's cards, whose buttons the visitor presses. children are its words. */
export function Cards({ chat, message, children }: LaterProps & { message: Message }) {
  const texts = textsIn(chat.settings.lang)
  const [state, setState] = useState<'ready' | 'pressing' | 'failed'>('ready')
  const attempt = useRef({ action: '', id: '' })
  const { log } = chat.thread
  const talk = chat.conversation
  const open = talk?.status === 'open' && talk.id === message.conversation_id
  const spoke = spokeAfter(log, message)
  const off = (card: Card, action: CardAction) =>
    !open || state === 'pressing' || isDisabled(action, card.pressed || pressedIn(log, message, card), spoke)

  const press = async (card: Card, action: CardAction) => {
    setState('pressing')
    // The same id again after an answer that was lost: the button was pressed once.
    if (attempt.current.action !== action.id) attempt.current = { action: action.id, id: randomId() }
    const body = { message_id: String(message.id), card_id: card.id, action_id: action.id, client_message_id: attempt.current.id }
    try {
      const { message: said } = await chat.api.post<{ message: Message }>(`conversation/${message.conversation_id}/action`, body)
      attempt.current = { action: '', id: '' }
      chat.thread.apply([said])
      setState('ready')
    } catch (error) {
      setState((error as { code?: string }).code === 'action_disabled' ? 'ready' : 'failed')
    }
  }
  return (
    <>
      {!message.fallback && children}
      <MessageCards list={message.cards ?? []} picture={texts.picture} off={off} onPress={press} />
      {state === 'failed' && (
        <p class="pressing" role="alert">
          {texts.notPressed}
        </p>
      )}
    </>
  )
}
