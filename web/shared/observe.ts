import { useEffect, useState } from 'preact/hooks'
import type { Observable } from './observable'

export { Observable } from './observable'

/** Redraws the calling component whenever the model changes. */
export function useObserved(model: Observable): void {
  const [, redraw] = useState(0)
  useEffect(() => {
    const again = () => redraw((n) => n + 1)
    again() // the model may have changed between drawing and this effect
    return model.observe(again)
  }, [model])
}
