import { ApiError, type ChatApi } from '../shared/api'
import type { Conversation } from '../shared/entities'
import { randomId } from '../shared/ids'
import type { Memory } from './memory'

/** How a visitor says to be reached. */
export interface Contact {
  name: string
  email: string
  phone: string
}

/** What keeps a letter from being sent; the texts have a sentence for each. */
export type Fault = 'needMessage' | 'needContact' | 'needEmail' | 'notLeft'

/** The field that a fault is about; null: none. */
export const fieldOf: Record<Fault, keyof Contact | 'content' | null> = {
  needMessage: 'content',
  needContact: 'email',
  needEmail: 'email',
  notLeft: null,
}

const refusals: Record<string, Fault> = {
  content_invalid: 'needMessage',
  contact_missing: 'needContact',
  email_invalid: 'needEmail',
}

/** The first thing that is wrong with a letter; null: nothing that can be seen from here. */
export function check(contact: Contact, content: string): Fault | null {
  if (!content.trim()) return 'needMessage'
  const email = contact.email.trim()
  if (!email && !contact.phone.trim()) return 'needContact'
  return email && !/^[^\s@]+@[^\s@]+$/.test(email) ? 'needEmail' : null
}

/** The form for when nobody is there. What is typed stays in the tab until it is sent. */
export class Letter {
  contact: Contact
  sending = false
  fault: Fault | null = null
  /** The client_message_id of the words that were tried last: the same words are not left twice. */
  private tried = { id: '', content: '' }

  constructor(
    private readonly api: ChatApi,
    private readonly visitorId: string,
    private readonly memory: Memory,
    private readonly onChange: () => void,
  ) {
    this.contact = memory.contact
  }

  set(field: keyof Contact, value: string): void {
    this.contact = this.memory.contact = { ...this.contact, [field]: value }
    if (this.fault && fieldOf[this.fault] === field) this.fault = null
    this.onChange()
  }

  /** Sends the form; null: it was not sent, and fault tells why. */
  async send(text: string): Promise<Conversation | null> {
    const content = text.trim()
    this.fault = check(this.contact, content)
    if (this.sending || this.fault) {
      this.onChange()
      return null
    }
    if (this.tried.content !== content) this.tried = { id: randomId(), content }
    this.sending = true
    this.onChange()
    const { name, email, phone } = this.contact
    const params = { name: name.trim(), email: email.trim(), phone: phone.trim(), content, client_message_id: this.tried.id }
    try {
      return (await this.api.post<{ conversation: Conversation }>(`offline/${this.visitorId}`, params)).conversation
    } catch (error) {
      this.fault = (error instanceof ApiError && refusals[error.code]) || 'notLeft'
      return null
    } finally {
      this.sending = false
      this.onChange()
    }
  }
}
