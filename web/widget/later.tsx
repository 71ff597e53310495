import { type ComponentChildren, type FunctionComponent, Fragment } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { jsx, jsxs } from 'preact/jsx-runtime'
import type { Chat } from './chat'

/** What the second script draws with: there is one Preact on a page. */
const kit = { Fragment, jsx, jsxs, useEffect, useRef, useState }
export type Kit = typeof kit

export interface LaterProps {
  chat: Chat
  children?: ComponentChildren
}

let views: Record<string, FunctionComponent<any>> = {}
let loading: Promise<void> | undefined

/**
 * A view of the second script, widget-more.js, which is loaded where the first of them is to be seen. Until then, or
 * where it cannot be loaded, its children stand there. What it is of the view that it gets: the others' props too.
 */
export function Later<P extends LaterProps>({ of, ...props }: P & { of: string }) {
  const [, redraw] = useState(0)
  useEffect(() => {
    loading ??= import(/* @vite-ignore */ `${props.chat.settings.origin}/widget-more.js`).then(
      (more) => {
        views = more.lend(kit)
      },
      () => {
        loading = undefined // the next view tries again
      },
    )
    void loading.then(() => redraw(1))
  }, [])
  const View = views[of]
  return View ? <View {...props} /> : <>{props.children}</>
}
