import { type Conversation } from '../shared/entities'
import type { Me } from './session'
import type { CannedReply, StaffApi } from './staff'

/** Longest list that the menu shows. */
const longest = 8

/** The texts that she calls up by "/" and a shortcut. */
export class Canned {
  replies: readonly CannedReply[] = []
  private asked = false

  constructor(
    private readonly api: StaffApi,
    private readonly onChange: () => void,
  ) {}

  /** What the field's text asks for; empty where it asks for nothing. Loads anew whenever a menu begins. */
  matches(text: string): readonly CannedReply[] {
    const wanted = /^\/([\p{L}\p{N}_-]*)$/u.exec(text)?.[1]?.toLowerCase()
    if (wanted === undefined) {
      this.asked = false
      return []
    }
    if (!this.asked) void this.load()
    return this.replies.filter((r) => r.shortcut.startsWith(wanted)).slice(0, longest)
  }

  async add(reply: { shortcut: string; content: string; shared: boolean }): Promise<void> {
    await this.api.addCanned(reply)
    await this.load()
  }

  async remove(reply: CannedReply): Promise<void> {
    await this.api.deleteCanned(reply)
    await this.load()
  }

  async load(): Promise<void> {
    this.asked = true
    this.replies = await this.api.canned().catch(() => this.replies)
    this.onChange()
  }
}

/** Puts the names into a reply's places. */
export function filled(content: string, c: Conversation, me: Me | null): string {
  return content
    .replaceAll('{visitor_name}', c.visitor?.name ?? '')
    .replaceAll('{manager_name}', me?.manager.name ?? '')
    .replace(/ +([,.!?])/g, '$1')
}
