import type { Desk } from '../desk'
import { OrganizationPage } from './Organization'
import { Profile } from './Profile'
import { Team } from './Team'

export type PeoplePage = 'team' | 'organization' | 'profile'

/** Which page the address names. */
export function peoplePage(hash: string): PeoplePage | null {
  const name = /^#\/(team|organization|profile)$/.exec(hash)?.[1]
  return (name as PeoplePage | undefined) ?? null
}

/** The links to the pages that she may use. */
export function PeopleLinks({ desk }: { desk: Desk }) {
  const links: [string, string][] = [['#/', 'Conversations']]
  if (desk.supervises) links.push(['#/numbers', 'Numbers'], ['#/team', 'Team'])
  if (desk.me?.manager.role === 'admin') links.push(['#/organization', 'Organisation'])
  links.push(['#/profile', 'Profile'])
  return (
    <nav class="links" aria-label="Pages">
      {links.map(([href, words]) => (
        <a key={href} href={href} aria-current={href === `#/${desk.page ?? ''}` ? 'page' : undefined}>{words}</a>
      ))}
    </nav>
  )
}

export function People({ desk }: { desk: Desk }) {
  return (
    <main class="people">
      {desk.page === 'team' && desk.supervises && <Team desk={desk} />}
      {desk.page === 'organization' && <OrganizationPage desk={desk} />}
      {desk.page === 'profile' && <Profile desk={desk} />}
    </main>
  )
}
