import './style.css'

// A real site writes the tag into its page with its own key; the demo asks which key was made for it.
async function carryWidget(): Promise<void> {
  const response = await fetch('/demo/site.json')
  if (!response.ok) throw new Error(`/demo/site.json: HTTP ${response.status}`)
  const site = (await response.json()) as { site_key: string }
  const script = document.createElement('script')
  script.async = true
  script.src = '/widget.js'
  script.dataset.appKey = site.site_key
  script.dataset.title = 'Teapot & Co.'
  script.dataset.greeting = 'Hello! Ask us anything about tea.'
  document.body.append(script)
}

/** The same shop as a page that was made for giosg: its tag, a variable, and a call. */
async function carryGiosg(): Promise<void> {
  const { site_key } = (await (await fetch('/demo/site.json')).json()) as { site_key: string }
  const page = window as unknown as { _giosg: any; giosg: any }
  page._giosg ??= (...args: unknown[]) => (page._giosg._e ??= []).push(args)
  Object.assign(page._giosg, { _c: site_key, _h: location.origin })
  const script = document.createElement('script')
  script.async = true
  script.src = '/live/'
  document.body.append(script)
  page._giosg('visitor', 'submit', { tea: 'green', __page: 'demo' })
  const call = document.createElement('button')
  call.className = 'button'
  call.textContent = 'Call us'
  call.onclick = () => {
    page.giosg.api.call.start('Teapot & Co.', undefined, 'audio+video').fail((error: unknown) => say(String(error)))
  }
  page._giosg(() => document.querySelector('.hero .button')?.after(' ', call))
}

function say(text: string): void {
  const note = document.querySelector('.note')
  if (note) note.textContent = text
}

const carry = new URLSearchParams(location.search).has('giosg') ? carryGiosg : carryWidget
carry().catch((error: unknown) => {
  say(`The widget could not be loaded. ${error}`)
})
