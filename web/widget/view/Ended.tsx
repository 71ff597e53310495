import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../chat'
import { isRateable } from '../stage'
import { fill } from '../texts'
import { focusField } from './focus'
import { StarIcon } from './icons'

/** What a conversation that is over leaves to do: rate it, continue it, or write again. */
export function Ended({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
  const { last } = chat
  return (
    <div class="ended">
      {last && !chat.tooLate && (
        <button
          type="button"
          class="big quiet"
          onClick={(event) => {
            focusField(event)
            void chat.resume()
          }}
        >
          {texts.resume}
        </button>
      )}
      {last && <Rating key={last.id} chat={chat} />}
    </div>
  )
}

function Rating({ chat }: { chat: Chat }) {
  const { texts } = chat.settings
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
            <StarIcon label={fill(texts.star, { n })} />
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
          {state === 'failed' && <p role="alert">{texts.notLeft}</p>}
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
