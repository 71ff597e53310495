import { linkify } from './linkify'

/** A message's words, always as text; web addresses become links that lend the target no window handle. */
export function Text({ children }: { children: string }) {
  return (
    <>
      {linkify(children).map((piece) =>
        piece.href ? (
          <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  )
}
