import { useEffect, useState } from 'preact/hooks'
import type { Answer, GoalTotals, NumbersApi, Range } from './api'
import { Bars } from './Bars'
import { datesOf } from './days'
import { Goals } from './Goals'
import { Managers } from './Managers'
import { NowStrip } from './NowStrip'
import { RangeForm } from './RangeForm'
import { Tiles } from './Tiles'
import { explain } from './words'

/** Milliseconds without a change after which the figures are asked for: a date is typed in parts. */
const typingPause = 300

interface Shown {
  range: Range
  time: Answer
  managers: Answer
  goals: GoalTotals[]
}

/** The figures of a range: tiles, bars by interval, a table by manager; above them what happens now. */
export function Numbers({ api }: { api: NumbersApi }) {
  const [range, setRange] = useState<Range>({ from: '', to: '', by: 'day' })
  const { shown, problem: unanswered } = useFigures(api, range)
  const [unsaved, setUnsaved] = useState<string | null>(null)
  const asked = { ...(shown && datesOf(shown.time)), ...given(range) } as Range

  const download = async () => {
    setUnsaved(null)
    try {
      save(await api.csv(range), `numbers-${asked.from}-${asked.to}.csv`)
    } catch (error) {
      setUnsaved(explain(error))
    }
  }
  const change = (next: Range) => {
    setUnsaved(null)
    setRange(next)
  }
  const problem = unanswered ?? unsaved
  const current = shown?.range === range
  return (
    <main class="numbers" aria-label="Numbers">
      <h1>Numbers</h1>
      <NowStrip api={api} />
      <RangeForm range={asked} zone={shown?.time.time_zone} onChange={change} onDownload={() => void download()} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {shown && (
        <div class={current ? 'figures' : 'figures stale'} aria-busy={!current && !problem}>
          <Tiles total={shown.time.total} />
          <Bars answer={shown.time} />
          <Goals goals={shown.goals} />
          <Managers rows={shown.managers.rows} total={shown.managers.total} />
          <p class="soft">Days and hours are those of {shown.time.time_zone}.</p>
        </div>
      )}
    </main>
  )
}

/** Asks again when the range changes; only the answer to the latest question counts. */
function useFigures(api: NumbersApi, range: Range): { shown: Shown | null; problem: string | null } {
  const [shown, setShown] = useState<Shown | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    setProblem(null)
    const ask = async () => {
      try {
        const time = await api.byTime(range)
        const managers = await api.byManager(range)
        const goals = await api.goals(range)
        if (current) setShown({ range, time, managers, goals })
      } catch (error) {
        if (current) setProblem(explain(error))
      }
    }
    const pause = setTimeout(() => void ask(), shown ? typingPause : 0)
    return () => {
      current = false
      clearTimeout(pause)
    }
  }, [range, api])
  return { shown, problem }
}

/** Only what she chose. */
function given(range: Range): Partial<Range> {
  return Object.fromEntries(Object.entries(range).filter(([, value]) => value !== ''))
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
