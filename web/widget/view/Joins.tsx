import type { Chat } from '../chat'
import { fill } from '../texts'

/** Who came into the conversation after a message; 0: before the first. */
export function Joins({ chat, after }: { chat: Chat; after: number }) {
  const { texts } = chat.settings
  return (
    <>
      {chat.joins.map((join, i) =>
        join.after === after ? (
          <p key={i} class="divider">
            {fill(texts.joined, { name: join.name ?? texts.someone })}
          </p>
        ) : null,
      )}
    </>
  )
}
