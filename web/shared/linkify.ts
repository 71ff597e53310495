export interface Piece {
  text: string
  /** Present when the piece is a web address. */
  href?: string
}

const address = /https?:\/\/[^\s<>"']+/gi
const trailing = /[.,:;!?)\]}»]+$/

/** Splits plain text into pieces, web addresses apart. Only http and https become links. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const found of text.matchAll(address)) {
    const href = found[0].replace(trailing, '')
    if (!URL.canParse(href)) continue
    if (found.index > end) pieces.push({ text: text.slice(end, found.index) })
    pieces.push({ text: href, href })
    end = found.index + href.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}
