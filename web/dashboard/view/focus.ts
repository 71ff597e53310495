import { type RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** Gives an element the focus when it appears. The autofocus attribute works once a page, and not always then. */
export function useFocus<T extends HTMLElement>(): RefObject<T | null> {
  const element = useRef<T>(null)
  useLayoutEffect(() => element.current?.focus(), [])
  return element
}
