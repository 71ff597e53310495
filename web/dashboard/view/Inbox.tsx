import type { Conversation } from '../../shared/entities'
import { useObserved } from '../../shared/observe'
import { dayOf, sameDay, timeOf } from '../../shared/time'
import type { Desk } from '../desk'
import { activity, type Tab, visitorName } from '../inbox'
import { answerBy, dutyWords } from '../life'
import { Until } from './Clock'
import { Queue } from './Queue'
import { Results, SearchField } from './Search'
import { Stars } from './Strip'

export const lang = navigator.language
export const dayWords = { today: 'Today', yesterday: 'Yesterday' }

const labels: Record<Tab, string> = { mine: 'Open', queue: 'Queue', closed: 'Closed', all: 'Everyone’s' }

export function Inbox({ desk }: { desk: Desk }) {
  const tabs: Tab[] = desk.supervises ? ['mine', 'queue', 'closed', 'all'] : ['mine', 'queue', 'closed']
  const list = desk.list(desk.tab)
  const unread = desk.unread
  const waiting = desk.list('queue').length
  useObserved(desk.search)
  if (desk.search.active) {
    return (
      <nav class="inbox" aria-label="Conversations">
        <SearchField desk={desk} />
        <Results desk={desk} />
      </nav>
    )
  }
  return (
    <nav class="inbox" aria-label="Conversations">
      <SearchField desk={desk} />
      <div class="tabs">
        {tabs.map((tab) => (
          <button type="button" key={tab} aria-current={desk.tab === tab} onClick={() => desk.show(tab)}>
            {labels[tab]}
            {tab === 'mine' && unread > 0 && <span class="badge">{unread}</span>}
            {tab === 'queue' && waiting > 0 && <span class="badge calm">{waiting}</span>}
          </button>
        ))}
      </div>
      {desk.tab === 'queue' ? (
        <Queue desk={desk} />
      ) : (
        <>
          {list.length === 0 && desk.loaded[desk.tab] && <Empty desk={desk} />}
          <ul>
            {list.map((c) => (
              <Item key={c.id} desk={desk} conversation={c} />
            ))}
          </ul>
        </>
      )}
      {desk.next[desk.tab] && (
        <button type="button" class="older" onClick={() => void desk.more(desk.tab)}>
          Show more
        </button>
      )}
    </nav>
  )
}

function Item({ desk, conversation: c }: { desk: Desk; conversation: Conversation }) {
  const unread = desk.unreadOf(c)
  const mine = desk.isMine(c)
  const last = c.last_message
  const text = last?.deleted ? 'Message deleted' : last?.content || (last?.attachment_count ? 'File' : '')
  const said = last ? (last.sender_type === 'manager' ? `${mine ? 'You' : (c.manager?.name ?? 'Manager')}: ${text}` : text) : 'Opened the chat'
  const at = activity(c)
  const by = mine ? answerBy(c) : null
  return (
    <li>
      <button
        type="button"
        class={unread && mine ? 'item unread' : 'item'}
        aria-current={desk.selected === c.id}
        onClick={() => desk.select(c.id)}
      >
        <Face conversation={c} />
        <span class="name" dir="auto">{visitorName(c)}</span>
        {by ? <Until at={by} /> : <time dateTime={at}>{sameDay(at, new Date().toISOString()) ? timeOf(at, lang) : dayOf(at, lang, dayWords)}</time>}
        <span class="said" dir="auto">{said}</span>
        {unread > 0 && mine && (
          <span class="badge" aria-label={`${unread} unread`}>
            {unread > 99 ? '99+' : unread}
          </span>
        )}
        {c.status === 'closed' && c.rating && <Stars rating={c.rating} />}
      </button>
    </li>
  )
}

/** A round initial; the colour follows from the id, so a visitor keeps it. */
export function Face({ conversation: c }: { conversation: Conversation }) {
  let hash = 2166136261
  for (const char of c.visitor_id) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619)
  const name = c.visitor?.face?.name || c.visitor?.name
  const picture = c.visitor?.face?.avatar_url
  const words = name || c.visitor?.email || c.visitor_id
  const initials = (words.match(/[\p{L}\p{N}]/gu) ?? []).slice(0, name ? 1 : 2).join('')
  return (
    <span class="face" aria-hidden="true" style={{ '--hue': String((hash >>> 8) % 360) }}>
      {initials.toUpperCase()}
      {picture && <img key={picture} src={picture} alt="" referrerpolicy="no-referrer" loading="lazy" onError={(e) => e.currentTarget.remove()} />}
    </span>
  )
}

function Empty({ desk }: { desk: Desk }) {
  if (desk.tab === 'closed') return <p class="empty">Conversations that have ended are kept here.</p>
  if (desk.tab === 'all') return <p class="empty">Nobody in your organisation has an open conversation.</p>
  const away = desk.duty && dutyWords(desk.duty)
  if (desk.duty?.state === 'on' && !desk.duty.on_duty && away) {
    return <p class="empty">{away}, so new visitors do not come to you. You can claim those in the queue.</p>
  }
  if (desk.duty?.state === 'on') return <p class="empty">You are on duty. The next visitor who writes appears here.</p>
  return <p class="empty">No open conversations. Switch to “On duty” above, and new visitors come to you.</p>
}
