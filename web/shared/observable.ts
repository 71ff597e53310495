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
