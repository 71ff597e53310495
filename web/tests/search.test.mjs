import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { Search } = await load('dashboard/search.ts')

/** A server that answers one page after the other, and the cursors that it was asked for. */
function serve(t, pages) {
  const cursors = []
  t.mock.method(globalThis, 'fetch', async (url) => {
    const cursor = new URL(url, 'http://localhost').searchParams.get('cursor')
    cursors.push(cursor)
    const n = Number(cursor ?? 0)
    const results = Array.from({ length: pages(n) ?? 0 }, (_, i) => ({ conversation: { id: 100 * n + i }, match: {} }))
    return Response.json({ results, next: pages(n + 1) === undefined ? null : String(n + 1) })
  })
  return cursors
}

function typed(t, text) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const search = new Search(async () => 'token', () => 1)
  search.type(text)
  t.mock.timers.tick(1000)
  return search
}

/** Waits until it is not searched any more, and tells whether it was searched among older messages meanwhile. */
function done(search) {
  return new Promise((resolve) => {
    let older = false
    const end = search.observe(() => {
      older ||= search.older
      if (search.busy) return
      end()
      resolve(older)
    })
  })
}

test('empty pages are searched on until there are a few results', async (t) => {
  const cursors = serve(t, (n) => [0, 0, 3, 9, 20, 20][n])
  const search = typed(t, 'tea')
  assert.equal(await done(search), true)
  assert.deepEqual(cursors, [null, '1', '2', '3'])
  assert.deepEqual([search.results.length, search.next, search.older], [12, '4', false])
})

test('a good page is enough, and "Show more" brings the next', async (t) => {
  const cursors = serve(t, (n) => [20, 20, 20][n])
  const search = typed(t, 'tea')
  assert.equal(await done(search), false)
  assert.deepEqual(cursors, [null])
  const more = done(search)
  void search.more()
  assert.equal(await more, false)
  assert.deepEqual([cursors.length, search.results.length, search.next], [2, 40, '2'])
})

test('after some rounds she has to ask for more', async (t) => {
  const cursors = serve(t, () => 0)
  const search = typed(t, 'tea')
  await done(search)
  assert.deepEqual([cursors.length, search.results.length, search.next], [9, 0, '9'])
  const more = done(search)
  void search.more()
  await more
  assert.equal(cursors.length, 18)
})

test('other words end the search for the former', async (t) => {
  let typedOn = false
  const cursors = serve(t, (n) => {
    if (n === 2 && !typedOn) {
      typedOn = true
      search.type('')
    }
    return 0
  })
  const search = typed(t, 'tea')
  await done(search)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(cursors.length <= 3)
  assert.deepEqual([search.results.length, search.next, search.busy, search.older], [0, null, false, false])
})
