import type { Guest, RoomVisitor, Variable } from '../guest'

/** As many variables as fit. */
const most = 12

/** Where the visitor is, what she looks at, and what the site says of her in this room. */
export function GuestStrip({ guest }: { guest: Guest | undefined }) {
  if (!guest) return null
  const { facts, visible } = guest
  return (
    <>
      {facts && <Whereabouts facts={facts} />}
      {visible.length > 0 && (
        <dl class="strip contact" aria-label="What the page says of the visitor">
          <dt>From the page</dt>
          {visible.slice(0, most).map((v) => (
            <dd key={v.key} dir="auto">
              <Lock signed={v.is_signed} /> {v.key}: {shown(v)}
            </dd>
          ))}
        </dl>
      )}
    </>
  )
}

function shown({ value }: Variable): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function Lock({ signed }: { signed: boolean }) {
  const words = signed ? 'Signed: the site stands for it' : 'Not signed: the browser could say anything'
  return (
    <svg class={signed ? 'lock closed' : 'lock'} viewBox="0 0 16 16" width="13" height="13" role="img" aria-label={signed ? 'Signed' : 'Not signed'}>
      <title>{words}</title>
      <path d="M3.5 7h9v6.500h-9z" fill="currentColor" />
      <path d={signed ? 'M5.500 7V5a2.500 2.500 0 0 1 5 0v2' : 'M5.500 7V4.500a2.500 2.500 0 0 1 4.800-1'} fill="none" stroke="currentColor" stroke-width="1.600" />
    </svg>
  )
}

function Whereabouts({ facts }: { facts: RoomVisitor }) {
  const place = [facts.geo_city, facts.geo_country].filter(Boolean).join(', ')
  const machine = [facts.browser_name, facts.os_name].filter(Boolean).join(' on ')
  return (
    <dl class="strip contact" aria-label="Where the visitor is">
      <dt>
        <span class={facts.is_online ? 'dot online' : 'dot'} aria-hidden="true" /> {facts.is_online ? 'Online' : 'Not here'}
      </dt>
      {facts.latest_page_url && (
        <dd class="page" dir="auto" title={facts.latest_page_url}>
          on {link(facts.latest_page_url, facts.latest_page_title)}
        </dd>
      )}
      {place && <dd dir="auto">{place}</dd>}
      {machine && <dd>{machine}</dd>}
      {facts.visit_count > 1 && <dd>visit {facts.visit_count}</dd>}
      {facts.referrer_url && (
        <dd class="page" dir="auto" title={facts.referrer_url}>
          came from {link(facts.referrer_url, null)}
        </dd>
      )}
    </dl>
  )
}

/** Only web addresses lead anywhere: a page says them. */
function link(address: string, title: string | null) {
  const words = title || address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '')
  if (!/^https?:\/\//.test(address)) return words
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {words}
    </a>
  )
}
