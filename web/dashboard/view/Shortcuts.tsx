import type { CannedReply } from '../staff'

interface Props {
  replies: readonly CannedReply[]
  chosen: number
  onPick(reply: CannedReply): void
}

/** The canned replies that "/" in the field asks for. */
export function Shortcuts({ replies, chosen, onPick }: Props) {
  if (replies.length === 0) return null
  return (
    <ul class="shortcuts" role="listbox" aria-label="Canned replies">
      {replies.map((reply, i) => (
        <li
          key={reply.id}
          role="option"
          aria-selected={i === chosen}
          onMouseDown={(event) => {
            event.preventDefault() // the field keeps the focus
            onPick(reply)
          }}
        >
          <b>/{reply.shortcut}</b> <span dir="auto">{reply.content}</span>
        </li>
      ))}
    </ul>
  )
}
