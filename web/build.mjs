// Builds the three parts into dist: widget.js (one file that any page can load), dashboard/, demo/ and
// faye/, the faye package's browser client as it is.
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
await page('dashboard')
await page('demo')
// The real client, for pages that load it from the server they talk to: <mount>.js, <mount>/client.js.
await cp(join(here, 'node_modules/faye/client'), join(dist, 'faye'), { recursive: true })
await cp(join(here, 'node_modules/faye/LICENSE.md'), join(dist, 'faye/LICENSE.md'))
await writeFile(join(dist, '.gitkeep'), '')

const weight = gzipSync(await readFile(join(dist, 'widget.js')), { level: 9 }).length
console.log(`widget.js: ${weight} bytes after gzip (limit ${widgetLimit})`)
if (weight > widgetLimit) process.exitCode = 1
