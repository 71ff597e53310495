import { call } from '../shared/api'
import type { Note, Tags, VisitorCard } from '../shared/entities'

export interface CannedReply {
  id: number
  /** null: everybody's. */
  manager_id: number | null
  shortcut: string
  content: string
}

/** The calls that are for managers alone. */
export class StaffApi {
  constructor(private readonly token: () => Promise<string>) {}

  async visitor(id: string): Promise<VisitorCard> {
    return (await this.send<{ visitor: VisitorCard }>('GET', `visitors/${id}`)).visitor
  }

  async notes(conversationId: number): Promise<Note[]> {
    return (await this.send<{ notes: Note[] }>('GET', `conversation/${conversationId}/notes`)).notes
  }

  async addNote(conversationId: number, content: string): Promise<Note> {
    return (await this.send<{ note: Note }>('POST', `conversation/${conversationId}/notes`, { content })).note
  }

  async deleteNote(note: Note): Promise<void> {
    await this.send('DELETE', `conversation/${note.conversation_id}/notes/${note.id}`)
  }

  async tags(conversationId: number): Promise<string[]> {
    return (await this.send<{ tags: Tags }>('GET', `conversation/${conversationId}/tags`)).tags.tags
  }

  async tag(conversationId: number, change: { add?: string[]; remove?: string[] }): Promise<string[]> {
    return (await this.send<{ tags: Tags }>('POST', `conversation/${conversationId}/tags`, change)).tags.tags
  }

  async suggestions(prefix: string): Promise<string[]> {
    const found = await this.send<{ tags: { tag: string }[] }>('GET', `tags?${new URLSearchParams({ prefix })}`)
    return found.tags.map(({ tag }) => tag)
  }

  async canned(): Promise<CannedReply[]> {
    return (await this.send<{ canned: CannedReply[] }>('GET', 'canned')).canned
  }

  async addCanned(reply: { shortcut: string; content: string; shared: boolean }): Promise<void> {
    await this.send('POST', 'canned', reply)
  }

  async deleteCanned(reply: CannedReply): Promise<void> {
    await this.send('DELETE', `canned/${reply.id}`)
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = { Authorization: `Bearer ${await this.token()}` }
    if (body) headers['Content-Type'] = 'application/json'
    return call<T>(`/chat/${path}`, { method, headers, body: body && JSON.stringify(body) })
  }
}
