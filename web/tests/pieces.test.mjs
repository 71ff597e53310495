import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { longest, pieces } = await load('shared/pieces.ts')

test('short words are one message, and nothing is none', () => {
  assert.deepEqual(pieces('  Hello \n'), ['Hello'])
  assert.deepEqual(pieces(' \n '), [])
  assert.deepEqual(pieces('x'.repeat(longest)), ['x'.repeat(longest)])
})

test('long words are cut between lines or words, and nothing is lost', () => {
  const text = Array.from({ length: 3000 }, (_, i) => `word${i}`).join(' ')
  const found = pieces(text)
  assert.ok(found.length > 1 && found.every((piece) => piece.length <= longest))
  assert.equal(found.join(' '), text)
})

test('no character is cut in two', () => {
  const text = `x${'😀'.repeat(longest)}`
  const found = pieces(text)
  assert.equal(found.join(''), text)
  for (const piece of found) assert.ok(piece.isWellFormed() && piece.length <= longest)
})
