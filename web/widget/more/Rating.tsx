import { useEffect, useRef, useState } from 'preact/hooks'
import type { LaterProps } from '../later'
import { isRateable } from '../stage'
import { textsIn } from './texts'

/** Asks how a conversation was that is over. */
export function Rating({ chat }: LaterProps) {
  const texts = textsIn(chat.settings.lang)
  const [stars, setStars] = useState(0)
  const [text, setText] = useState('')
  const [state, setState] = useState<'asking' | 'sending' | 'failed' | 'done'>('asking')
  const { last } = chat
  if (state === 'done') return <Thanks>{texts.thanks}</Thanks>
  if (!last || !isRateable(last.closed_at ?? null, last.rating)) return null

  const send = async (event: Event) => {
    event.preventDefault()
    if (state === 'sending') return
    setState('sending')
    await chat.rate(stars, text).then(
      () => setState('done'),
      () => setState('failed'),
    )
  }
  return (
    <form class="rating" onSubmit={send}>
      <fieldset>
        <legend>{texts.rate}</legend>
        {[1, 2, 3, 4, 5].map((n) => (
          <label key={n} class={n <= stars ? 'lit' : undefined}>
            <input type="radio" name="stars" value={n} checked={n === stars} onChange={() => setStars(n)} />
            <Star label={texts.star.replace('{n}', String(n))} />
          </label>
        ))}
      </fieldset>
      {stars > 0 && (
        <>
          <textarea
            rows={2}
            dir="auto"
            maxLength={1000}
            aria-label={texts.rateText}
            placeholder={texts.rateText}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {state === 'failed' && <p role="alert">{chat.settings.texts.notLeft}</p>}
          <button type="submit" class="big">
            {texts.rateSend}
          </button>
        </>
      )}
    </form>
  )
}

/** Takes the focus of the button that went away, which also has it read aloud. */
function Thanks({ children }: { children: string }) {
  const line = useRef<HTMLParagraphElement>(null)
  useEffect(() => line.current?.focus(), [])
  return (
    <p ref={line} tabIndex={-1}>
      {children}
    </p>
  )
}

function Star({ label }: { label: string }) {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" role="img" aria-label={label}>
      <path
        d="M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9L12 16.9l-5.3 2.8 1.1-5.9L3.5 9.7l5.9-.8z"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
