import type { Range } from './api'
import { presets, today } from './days'

const intervals = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' } as const

interface Props {
  range: Range
  /** The organisation's; unknown before the first answer. */
  zone?: string
  onChange(range: Range): void
  onDownload(): void
}

/** Which days, and in intervals of which length. */
export function RangeForm({ range, zone, onChange, onDownload }: Props) {
  const change = (part: Partial<Range>) => onChange({ ...range, ...part })
  return (
    <form class="range" onSubmit={(event) => event.preventDefault()}>
      <div class="presets" role="group" aria-label="Range">
        {Object.entries(presets(today(zone))).map(([name, preset]) => (
          <button key={name} type="button" aria-pressed={same(preset, range)} onClick={() => onChange(preset)}>
            {name}
          </button>
        ))}
      </div>
      <label>
        From
        <input type="date" required value={range.from} max={range.to} onChange={(e) => e.currentTarget.value && change({ from: e.currentTarget.value })} />
      </label>
      <label>
        To
        <input type="date" required value={range.to} min={range.from} onChange={(e) => e.currentTarget.value && change({ to: e.currentTarget.value })} />
      </label>
      <label>
        By
        <select value={range.by} onChange={(e) => change({ by: e.currentTarget.value as Range['by'] })}>
          {Object.entries(intervals).map(([by, label]) => (
            <option key={by} value={by}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="quiet" onClick={onDownload}>
        Download CSV
      </button>
    </form>
  )
}

function same(a: Range, b: Range): boolean {
  return a.from === b.from && a.to === b.to && a.by === b.by
}
