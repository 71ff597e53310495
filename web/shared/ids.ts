/** 128 random bits as 32 hexadecimal digits: a legal channel segment that nobody guesses. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

/** A visitor id travels inside channel names, so only characters of a channel segment are allowed. */
export function isVisitorId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id)
}
