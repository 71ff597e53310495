import { call } from '../../shared/api'

export type Role = 'manager' | 'supervisor' | 'admin'

export interface Colleague {
  id: number
  name: string
  role: Role
  avatar_url: string | null
  on_duty: boolean
  live: boolean
  verdict: string
  open: number
  /** 0: without limit. */
  limit: number
  max_conversations: number | null
  time_zone: string
  email?: string
  locked_until?: string
}

/** A weekly shift; weekdays count from Sunday, 0. */
export interface Shift {
  weekday: number
  from: string
  to: string
}

export interface Week {
  time_zone: string
  shifts: Shift[]
}

export interface Leave {
  id: number
  starts_at: string
  ends_at: string
  reason: string
}

export interface Holiday {
  id: number
  day: string
  name: string
}

export interface Organization {
  name: string
  site_key: string
  greeting: string
  offline_message: string
  time_zone: string
  strategy: 'least_loaded' | 'round_robin' | 'broadcast'
  max_conversations: number | null
  answer_within_ms: number | null
  allowed_origins: string[]
}

/** The calls about an organisation and its people. What she may not do, the server refuses. */
export class PeopleApi {
  constructor(private readonly token: () => Promise<string>) {}

  get<T>(path: string): Promise<T> {
    return this.send('GET', path)
  }

  async send<T>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = { Authorization: `Bearer ${await this.token()}` }
    if (body) headers['Content-Type'] = 'application/json'
    return call<T>(`/chat/${path}`, { method, headers, body: body && JSON.stringify(body), credentials: 'omit' })
  }
}
