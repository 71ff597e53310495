import { useLayoutEffect, useRef } from 'preact/hooks'

/** Pixels from the end within which a reader counts as being at the end. */
const nearEnd = 80

/**
 * Scrolling of a message log. New words at the end pull it down if the reader was there (or always, when
 * the words are the reader's own); earlier messages put in above leave what is being read where it is.
 */
export function useLogScroll(first: unknown, last: unknown, own: boolean) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef<{ first: unknown; last: unknown; height: number } | null>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const was = before.current
    if (!was) {
      element.scrollTop = element.scrollHeight
    } else if (last !== was.last) {
      const atEnd = was.height - element.scrollTop - element.clientHeight < nearEnd
      if (atEnd || own || was.last === undefined) element.scrollTop = element.scrollHeight
    } else if (first !== was.first) {
      element.scrollTop += element.scrollHeight - was.height
    }
    before.current = { first, last, height: element.scrollHeight }
  })
  return box
}
