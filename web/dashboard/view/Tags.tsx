import { useState } from 'preact/hooks'
import { ApiError } from '../../shared/api'
import type { Aside } from '../aside'

/** A conversation's tags, which visitors never see. */
export function Tags({ aside }: { aside: Aside }) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string | null>(null)

  const change = async (what: { add?: string[]; remove?: string[] }) => {
    setProblem(null)
    try {
      await aside.tag(what)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'The server does not answer.')
    }
  }
  const add = (event: Event) => {
    event.preventDefault()
    if (!text.trim()) return
    void change({ add: [text] })
    setText('')
  }

  return (
    <form class="tags" aria-label="Tags" onSubmit={add}>
      {aside.tags.map((tag) => (
        <span class="tag" key={tag}>
          <span dir="auto">{tag}</span>
          <button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => void change({ remove: [tag] })}>
            ×
          </button>
        </span>
      ))}
      <input
        list="tag-suggestions"
        aria-label="Add a tag"
        placeholder="Add a tag…"
        maxLength={64}
        value={text}
        onFocus={() => void aside.suggest('')}
        onInput={(event) => {
          setText(event.currentTarget.value)
          void aside.suggest(event.currentTarget.value)
        }}
      />
      <datalist id="tag-suggestions">
        {aside.suggestions
          .filter((tag) => !aside.tags.includes(tag))
          .map((tag) => (
            <option key={tag} value={tag} />
          ))}
      </datalist>
      {problem && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  )
}
