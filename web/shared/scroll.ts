import { useLayoutEffect, useRef } from 'preact/hooks'

/** Pixels from the end within which a reader counts as being at the end. */
const nearEnd = 80

/**
 * Scrolling of a message log. New words at the end pull it down if the reader was there (or always, when
 * the words are the reader's own); so does a box that shrinks, as under a phone's keyboard, and a picture that has come. Earlier
 * messages put in above leave what is being read where it is.
 */
export function useLogScroll(first: unknown, last: unknown, own: boolean) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef<{ first: unknown; last: unknown; height: number } | null>(null)
  const atEnd = useRef(true)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    let height = element.scrollHeight
    const look = () => {
      const same = element.scrollHeight === height
      height = element.scrollHeight
      if (!same) return // it has just grown, and nobody has scrolled
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd
    }
    const resized = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight
    })
    element.addEventListener('scroll', look, { passive: true })
    resized.observe(element)
    resized.observe(element.querySelector('[role=log]')!)
    return () => {
      element.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const was = before.current
    if (!was || was.last === undefined || (last !== was.last && (own || atEnd.current))) {
      element.scrollTop = element.scrollHeight
    } else if (first !== was.first && last === was.last) {
      element.scrollTop += element.scrollHeight - was.height
    }
    before.current = { first, last, height: element.scrollHeight }
  })
  return box
}
