import { useEffect, useRef, useState } from 'preact/hooks'
import type { Conversation } from '../../shared/entities'
import type { Desk } from '../desk'
import { refusal } from '../life'
import { History } from './History'
import { MoreIcon } from './icons'
import { Transfer } from './Transfer'

interface Item {
  label: string
  act(): void
}

/** What can be done with a conversation beside talking. */
export function Menu({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const [open, setOpen] = useState(false)
  const [over, setOver] = useState<'transfer' | 'history' | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const button = useRef<HTMLButtonElement>(null)

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  const leave = () => {
    setOver(null)
    button.current?.focus()
  }
  const attempt = (doing: Promise<unknown>, action?: 'reopen') => {
    setProblem(null)
    doing.catch((error: unknown) => setProblem(refusal(error, action)))
  }
  const items = itemsFor(desk, c, attempt, setOver)

  return (
    <div class="actions">
      <button
        type="button"
        class="round"
        ref={button}
        aria-label="More about this chat"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <MoreIcon />
      </button>
      {open && <Popup items={items} onClose={close} />}
      {over === 'transfer' && <Transfer desk={desk} conversation={c} onClose={leave} />}
      {over === 'history' && <History desk={desk} conversation={c} onClose={leave} />}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

function itemsFor(
  desk: Desk,
  c: Conversation,
  attempt: (doing: Promise<unknown>, action?: 'reopen') => void,
  show: (what: 'transfer' | 'history') => void,
): Item[] {
  const { care, supervises } = desk
  const mine = desk.isMine(c)
  const open = c.status === 'open'
  const items: Item[] = []
  if (open && (mine || supervises)) items.push({ label: 'Transfer…', act: () => show('transfer') })
  if (open && !mine && supervises) items.push({ label: 'Take over', act: () => attempt(care.takeOver(c.id)) })
  if (open && !mine && (supervises || c.state === 'waiting')) items.push({ label: 'Close', act: () => attempt(desk.close(c.id)) })
  if (!open && (mine || supervises)) items.push({ label: 'Reopen', act: () => attempt(care.reopen(c.id), 'reopen') })
  if (open && mine) items.push({ label: 'Why did I get this chat?', act: () => show('history') })
  items.push({ label: 'History of this chat', act: () => show('history') })
  return items
}

/** Arrow keys move, Escape and Tab leave. */
function Popup({ items, onClose }: { items: Item[]; onClose(): void }) {
  const list = useRef<HTMLDivElement>(null)
  const buttons = () => [...(list.current?.querySelectorAll('button') ?? [])]
  useEffect(() => {
    buttons()[0]?.focus()
    const beside = (event: PointerEvent) => {
      if (!list.current?.parentElement?.contains(event.target as Node)) onClose()
    }
    addEventListener('pointerdown', beside)
    return () => removeEventListener('pointerdown', beside)
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttons()
    const at = all.indexOf(document.activeElement as HTMLButtonElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      all[to % all.length]?.focus()
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      onClose()
    }
  }
  return (
    <div class="popup" role="menu" aria-label="This chat" ref={list} onKeyDown={onKeyDown}>
      {items.map(({ label, act }) => (
        <button
          type="button"
          key={label}
          role="menuitem"
          onClick={() => {
            onClose()
            act()
          }}
        >
          {label}
        </button>
      ))}
    </div>
  )
}
