import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { load } from './load.mjs'

const { Words } = await load('shared/words.ts')
const { Canned, filled } = await load('dashboard/canned.ts')

function words(side) {
  const told = []
  const api = { typing: async (id, typing, preview) => void told.push([id, typing, preview]) }
  return { told, words: new Words(api, side, {}, () => {}) }
}

test('typing is told at once, then now and then, and its end', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  try {
    const { told, words: w } = words('visitor')
    w.typed(17, 'H')
    w.typed(17, 'He')
    w.typed(17, 'Hel')
    assert.deepEqual(told, [[17, true, 'H']])
    mock.timers.tick(700)
    assert.deepEqual(told.at(-1), [17, true, 'Hel'])
    w.typed(17, '')
    assert.deepEqual(told.at(-1), [17, false, ''])
    w.stopped(17)
    assert.equal(told.length, 3)
    w.typed(undefined, 'nowhere')
    assert.equal(told.length, 3)
  } finally {
    mock.timers.reset()
  }
})

test('a manager tells no preview', () => {
  const { told, words: w } = words('manager')
  w.typed(17, 'secret')
  assert.deepEqual(told, [[17, true, undefined]])
})

test('the other side\'s typing ends by itself, and one\'s own is not heard', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  try {
    const { words: w } = words('manager')
    const typing = { conversation_id: 17, sender_type: 'visitor', typing: true, expires_in: 6 }
    w.hear({ ...typing, sender_type: 'manager' })
    assert.equal(w.other, null)
    w.hear({ ...typing, preview: 'Wher' })
    w.hear(typing) // the conversation's channel, without the preview
    assert.equal(w.other.preview, 'Wher')
    mock.timers.tick(6000)
    assert.equal(w.other, null)
    w.hear(typing)
    w.hear({ ...typing, typing: false })
    assert.equal(w.other, null)
  } finally {
    mock.timers.reset()
  }
})

test('editing puts the text aside', () => {
  const { words: w } = words('visitor')
  assert.equal(w.begin({ id: 1, content: 'said' }, 'half'), 'said')
  assert.equal(w.begin({ id: 2, content: 'other' }, 'said'), 'other')
  assert.equal(w.cancel(), 'half')
  assert.equal(w.editing, null)
})

test('a slash asks for canned replies, whose places are filled', async () => {
  let asked = 0
  const api = {
    async canned() {
      asked++
      return [{ id: 1, shortcut: 'hi' }, { id: 2, shortcut: 'hours' }, { id: 3, shortcut: 'bye' }]
    },
  }
  const canned = new Canned(api, () => {})
  assert.deepEqual(canned.matches('a text with /h'), [])
  canned.matches('/')
  await new Promise(setImmediate)
  assert.deepEqual(canned.matches('/h').map((r) => r.id), [1, 2])
  assert.deepEqual(canned.matches('/hou').map((r) => r.id), [2])
  assert.deepEqual(canned.matches('/h and more'), [])
  assert.equal(asked, 1)
  const me = { manager: { name: 'Anna' } }
  assert.equal(filled('Hello {visitor_name}, I am {manager_name}.', { visitor: { name: 'Maya' } }, me), 'Hello Maya, I am Anna.')
  assert.equal(filled('Hello {visitor_name}!', {}, me), 'Hello!')
})
