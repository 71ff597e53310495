import type { Note } from '../../shared/entities'
import { OwnMenu } from '../../shared/OwnMenu'
import { Text } from '../../shared/Text'
import { timeOf } from '../../shared/time'
import type { Desk } from '../desk'
import { lang } from './Inbox'
import { ownWords } from './Log'

/** A note among the messages: another colour, and a word that says so. */
export function NoteEntry({ desk, note }: { desk: Desk; note: Note }) {
  const mine = note.manager_id === desk.me?.manager.id
  return (
    <div class="message note">
      <span class="name">
        <b class="internal">Internal</b> {mine ? 'You' : note.manager_name}
      </span>
      <p class="bubble" dir="auto">
        <Text>{note.content}</Text>
      </p>
      <span class="meta">
        <time dateTime={note.created_at}>{timeOf(note.created_at, lang)}</time>
        {(mine || desk.supervises) && <OwnMenu words={ownWords} onRemove={() => void desk.aside(note.conversation_id).remove(note).catch(() => {})} />}
      </span>
    </div>
  )
}
