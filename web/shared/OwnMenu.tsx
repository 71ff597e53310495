import { useState } from 'preact/hooks'

interface Props {
  words: { menu: string; edit: string; remove: string; sure: string }
  /** Absent where the text cannot be changed. */
  onEdit?(event: Event): void
  onRemove(): void
}

/** What can be done with a message, behind three dots beside it. Taking it back is asked for twice. */
export function OwnMenu({ words, onEdit, onRemove }: Props) {
  const [open, setOpen] = useState(false)
  const [sure, setSure] = useState(false)
  const close = () => {
    setOpen(false)
    setSure(false)
  }
  return (
    <span class={open ? 'menu open' : 'menu'} onKeyDown={(event) => event.key === 'Escape' && open && (event.stopPropagation(), close())}>
      {open && onEdit && (
        <button
          type="button"
          class="link"
          onClick={(event) => {
            close()
            onEdit(event)
          }}
        >
          {words.edit}
        </button>
      )}
      {open && (
        <button
          type="button"
          class="link"
          onClick={() => {
            if (!sure) return setSure(true)
            close()
            onRemove()
          }}
        >
          {sure ? words.sure : words.remove}
        </button>
      )}
      <button type="button" class="dots" aria-label={words.menu} aria-expanded={open} onClick={() => (open ? close() : setOpen(true))}>
        ⋯
      </button>
    </span>
  )
}
