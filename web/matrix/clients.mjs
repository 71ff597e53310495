// The clients of the matrix: where their files are, and the transports that they have in each place.
import { createRequire } from 'node:module'
import { adapt } from 'cometd-nodejs-client'
import { CometdProbe, FayeProbe } from './probe.mjs'

const require = createRequire(import.meta.url)

// cometd is written for browsers; its authors' own package lends it in Node a window with what it uses.
adapt()

const faye = {
  Probe: FayeProbe,
  node: ['websocket', 'long-polling'],
  same: ['websocket', 'eventsource', 'long-polling', 'callback-polling'],
  cross: ['websocket', 'cross-origin-long-polling', 'callback-polling'],
}
const cometd = {
  Probe: CometdProbe,
  ack: true,
  batches: true,
  node: ['websocket', 'long-polling'],
  same: ['websocket', 'long-polling', 'callback-polling'],
  cross: ['websocket', 'long-polling', 'callback-polling'],
}

/**
 * batches: it sends a batch as one request. faye may split what was published in one tick into several requests,
 * which overtake each other. load() is for Node; head is what a page needs in front of it; library is where the page
 * then finds it.
 */
export const clients = [
  {
    ...faye,
    name: 'faye 0.8.11',
    load: async () => require('faye-0.8'),
    head: script('faye-0.8/browser/faye-browser.js'),
    library: 'window.Faye',
  },
  {
    ...faye,
    name: 'faye 1.0.4',
    load: async () => require('faye-1.0'),
    head: script('faye-1.0/browser/faye-browser.js'),
    library: 'window.Faye',
  },
  {
    ...faye,
    name: 'faye 1.4.3',
    load: async () => require('faye-1.4'),
    head: script('faye-1.4/client/faye-browser.js'),
    library: 'window.Faye',
  },
  {
    ...cometd,
    name: 'cometd 3.1.3',
    load: async () => ({ ...require('cometd-3'), AckExtension: require('cometd-3/AckExtension.js') }),
    head: script('cometd-3/cometd.js') + script('cometd-3/AckExtension.js'),
    library: 'window.org.cometd',
  },
  {
    ...cometd,
    name: 'cometd 7.0.19',
    load: async () => ({ ...require('cometd-7'), AckExtension: require('cometd-7/AckExtension.js') }),
    head: script('cometd-7/cometd.js') + script('cometd-7/AckExtension.js'),
    library: 'window.org.cometd',
  },
  {
    ...cometd,
    name: 'cometd 9.0.0',
    load: () => import('cometd'),
    head: '',
    library: `await import('/matrix/node_modules/cometd/cometd.js')`,
  },
]

function script(path) {
  return `<script src="/matrix/node_modules/${path}"></script>`
}

/** The page of one client. window.make(options) makes the client, window.call(method, args) calls it. */
export function page({ head, library, Probe }) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Matrix</title>${head}</head><script type="module">
    import { ${Probe.name} as Probe } from '/matrix/probe.mjs'
    const library = ${library}
    let probe
    window.make = (options) => void (probe = new Probe(library, options))
    window.call = (method, args) => probe[method](...args)
  </script></html>`
}
