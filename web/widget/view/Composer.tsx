import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Chat } from '../chat'
import { SendIcon } from './icons'

/** Longest message that the server takes, in characters. */
const longest = 4000

export function Composer({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const field = useRef<HTMLTextAreaElement>(null)

  useEffect(() => field.current?.focus(), [])
  useLayoutEffect(() => {
    const area = field.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${Math.min(area.scrollHeight, 120)}px`
  }, [chat.text])

  const send = () => {
    chat.send()
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
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
        maxLength={longest}
        placeholder={texts.composer}
        aria-label={texts.composer}
        value={chat.text}
        onInput={(event) => chat.setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" aria-label={texts.send} disabled={!chat.text.trim()}>
        <SendIcon />
      </button>
    </form>
  )
}
