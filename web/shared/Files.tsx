import { useEffect, useState } from 'preact/hooks'
import type { Attachment } from './entities'
import type { Draft } from './outbox'

export const stroke = (path: string) => (
  <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <path d={path} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
)

const fileIcon = 'M13.500 3.500H7A1.500 1.500 0 0 0 5.500 5v14A1.500 1.500 0 0 0 7 20.500h10a1.500 1.500 0 0 0 1.500-1.500V8.500zM13.500 3.500v5h5'

/** Where files come from. */
export interface FileSource {
  /** Whether a plain address is not enough: who asks has to show a token, and never in the address. */
  readonly signed: boolean
  address(path: string): string
  file(path: string): Promise<Blob>
}

/** Pixels of the longer side of a small picture in the log. */
const side = 220

/** A message's files: pictures small, others by name. */
export function Files({ list, source, lang }: { list: readonly Attachment[] | undefined; source: FileSource; lang: string }) {
  if (!list?.length) return null
  return (
    <div class="files">
      {list.map((a) => (
        <One key={a.id} attachment={a} source={source} lang={lang} />
      ))}
    </div>
  )
}

function One({ attachment: a, source, lang }: { attachment: Attachment; source: FileSource; lang: string }) {
  const [broken, setBroken] = useState(false)
  const picture = usePicture(source, a.thumbnail_url, () => setBroken(true))
  const opens = (event: Event) => {
    if (!source.signed) return
    event.preventDefault()
    source.file(a.url).then((file) => open(file, a), () => setBroken(true))
  }
  const scale = Math.min(1, side / Math.max(a.width ?? side, a.height ?? side))
  const shown = a.thumbnail_url && !broken
  return (
    <a class={shown ? 'picture' : 'file'} href={source.address(a.url)} target="_blank" rel="noopener" title={a.name} onClick={opens}>
      {shown ? (
        <img
          src={picture}
          alt={a.name}
          width={Math.round((a.width ?? side) * scale)}
          height={Math.round((a.height ?? side) * scale)}
          onError={() => setBroken(true)}
        />
      ) : (
        <>
          {stroke(fileIcon)}
          <span dir="auto">{a.name}</span>
          <small>{sizeOf(a.size, lang)}</small>
        </>
      )}
    </a>
  )
}

/** The address of a small picture, which has to be fetched first where a token is asked for. */
function usePicture(source: FileSource, path: string | null, onFailure: () => void): string | undefined {
  const [fetched, setFetched] = useState<string>()
  const needed = source.signed ? path : null
  useEffect(() => {
    if (!needed) return
    let address: string | undefined
    let gone = false
    source.file(needed).then((file) => {
      if (!gone) setFetched((address = URL.createObjectURL(file)))
    }, onFailure)
    return () => {
      gone = true
      if (address) URL.revokeObjectURL(address)
    }
  }, [needed])
  return needed ? fetched : path ? source.address(path) : undefined
}

/** Shows a picture beside the page; everything else is saved. */
function open(file: Blob, a: Attachment): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) link.target = '_blank'
  else link.download = a.name
  link.rel = 'noopener'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

function sizeOf(bytes: number, lang: string): string {
  const [unit, n] = bytes < 1e6 ? ['kilobyte', Math.max(bytes / 1e3, 0.1)] : ['megabyte', bytes / 1e6]
  return new Intl.NumberFormat(lang, { style: 'unit', unit, maximumFractionDigits: 1 }).format(n)
}

/** The files of a message that is on its way. */
export function Leaving({ draft }: { draft: Draft }) {
  if (!draft.files) return null
  return (
    <div class="files">
      {draft.files.map((file) => (
        <span class="file" key={file}>
          {stroke(fileIcon)}
          <span dir="auto">{file.name}</span>
        </span>
      ))}
      {draft.state === 'sending' && <progress max={1} value={draft.progress ?? 0} />}
    </div>
  )
}

/** Why files were refused, where it is their fault: the key of the words for it. */
export function faultOf(draft: Draft): 'large' | 'type' | null {
  if (draft.code === 'attachment_type_refused') return 'type'
  return draft.code === 'attachment_too_large' || draft.code === 'body_too_large' ? 'large' : null
}
