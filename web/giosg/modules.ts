import type { CallKind } from '../shared/call'
import type { Page, RoomReference } from './page'
import type { Phone } from './phone'
import { Guest, type Room } from './service'
import type { Window } from './widget'

export interface CloseOptions extends RoomReference {
  all?: boolean
  hide?: boolean
  clearHistory?: boolean
  message?: string
  messageSender?: string
}

type Method = (...args: any[]) => Promise<unknown>
export type Modules = Record<string, Record<string, Method>>

/** A name at the end of an address. Without one, or with dots, the address would be another, such as that of all variables. */
function segment(name: unknown): string {
  if (typeof name !== 'string' || /^\.{0,2}$/.test(name)) throw new Error('A name is a text, and not dots')
  return encodeURIComponent(name)
}

/** What pages call, by module and method. */
export function modulesOf(page: Page, chat: Window, phone: Phone): Modules {
  const variables = (guest: Guest, room: Room) => `${guest.inRoom(room.id)}/variables`

  const submit = async (given: unknown, algorithm = 'plain', replace = false, rooms?: unknown): Promise<void> => {
    const body = { variables: given, signing_algorithm: algorithm ?? 'plain', replace_existing: !!replace }
    for (const room of page.rooms(rooms)) await page.guest.call('POST', variables(page.guest, room), body)
  }

  const visitor = {
    submit,
    async remove(key: string) {
      const [room] = page.rooms(null) as [Room]
      await page.guest.call('DELETE', `${variables(page.guest, room)}/${segment(key)}`)
    },
    async removeAll(rooms?: unknown) {
      for (const room of page.rooms(rooms)) await page.guest.call('DELETE', variables(page.guest, room))
    },
    async setIdentifier(identifier: string) {
      await page.guest.call('PUT', `${page.guest.own}/identifiers/${segment(identifier)}`)
    },
  }

  const room = {
    async join(rooms: unknown) {
      if (rooms === undefined || rooms === null) throw new Error('Which room?')
      await page.join(page.rooms(rooms))
    },
    async leave(rooms?: unknown) {
      await page.leave(rooms === undefined || rooms === null ? null : page.rooms(rooms))
    },
    async getJoinedRooms() {
      return page.joined.map(({ id }) => id)
    },
  }

  /** Ends her open chats in the rooms that are meant: one that is named, or all that she is in. */
  const end = async (options: CloseOptions): Promise<void> => {
    const one = options.id !== undefined || options.name !== undefined
    const rooms = one && !options.all ? [page.find(options)] : page.joined
    const meant = new Set(rooms.map(({ id }) => id))
    for (const chat of await page.guest.chats()) {
      if (!chat.is_ended && meant.has(chat.room_id)) await page.guest.call('PATCH', `${page.guest.own}/chats/${chat.id}`, { is_ended: true })
    }
  }

  const talk = {
    async close(options: CloseOptions = {}) {
      const wanted = options ?? {}
      await end(wanted)
      if (wanted.clearHistory) await chat.clear()
      if (wanted.message) await chat.say(String(wanted.message), wanted.messageSender)
      if (wanted.hide) await chat.hide(false)
    },
    async hide(options: { preserveWindowState?: boolean } = {}) {
      await chat.hide(!!options?.preserveWindowState)
    },
    async startTask(first: { message?: string } | string, roomId?: string, isAnonymous = false, given?: unknown) {
      const where = roomId ? page.find(roomId) : page.settings.domain_room
      const guest = isAnonymous ? new Guest(page.origin, page.settings.organization_id, null) : page.guest
      if (isAnonymous) await guest.authenticate()
      if (isAnonymous || !page.joined.some(({ id }) => id === where.id)) {
        await guest.call('POST', `${guest.room(where.id)}/visitors`, { id: guest.id, presence_expires_in: 60 })
      }
      if (given) {
        const body = { variables: given, signing_algorithm: 'plain', replace_existing: false }
        await guest.call('POST', variables(guest, where), body)
      }
      const task = await guest.call<{ id: string }>('POST', `${guest.inRoom(where.id)}/chats`, { chat_type: 'task' })
      await guest.call('POST', `${guest.own}/chats/${task.id}/messages`, { message: typeof first === 'string' ? first : (first?.message ?? '') })
      return { id: task.id }
    },
  }

  const call = {
    start: (name: string, avatar?: string, kind?: CallKind, roomId?: string) =>
      phone.call(name, avatar || null, kind || 'audio', roomId ? page.find(roomId).id : page.settings.domain_room.id),
  }

  const goal = {
    async matches(goalId: string, options: { value?: number } = {}) {
      const value = options?.value
      await page.guest.call('POST', `${page.guest.own}/goal_matches`, { goal_id: goalId, ...(value !== undefined && { value }) })
    },
  }

  // Carts are another product's: pages that fill one go on as if it were taken.
  const taken = async (): Promise<void> => {}
  const shoppingCart = {
    submit: taken,
    addProduct: taken,
    deleteProducts: taken,
    clearCart: taken,
    freeze: taken,
    setTotalPrice: taken,
    setCurrency: taken,
  }

  return { visitor, room, chat: talk, call, goal, shoppingCart }
}
