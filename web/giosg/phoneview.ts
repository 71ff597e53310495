import css from './phone.css?inline'
import type { Going } from './phone'
import { textsOf } from './texts'

interface Keys {
  hangUp(): void
  again(): void
  close(): void
}

const { lang, texts } = textsOf()

/** The phone on the page: who is called, both pictures, and the keys. */
export class PhoneView {
  private readonly host = document.createElement('div')
  private readonly box = element('div', 'phone')
  private readonly far = video('far')
  private readonly near = video('self')
  private readonly sound = document.createElement('audio')
  private readonly status = element('p', 'status')
  private readonly mute = button('', () => this.toggle('audio'))
  private readonly camera = button('', () => this.toggle('video'))
  private readonly end = button(texts.hangUp, () => this.keys.hangUp(), 'end')
  private readonly again = button(texts.again, () => this.keys.again())
  private readonly away = button(texts.close, () => this.keys.close())

  constructor(
    private readonly going: Going,
    private readonly keys: Keys,
  ) {
    this.host.id = 'parley-phone'
    this.host.lang = lang
    const root = this.host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
    for (const type of ['keydown', 'keyup', 'keypress']) root.addEventListener(type, (event) => event.stopPropagation())
    this.box.setAttribute('role', 'dialog')
    this.box.setAttribute('aria-label', `${texts.call}: ${going.view.operator_name}`)
    this.status.setAttribute('role', 'status')
    this.near.muted = this.far.muted = true // the sound comes by an element of its own
    this.near.setAttribute('aria-label', texts.you)
    this.sound.autoplay = true
    const keys_ = element('div', 'keys')
    keys_.append(this.mute, this.camera, this.end, this.again, this.away)
    const stage = element('div', 'stage')
    stage.append(this.far, this.who(), this.near)
    this.box.append(stage, keys_, this.sound)
    root.append(this.box)
    document.body.append(this.host)
    this.draw()
    this.end.focus()
  }

  private who(): HTMLElement {
    const { operator_name: name, operator_avatar: avatar } = this.going.view
    const who = element('div', 'who')
    const letter = element('span', 'letter')
    letter.textContent = name.slice(0, 1)
    letter.ariaHidden = 'true'
    if (avatar) {
      const picture = document.createElement('img')
      picture.alt = ''
      picture.referrerPolicy = 'no-referrer'
      picture.onerror = () => picture.replaceWith(letter)
      picture.src = avatar
      who.append(picture)
    } else who.append(letter)
    const title = element('strong', '')
    title.textContent = name
    who.append(title, this.status)
    return who
  }

  draw(): void {
    const { line, over, view } = this.going
    const talking = !over && (line.state === 'talking' || line.state === 'broken')
    const seen = talking && line.received.video && line.far.getVideoTracks().length > 0
    this.box.className = `phone ${over ? 'over' : talking ? 'talking' : 'ringing'}${seen ? ' seen' : ''}`
    show(this.far, seen, line.far)
    show(this.near, !over && line.sent.video, line.near)
    if (this.sound.srcObject !== line.far) this.sound.srcObject = line.far
    this.status.textContent = over ? texts[over] : talking ? this.talk() : view.state === 'ringing' ? texts.ringing : texts.connecting
    this.key(this.mute, !over && !!line.near?.getAudioTracks().length, line.sent.audio ? texts.mute : texts.unmute, !line.sent.audio)
    this.key(this.camera, !over && !!line.near?.getVideoTracks().length, line.sent.video ? texts.cameraOff : texts.cameraOn, !line.sent.video)
    this.end.hidden = !!over
    this.again.hidden = this.away.hidden = !over
  }

  private talk(): string {
    const { line, view } = this.going
    if (line.state === 'broken') return texts.broken
    const name = view.manager?.name ?? view.operator_name
    return line.received.audio || view.kind === 'video' ? name : texts.quiet.replace('{name}', name)
  }

  private key(key: HTMLButtonElement, there: boolean, label: string, pressed: boolean): void {
    key.hidden = !there
    key.textContent = label
    key.setAttribute('aria-pressed', String(pressed))
  }

  private toggle(part: 'audio' | 'video'): void {
    const { line } = this.going
    line.mute(part, !line.sent[part])
  }

  remove(): void {
    this.host.remove()
  }
}

function element(name: string, kind: string): HTMLElement {
  const made = document.createElement(name)
  made.className = kind
  return made
}

function video(kind: string): HTMLVideoElement {
  const made = document.createElement('video')
  made.className = kind
  made.autoplay = made.playsInline = true
  made.hidden = true
  return made
}

function button(label: string, press: () => void, kind = ''): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = kind
  made.textContent = label
  made.onclick = press
  return made
}

/** A picture that is not to be seen holds nothing. */
function show(place: HTMLVideoElement, visible: boolean, stream: MediaStream | null): void {
  place.hidden = !visible
  const wanted = visible ? stream : null
  if (place.srcObject !== wanted) place.srcObject = wanted
}
