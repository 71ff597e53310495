import { useEffect, useState } from 'preact/hooks'

/** A model whose changes views redraw on. Several changes in one turn of the event loop redraw once. */
export class Observable {
  private readonly listeners = new Set<() => void>()
  private announced = false

  observe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  protected changed = (): void => {
    if (this.announced) return
    this.announced = true
    queueMicrotask(() => {
      this.announced = false
      for (const listener of this.listeners) listener()
    })
  }
}

/** Redraws the calling component whenever the model changes. */
export function useObserved(model: Observable): void {
  const [, redraw] = useState(0)
  useEffect(() => {
    const again = () => redraw((n) => n + 1)
    again() // the model may have changed between drawing and this effect
    return model.observe(again)
  }, [model])
}
