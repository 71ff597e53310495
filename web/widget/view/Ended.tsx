import type { Chat } from '../chat'
import { Later } from '../later'
import { focusField } from './focus'

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
      {last && <Later key={last.id} of="Rating" chat={chat} />}
    </div>
  )
}
