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

carryWidget().catch((error: unknown) => {
  const note = document.querySelector('.note')
  if (note) note.textContent = `The widget could not be loaded. ${error}`
})
