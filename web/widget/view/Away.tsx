import { useEffect, useRef } from 'preact/hooks'
import { longest } from '../../shared/pieces'
import type { Chat } from '../chat'
import { type Contact, fieldOf } from '../letter'

const fields = [
  { name: 'name', type: 'text', autocomplete: 'name', longest: 200 },
  { name: 'email', type: 'email', autocomplete: 'email', longest: 200 },
  { name: 'phone', type: 'tel', autocomplete: 'tel', longest: 64 },
] as const

/** The form for when nobody is there. */
export function Away({ chat, focus }: { chat: Chat; focus: boolean }) {
  const { texts } = chat.settings
  const { stage, letter } = chat
  const form = useRef<HTMLFormElement>(null)
  const wrong = letter.fault && fieldOf[letter.fault]

  useEffect(() => {
    if (chat.words.editing) chat.cancelEdit() // the field is for the letter now
    if (focus) form.current?.querySelector('textarea')?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    if (wrong) form.current?.querySelector<HTMLElement>(`[name=${wrong}]`)?.focus()
  }, [letter.fault])

  const mark = (name: keyof Contact | 'content') => ({
    name,
    'aria-invalid': wrong === name,
    'aria-describedby': wrong === name ? 'fault' : undefined,
  })
  const here = stage === 'here'
  return (
    <div class="away">
      <div class={here ? 'notice good' : 'notice'} role="status">
        <p>{here ? texts.here : stage === 'alone' ? texts.alone : (chat.trouble?.text ?? texts.offline)}</p>
        {stage !== 'alone' && (
          <button type="button" class={here ? undefined : 'link'} onClick={() => chat.tryAgain()}>
            {here ? texts.startChat : texts.tryAgain}
          </button>
        )}
      </div>
      <form
        ref={form}
        class="letter"
        noValidate
        aria-label={texts.letter}
        onSubmit={(event) => {
          event.preventDefault()
          void chat.leave()
        }}
      >
        <textarea
          {...mark('content')}
          rows={3}
          dir="auto"
          maxLength={longest}
          aria-label={texts.letterText}
          placeholder={texts.letterText}
          value={chat.text}
          onInput={(event) => chat.setText(event.currentTarget.value)}
        />
        {fields.map(({ name, longest: maxLength, ...rest }) => (
          <input
            key={name}
            {...rest}
            {...mark(name)}
            dir="auto"
            maxLength={maxLength}
            aria-label={texts[name]}
            placeholder={texts[name]}
            value={letter.contact[name]}
            onInput={(event) => letter.set(name, event.currentTarget.value)}
          />
        ))}
        <p id="fault" role="alert">{letter.fault && texts[letter.fault]}</p>
        <button type="submit" class="big" aria-disabled={letter.sending}>
          {letter.sending ? texts.sending : texts.letterSend}
        </button>
      </form>
    </div>
  )
}
