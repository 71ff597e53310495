import { useEffect, useRef, useState } from 'preact/hooks'
import { useObserved } from '../../shared/observe'
import { dayOf, sameDay, timeOf } from '../../shared/time'
import type { Desk } from '../desk'
import { visitorName } from '../inbox'
import { few, type Filters, type Found, pieces, type Search } from '../search'
import { FilterIcon } from './icons'
import { dayWords, Face, lang } from './Inbox'

const kinds: Record<Found['match']['kind'], string | null> = { message: null, note: 'Note', name: 'Name', tag: 'Tag' }

/** The field above the lists. While something is in it, what was found takes the lists' place. */
export function SearchField({ desk }: { desk: Desk }) {
  const { search } = desk
  useObserved(search)
  const field = useRef<HTMLInputElement>(null)
  const [filtering, setFiltering] = useState(false)

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return
      event.preventDefault()
      field.current?.focus()
      field.current?.select()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      search.clear()
      setFiltering(false)
      if (!search.active) field.current?.blur()
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      search.move(event.key === 'ArrowDown' ? 1 : -1)
      event.preventDefault()
    } else if (event.key === 'Enter') {
      const found = search.results[Math.max(0, search.chosen)]
      if (found) desk.reveal(found.conversation)
    }
  }

  return (
    <div class="search" role="search">
      <input
        type="search"
        ref={field}
        value={search.text}
        maxLength={200}
        placeholder="Search"
        aria-label="Search conversations"
        title="Press / to search"
        autocomplete="off"
        aria-controls="found"
        aria-activedescendant={search.chosen < 0 ? undefined : `found-${search.chosen}`}
        onInput={(event) => search.type(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        class={search.filtered ? 'round on' : 'round'}
        aria-label="Filters"
        title="Filters"
        aria-expanded={filtering}
        onClick={() => setFiltering(!filtering)}
      >
        <FilterIcon />
      </button>
      {filtering && <FilterBox search={search} onClose={() => setFiltering(false)} />}
    </div>
  )
}

/** Tells whether somebody is writing there. */
function writes(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button', 'file'].includes(target.type)
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName))
}

function FilterBox({ search, onClose }: { search: Search; onClose(): void }) {
  const { filters } = search
  const set = (change: Partial<Filters>) => search.filter({ ...filters, ...change })
  return (
    <div
      class="filters"
      role="group"
      aria-label="Filters"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <label>
        Whose
        <select value={filters.scope} onChange={(event) => set({ scope: event.currentTarget.value as Filters['scope'] })}>
          <option value="all">Everyone’s</option>
          <option value="mine">Mine</option>
        </select>
      </label>
      <label>
        State
        <select value={filters.state} onChange={(event) => set({ state: event.currentTarget.value as Filters['state'] })}>
          <option value="">Any</option>
          <option value="waiting">Waiting</option>
          <option value="assigned">Open</option>
          <option value="closed">Closed</option>
        </select>
      </label>
      <label>
        From
        <input type="date" value={filters.from} onInput={(event) => set({ from: event.currentTarget.value })} />
      </label>
      <label>
        To
        <input type="date" value={filters.to} onInput={(event) => set({ to: event.currentTarget.value })} />
      </label>
      <label class="whole">
        Tag
        <input value={filters.tag} maxLength={60} onInput={(event) => set({ tag: event.currentTarget.value })} />
      </label>
    </div>
  )
}

export function Results({ desk }: { desk: Desk }) {
  const { search } = desk
  useObserved(search)
  const { results, busy, next } = search
  const chosen = useRef<HTMLLIElement>(null)
  useEffect(() => chosen.current?.scrollIntoView({ block: 'nearest' }), [search.chosen])
  return (
    <>
      <p class="soft told" role="status">
        {stateOf(search)}
      </p>
      <ul id="found" role="listbox" aria-label="Found">
        {results.map((found, i) => (
          <li
            key={found.conversation.id}
            id={`found-${i}`}
            role="option"
            class={i === search.chosen ? 'item found chosen' : 'item found'}
            aria-selected={i === search.chosen}
            aria-current={desk.selected === found.conversation.id}
            ref={i === search.chosen ? chosen : undefined}
            onClick={() => desk.reveal(found.conversation)}
          >
            <Result found={found} />
          </li>
        ))}
      </ul>
      {next && !busy && (
        <button type="button" class="older" onClick={() => void search.more()}>
          {results.length < few ? 'Search older messages' : 'Show more'}
        </button>
      )}
    </>
  )
}

function stateOf({ results, busy, older, problem, next }: Search): string {
  if (problem) return problem
  if (busy) return older ? 'Searching older messages…' : 'Searching…'
  if (results.length > 0) return ''
  return next ? 'Nothing was found so far.' : 'Nothing was found.'
}

function Result({ found: { conversation: c, match } }: { found: Found }) {
  const at = match.created_at
  const kind = kinds[match.kind]
  return (
    <>
      <Face conversation={c} />
      <span class="name" dir="auto">{visitorName(c)}</span>
      <time dateTime={at}>{sameDay(at, new Date().toISOString()) ? timeOf(at, lang) : dayOf(at, lang, dayWords)}</time>
      <span class="said" dir="auto">
        {kind && <span class="kind">{kind}</span>}
        {pieces(match).map(({ text, found }, i) => (found ? <mark key={i}>{text}</mark> : text))}
      </span>
    </>
  )
}
