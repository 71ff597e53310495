// Clients as they are published, old and new, over every transport that they have, in Node and in Chromium, from
// the server's origin and from another: the same scenarios for all of them.
import { after, before, describe, test } from 'node:test'
import { clients } from './clients.mjs'
import { launch, places } from './places.mjs'
import { Proxy } from './proxy.mjs'
import { groups } from './scenarios.mjs'
import { World } from './world.mjs'

const titles = { node: 'Node', same: 'Chromium, same origin', cross: 'Chromium, cross-origin' }
/** MATRIX=cometd.*callback runs the rows whose names match. */
const wanted = new RegExp(process.env.MATRIX ?? '')
/** Rows mostly wait: for expiry, for servers to start, for clients to try again. */
const atOnce = 8

const rows = clients
  .flatMap((client) => Object.keys(titles).flatMap((place) => client[place].map((transport) => ({ client, place, transport }))))
  .filter((row) => wanted.test(nameOf(row)))
  .map((row) => ({ ...row, groups: groups.filter(({ only }) => !only || only(row)), passed: new Set() }))

if (rows.length === 0) throw new Error(`No row of the matrix matches ${wanted}`)

function nameOf({ client, transport, place }) {
  return `${client.name}, ${transport}, ${titles[place]}`
}

describe('matrix', { concurrency: atOnce }, () => {
  const hooks = []
  before(() => launch({ after: (hook) => hooks.push(hook) }))
  after(async () => {
    for (const hook of hooks) await hook()
    console.log(table())
  })

  for (const row of rows) test(nameOf(row), { timeout: 120_000 }, (t) => run(t, row))
})

async function run(t, row) {
  const proxy = await Proxy.start(t)
  const ground = await places[row.place](t, row.client, proxy.origin)
  for (const group of row.groups) {
    await t.test(Object.keys(group.scenarios).join(', '), async (t) => {
      const world = await World.open(t, row, { proxy, ground }, group)
      for (const [name, scenario] of Object.entries(group.scenarios)) {
        await t.test(name, async () => {
          await scenario(world)
          row.passed.add(name)
        })
      }
    })
  }
}

function table() {
  const lines = rows.map((row) => {
    const all = row.groups.flatMap((group) => Object.keys(group.scenarios))
    const failed = all.filter((name) => !row.passed.has(name))
    return [row.client.name, row.transport, titles[row.place], `${row.passed.size}/${all.length}`, failed.join(', ')]
  })
  const all = [['client', 'transport', 'place', 'passed', 'failed'], ...lines]
  const widths = all[0].map((_, i) => Math.max(...all.map((line) => line[i].length)))
  return all.map((line) => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()).join('\n')
}
