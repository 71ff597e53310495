import { ApiError, refusalOf } from '../../shared/api'

/** How long something took: nearest rank, null when it never happened. */
export interface Spread {
  count: number
  median_ms: number | null
  p90_ms: number | null
}

/** One interval's figures, as /chat/numbers has them. */
export interface Figures {
  start: string
  end: string
  manager_id: number | null
  manager_name: string | null
  conversations: number
  left: number
  answered: number
  missed: number
  closed: number
  unanswered: number
  transfers_in: number
  transfers_out: number
  first_response: Spread
  handling: Spread
  /** distribution[0] is how many gave 1. */
  ratings: { count: number; average: number | null; distribution: number[] }
  load: { average: number; peak: number }
}

export interface Answer {
  /** Moments in the time zone, which they spell; to is not included. */
  from: string
  to: string
  time_zone: string
  by: string
  rows: Figures[]
  total: Figures
}

export interface Range {
  /** Dates, both included; empty: today and the six days before, by the organisation's calendar. */
  from: string
  to: string
  by: 'hour' | 'day' | 'week' | 'month'
}

export interface Now {
  waiting: number
  longest_wait_ms: number | null
  open: number
  on_duty: number
  managers: { id: number; name: string; on_duty: boolean; open: number; limit: number | null }[]
}

/** How often a goal was reached, as giosg's API has it; dates are days of the organisation's time zone. */
export interface GoalTotals {
  goal_id: string
  name: string
  days: { date: string; count: number; value: number }[]
  total: { count: number; value: number }
}

/** Milliseconds: the server gives up after half a minute, and figures of a year take it a while. */
const patience = 35_000

/** Asks for figures with the token in a header, never in an address. */
export class NumbersApi {
  constructor(
    private readonly token: () => Promise<string>,
    /** The organisation's uuid. */
    private readonly organization: () => string | undefined,
  ) {}

  async byTime(range: Range): Promise<Answer> {
    return (await this.get('/chat/numbers', { ...range })).json()
  }

  async byManager({ from, to }: Range): Promise<Answer> {
    return (await this.get('/chat/numbers', { from, to, by: 'total', group: 'manager' })).json()
  }

  /** The table that a spreadsheet opens. */
  async csv(range: Range): Promise<Blob> {
    return (await this.get('/chat/numbers', { ...range, group: 'manager', format: 'csv' })).blob()
  }

  /** None where that API is closed to the organisation. */
  async goals({ from, to }: Range): Promise<GoalTotals[]> {
    const path = `/api/v5/orgs/${this.organization()}/goals/totals`
    try {
      return ((await (await this.get(path, { from, to })).json()) as { results: GoalTotals[] }).results
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) return []
      throw error
    }
  }

  async now(): Promise<Now> {
    return (await this.get('/chat/numbers/now', {})).json()
  }

  /** Throws ApiError for a refusal, whatever it was that was asked for. */
  private async get(path: string, params: Record<string, string>): Promise<Response> {
    const response = await fetch(`${path}?${new URLSearchParams(params)}`, {
      headers: { Authorization: `Bearer ${await this.token()}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(patience),
    })
    if (response.ok) return response
    throw refusalOf(response.status, await response.json().catch(() => null), response.headers.get('Retry-After'))
  }
}
