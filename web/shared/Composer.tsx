import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Clip, type TrayWords } from './Chosen'
import { longest } from './pieces'
import type { Tray } from './tray'

interface Props {
  text: string
  label: string
  placeholder: string
  sendLabel: string
  /** Pixels that the field grows to. */
  tallest: number
  title?: string
  /** Takes the focus when it appears. */
  focus: boolean
  onText(text: string): void
  onSend(): void
  /** Sees keys first, and tells whether it has taken one. */
  onKey?(event: KeyboardEvent): boolean
  /** Where chosen and pasted files go; absent where there cannot be any. */
  tray?: Tray | undefined
  trayWords?: TrayWords
  /** The send button's picture. */
  children: ComponentChildren
}

/** Where a message is written: Enter sends, Shift+Enter begins a new line. */
export function Composer({ text, label, placeholder, sendLabel, tallest, title, focus, onText, onSend, onKey, tray, trayWords, children }: Props) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (focus) field.current?.focus({ preventScroll: true })
  }, [])
  useLayoutEffect(() => {
    const area = field.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${Math.min(area.scrollHeight, tallest)}px`
  }, [text, tallest])

  const send = () => {
    onSend()
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.isComposing && onKey?.(event)) {
      event.preventDefault()
      event.stopPropagation()
      return
    }
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        maxLength={10 * longest}
        aria-label={label}
        placeholder={placeholder}
        title={title}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])]
          if (!tray?.open || files.length === 0) return
          event.preventDefault()
          tray.add(files)
        }}
      />
      {tray && trayWords && <Clip tray={tray} words={trayWords} />}
      <button type="submit" class="send" aria-label={sendLabel} disabled={!text.trim() && !tray?.files.length}>
        {children}
      </button>
    </form>
  )
}
