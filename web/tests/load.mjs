import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Imports a TypeScript module of ours as the build would. */
export async function load(path) {
  return (await runnerImport(join(root, path), { configFile: false, root, logLevel: 'warn' })).module
}
