import { type PeoplePage, peoplePage } from './people/People'

/** What takes the place of the conversations. */
export type Page = PeoplePage | 'numbers'

/** Which page the address names, if any that she may see. */
export function pageOf(hash: string, supervises: boolean): Page | null {
  if (hash === '#/numbers') return supervises ? 'numbers' : null
  return peoplePage(hash)
}
