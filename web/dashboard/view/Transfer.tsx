import { useEffect, useState } from 'preact/hooks'
import type { Conversation } from '../../shared/entities'
import type { Colleague } from '../care'
import type { Desk } from '../desk'
import { visitorName } from '../inbox'
import { refusal } from '../life'
import { Sheet } from './Sheet'

const longestNote = 4000

/** Hands a conversation to a colleague or to the queue, with a word about it. */
export function Transfer({ desk, conversation: c, onClose }: { desk: Desk; conversation: Conversation; onClose(): void }) {
  const [team, setTeam] = useState<Colleague[] | null>(null)
  const [to, setTo] = useState<number | null | undefined>(undefined)
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  useEffect(() => {
    desk.care.colleagues(c).then(setTeam, (error: unknown) => {
      setTeam([])
      setProblem(refusal(error))
    })
  }, [])

  const force = to != null && desk.supervises && team?.find(({ id }) => id === to)?.fit === false
  const submit = async (event: Event) => {
    event.preventDefault()
    if (to === undefined || busy) return
    setBusy(true)
    setProblem(null)
    try {
      await desk.care.transfer(c.id, to, note, force)
      onClose()
    } catch (error) {
      setProblem(refusal(error))
      setBusy(false)
    }
  }

  return (
    <Sheet title={`Transfer ${visitorName(c)}`} onClose={onClose}>
      <form class="transfer" onSubmit={submit}>
        <fieldset>
          <legend>To whom?</legend>
          {c.state !== 'waiting' && (
            <label class="choice">
              <input type="radio" name="to" checked={to === null} onChange={() => setTo(null)} />
              <span>
                <strong>The queue</strong>
                <span class="soft">Whoever is free next</span>
              </span>
            </label>
          )}
          {team?.map(({ id, name, fit, words }) => (
            <label key={id} class="choice">
              <input type="radio" name="to" checked={to === id} disabled={fit === false && !desk.supervises} onChange={() => setTo(id)} />
              <span>
                <strong dir="auto">{name}</strong>
                {words && <span class="soft">{words}</span>}
              </span>
            </label>
          ))}
          {team === null && <p class="soft">Looking who is there…</p>}
          {team?.length === 0 && <p class="soft">There is no colleague to give it to.</p>}
        </fieldset>
        {force && <p class="hint">Not available at the moment. As a supervisor you can give it all the same.</p>}
        <label class="field">
          Note for whoever has it next
          <textarea
            rows={3}
            dir="auto"
            maxLength={longestNote}
            placeholder="What the visitor wants, what is already settled. The visitor does not see it."
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="asking">
          <button type="submit" class="primary" disabled={to === undefined || busy}>
            Transfer
          </button>
          <button type="button" class="quiet" onClick={onClose}>
            Keep it
          </button>
        </div>
      </form>
    </Sheet>
  )
}
