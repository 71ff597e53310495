import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { CloseIcon } from './icons'

interface Props {
  title: string
  /** At the side, as tall as the window. */
  side?: boolean
  onClose(): void
  children: ComponentChildren
}

/** A window over the desk: Escape, its cross, and a click beside it close it. */
export function Sheet({ title, side, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      class={side ? 'sheet side' : 'sheet'}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close()
      }}
    >
      <div class="within">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" class="round" aria-label="Close this window" onClick={() => dialog.current?.close()}>
            <CloseIcon />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
