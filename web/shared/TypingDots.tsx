/** Three dots for somebody who types; the words for it are read aloud once. */
export function TypingDots({ label, preview }: { label: string; preview?: string }) {
  return (
    <div class="message typing" role="status">
      <p class="bubble" dir="auto">
        {preview && <span class="preview">{preview} </span>}
        <span class="dots3" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        <span class="hidden">{label}</span>
      </p>
    </div>
  )
}
