/** A button that is about to go away hands the focus to the text field, or the keyboard would be nowhere. */
export function focusField(event: Event): void {
  const root = (event.currentTarget as Element).getRootNode() as ShadowRoot
  root.querySelector<HTMLElement>('.composer textarea')?.focus()
}
