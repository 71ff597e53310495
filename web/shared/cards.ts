import type { Card, CardAction, Message } from './entities'

/** Whether one of a card's buttons was pressed, as the messages after it tell. */
export function pressedIn(log: readonly Message[], message: Message, card: Card): boolean {
  return log.some(({ response: r }) => r?.message_id === message.id && r.card_id === card.id)
}

/** Whether the visitor has written anything after a message. */
export function spokeAfter(log: readonly Message[], message: Message): boolean {
  return log.some((m) => m.id > message.id && m.sender_type === 'visitor' && m.conversation_id === message.conversation_id)
}

/** The server refuses such a button. */
export function isDisabled(action: CardAction, pressed: boolean, spoke: boolean): boolean {
  return !!((action.is_disabled_on_selection && pressed) || (action.is_disabled_on_visitor_message && spoke))
}

/** An address that may become a link or a picture; what a page runs may not. */
export function webAddress(address: string | undefined): string | undefined {
  return address && /^https?:\/\//i.test(address) ? address : undefined
}
