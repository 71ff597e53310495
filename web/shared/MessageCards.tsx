import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { webAddress } from './cards'
import type { Card, CardAction } from './entities'
import { Text } from './Text'

interface Props {
  list: readonly Card[]
  /** What to call a picture of which nothing else is known. */
  picture: string
  off(card: Card, action: CardAction): boolean
  onPress?(card: Card, action: CardAction): void
  /** What was pressed, where that is to be seen. */
  mark?(action: CardAction): boolean
  /** Whether the page may load a picture from there; others are links. */
  loads?(address: string): boolean
}

/** A message's cards: picture, title, text and buttons. */
export function MessageCards({ list, picture, off, onPress, mark, loads }: Props) {
  return (
    <div class="deck">
      {list.map((card) => (
        <article key={card.id} aria-label={card.title ?? card.text ?? picture}>
          <Picture card={card} name={picture} loads={loads} />
          {card.title && (
            <p class="title" dir="auto">
              <To address={card.title_link_url} target={card.link_target}>
                {card.title}
              </To>
            </p>
          )}
          {card.text && (
            <p dir="auto">
              <Text>{card.text}</Text>
            </p>
          )}
          {card.actions?.map((action) => (
            <Action key={action.id} action={action} off={off(card, action)} onPress={onPress && (() => onPress(card, action))} marked={mark?.(action)} />
          ))}
        </article>
      ))}
    </div>
  )
}

/** A picture that cannot be shown, be it for the page's own rules, leaves nothing behind. */
function Picture({ card, name, loads }: { card: Card; name: string; loads: Props['loads'] }) {
  const [gone, setGone] = useState(false)
  const source = webAddress(card.image_url)
  if (!source || gone) return null
  if (loads && !loads(source)) return <To address={source}>{name}</To>
  // What the text beside it says need not be said twice, unless it is a link's only name.
  const alt = card.title || card.text ? (card.image_link_url ? (card.title ?? name) : '') : name
  return (
    <To address={card.image_link_url} target={card.link_target}>
      <img src={source} alt={alt} loading="lazy" referrerpolicy="no-referrer" onError={() => setGone(true)} />
    </To>
  )
}

/** A link that lends its target no window handle; without an address only what is in it. */
function To({ address, target, children }: { address?: string; target?: string; children: ComponentChildren }) {
  const href = webAddress(address)
  if (!href) return <>{children}</>
  return (
    <a href={href} target={target === '_parent' ? '_parent' : '_blank'} rel="noopener noreferrer nofollow">
      {children}
    </a>
  )
}

/** A button that is disabled keeps the focus, and so is read as what it is now. */
function Action({ action, off, onPress, marked }: { action: CardAction; off: boolean; onPress?: () => void; marked?: boolean }) {
  const look = action.style?.replace('brand_', '')
  if (action.type === 'link_button') {
    const href = webAddress(action.value)
    return (
      <a class="action" data-look={look} href={href} target={action.link_target === '_parent' ? '_parent' : '_blank'} rel="noopener noreferrer nofollow">
        {action.text}
      </a>
    )
  }
  const disabled = off || !onPress
  return (
    <button type="button" class="action" data-look={look} aria-disabled={disabled} aria-pressed={marked} onClick={() => disabled || onPress()}>
      {action.text}
    </button>
  )
}
