import { useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'
import type { Desk } from '../desk'
import { useFocus } from './focus'

/** Where canned replies are made and removed: her own, and, who supervises, everybody's. */
export function CannedPanel({ desk, onClose }: { desk: Desk; onClose(): void }) {
  const first = useFocus<HTMLInputElement>()
  const [shortcut, setShortcut] = useState('')
  const [content, setContent] = useState('')
  const [shared, setShared] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const { canned } = desk

  const attempt = async (change: () => Promise<void>) => {
    setProblem(null)
    try {
      await change()
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'The server does not answer.')
    }
  }
  const add = (event: Event) => {
    event.preventDefault()
    void attempt(async () => {
      await canned.add({ shortcut, content, shared })
      setShortcut('')
      setContent('')
      first.current?.focus()
    })
  }

  return (
    <section class="canned" aria-label="Canned replies" onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <form onSubmit={add}>
        <input ref={first} aria-label="Shortcut" placeholder="shortcut" maxLength={32} required value={shortcut} onInput={(e) => setShortcut(e.currentTarget.value.replace(/^\//, ''))} />
        <textarea aria-label="Text" placeholder="Hello {visitor_name}!" rows={2} maxLength={4000} required value={content} onInput={(e) => setContent(e.currentTarget.value)} />
        {desk.supervises && (
          <label>
            <input type="checkbox" checked={shared} onChange={(e) => setShared(e.currentTarget.checked)} /> For everybody
          </label>
        )}
        <button type="submit" class="primary">
          Add
        </button>
        <button type="button" class="quiet" onClick={onClose}>
          Done
        </button>
      </form>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul>
        {canned.replies.map((reply) => (
          <li key={reply.id}>
            <b>/{reply.shortcut}</b> <span dir="auto">{reply.content}</span> {reply.manager_id === null && <i>everybody’s</i>}
            {(reply.manager_id !== null || desk.supervises) && (
              <button type="button" class="link" aria-label={`Delete /${reply.shortcut}`} onClick={() => void attempt(() => canned.remove(reply))}>
                Delete
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
