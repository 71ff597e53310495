const key = 'parley:sound'

/** Tones in hertz, and the second in which each begins: something for her, and somebody who waits for anyone. */
const tunes = {
  hers: [
    [660, 0],
    [880, 0.11],
  ],
  waiting: [[440, 0]],
  call: [
    [587, 0],
    [784, 0.18],
    [587, 0.6],
    [784, 0.78],
  ],
} as const

/** A short, soft sound, made rather than loaded. Browsers allow it once she has clicked somewhere. */
export class Sound {
  on = localStorage.getItem(key) !== 'off'
  private context: AudioContext | null = null

  toggle(): void {
    this.on = !this.on
    localStorage.setItem(key, this.on ? 'on' : 'off')
    this.play()
  }

  play(tune: keyof typeof tunes = 'hers'): void {
    if (!this.on || !navigator.userActivation?.hasBeenActive) return
    this.context ??= new AudioContext()
    const { context } = this
    const now = context.currentTime
    for (const [frequency, start] of tunes[tune]) {
      const tone = context.createOscillator()
      const level = context.createGain()
      tone.frequency.value = frequency
      level.gain.setValueAtTime(0, now + start)
      level.gain.linearRampToValueAtTime(0.08, now + start + 0.02)
      level.gain.exponentialRampToValueAtTime(0.0001, now + start + 0.25)
      tone.connect(level).connect(context.destination)
      tone.start(now + start)
      tone.stop(now + start + 0.3)
    }
  }
}
