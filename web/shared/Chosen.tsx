import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { stroke } from './Files'
import type { Tray } from './tray'

export interface TrayWords {
  attach: string
  remove: string
  /** {n}: megabytes. */
  large: string
  many: string
}

/** What will go with the next message, and why something will not. */
export function Chosen({ tray, words }: { tray: Tray; words: TrayWords }) {
  if (!tray.problem && tray.files.length === 0) return null
  return (
    <div class="tray">
      {tray.files.map((file) => (
        <span class="chip" key={file}>
          <span dir="auto">{file.name}</span>
          <button type="button" aria-label={`${words.remove} ${file.name}`} onClick={() => tray.remove(file)}>
            {stroke('M7 7l10 10M17 7L7 17')}
          </button>
        </span>
      ))}
      {tray.problem && <p role="alert">{words[tray.problem].replace('{n}', String(limitOf(tray)))}</p>}
    </div>
  )
}

function limitOf({ problem, limits }: Tray): number {
  return problem === 'many' ? (limits?.max_per_message ?? 0) : Math.floor(((limits?.max_bytes ?? 0) / 2 ** 20) * 10) / 10
}

/** The paper clip. */
export function Clip({ tray, words }: { tray: Tray; words: TrayWords }): ComponentChildren {
  const input = useRef<HTMLInputElement>(null)
  if (!tray.open) return null
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          tray.add([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = '' // the same file may be chosen again
        }}
      />
      <button type="button" class="clip" aria-label={words.attach} title={words.attach} onClick={() => input.current?.click()}>
        {stroke('M20 11.500l-8.300 8.300a5 5 0 0 1-7.100-7.100l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400l7.800-7.800')}
      </button>
    </>
  )
}
