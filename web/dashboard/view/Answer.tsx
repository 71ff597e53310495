import { useEffect, useState } from 'preact/hooks'
import { Chosen } from '../../shared/Chosen'
import { Composer } from '../../shared/Composer'
import type { Conversation } from '../../shared/entities'
import { filled } from '../canned'
import type { Desk } from '../desk'
import type { CannedReply } from '../staff'
import type { Talk } from '../talk'
import { CannedPanel } from './CannedPanel'
import { SendIcon } from './icons'
import { Shortcuts } from './Shortcuts'

const trayWords = {
  attach: 'Attach a file',
  remove: 'Remove',
  large: 'A file can have at most {n} MB.',
  many: 'A message can have at most {n} files.',
}

/** Where she writes: an answer for the visitor or, in another colour, a note for colleagues. */
export function Answer({ desk, talk, conversation: c }: { desk: Desk; talk: Talk; conversation: Conversation }) {
  const [chosen, setChosen] = useState(0)
  const [managing, setManaging] = useState(false)
  const tray = talk.noting || talk.words.editing ? undefined : talk.tray
  useEffect(() => talk.tray.prepare(), [talk])
  const replies = talk.noting || talk.words.editing ? [] : desk.canned.matches(talk.text)
  const current = Math.min(chosen, replies.length - 1)
  const pick = (reply: CannedReply) => talk.setText(filled(reply.content, c, desk.me))

  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'Escape' && talk.words.editing) {
      talk.cancelEdit()
      return true
    }
    const reply = replies[current]
    if (!reply) return false
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setChosen((current + (event.key === 'ArrowDown' ? 1 : replies.length - 1)) % replies.length)
      return true
    }
    if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      pick(reply)
      return true
    }
    return false
  }

  return (
    <div class={talk.noting ? 'writing noting' : 'writing'}>
      {managing && <CannedPanel desk={desk} onClose={() => setManaging(false)} />}
      <Shortcuts replies={replies} chosen={current} onPick={pick} />
      {talk.words.editing ? (
        <p class="soft editing">
          You are changing a message.{' '}
          <button type="button" class="link" onClick={() => talk.cancelEdit()}>
            Cancel
          </button>
        </p>
      ) : (
        <p class="soft editing">
          <button type="button" class="link" aria-pressed={talk.noting} onClick={() => talk.note(!talk.noting)}>
            {talk.noting ? 'Back to the answer' : 'Internal note'}
          </button>
          {!talk.noting && (
            <button
              type="button"
              class="link"
              aria-expanded={managing}
              onClick={() => {
                if (!managing) void desk.canned.load()
                setManaging(!managing)
              }}
            >
              Canned replies
            </button>
          )}
        </p>
      )}
      {tray && <Chosen tray={tray} words={trayWords} />}
      <Composer
        key={talk.noting ? 'note' : 'answer'}
        text={talk.text}
        label={talk.noting ? 'Note' : 'Answer'}
        placeholder={talk.noting ? 'Write a note; the visitor does not see it…' : 'Write an answer, or / for canned replies…'}
        sendLabel={talk.noting ? 'Keep the note' : 'Send'}
        title="Enter sends, Shift+Enter begins a new line"
        tallest={180}
        focus
        onText={(text) => talk.setText(text)}
        onSend={() => talk.send()}
        onKey={onKey}
        tray={tray}
        trayWords={trayWords}
      >
        <SendIcon />
      </Composer>
    </div>
  )
}
