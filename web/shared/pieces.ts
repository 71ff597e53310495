/** Longest message that the server takes, in characters. */
export const longest = 4000

/** Cuts words that are too long for one message: at the end of a line or a word where there is one, never inside a character. */
export function pieces(text: string): string[] {
  const found: string[] = []
  let rest = text.trim()
  while (rest.length > longest) {
    const head = rest.slice(0, longest)
    const end = Math.max(head.lastIndexOf('\n'), head.lastIndexOf(' '))
    const cut = end > longest / 2 ? end : /[\uD800-\uDBFF]$/.test(head) ? longest - 1 : longest
    found.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut).trimStart()
  }
  return rest ? [...found, rest] : found
}
