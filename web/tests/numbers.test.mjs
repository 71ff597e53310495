import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

globalThis.navigator ??= {} // Node 20 has none
Object.defineProperty(globalThis.navigator, 'language', { value: 'en-GB', configurable: true })
const { duration, scaleFor } = await load('dashboard/numbers/words.ts')
const { datesOf, daysBefore, intervalMark, intervalName, presets, today } = await load('dashboard/numbers/days.ts')

test('a duration in its two largest units', () => {
  const s = 1000
  const rows = [
    [null, '–'], [0, '< 1 s'], [499, '< 1 s'], [500, '1 s'], [59.4 * s, '59 s'], [59.6 * s, '1 min'], [185 * s, '3 min 5 s'],
    [3599.6 * s, '1 h'], [7800 * s, '2 h 10 min'], [47 * 3600 * s, '47 h'], [48 * 3600 * s, '2 d'], [76 * 3600 * s, '3 d 4 h'],
  ]
  for (const [ms, words] of rows) assert.equal(duration(ms).replaceAll('\u00a0', ' '), words, String(ms))
})

test('a scale ends at an even round number', () => {
  const rows = [[0, 2], [1, 2], [2, 2], [3, 4], [9, 10], [11, 20], [41, 60], [100, 100], [101, 200], [4321, 6000]]
  for (const [most, top] of rows) assert.equal(scaleFor(most), top, String(most))
})

test('today is what the zone says', () => {
  const late = new Date('2026-03-28T23:30Z')
  assert.equal(today('UTC', late), '2026-03-28')
  assert.equal(today('Europe/Berlin', late), '2026-03-29')
  assert.equal(today('America/Los_Angeles', late), '2026-03-28')
  assert.match(today('Nowhere/Atlantis', late), /^2026-03-2[89]$/)
})

test('ranges across a change of the clock, of the month and of the year', () => {
  assert.equal(daysBefore('2026-03-30', 1), '2026-03-29')
  assert.equal(daysBefore('2026-01-01', 1), '2025-12-31')
  const made = presets('2024-03-31')
  assert.deepEqual(made['7 days'], { from: '2024-03-25', to: '2024-03-31', by: 'day' })
  assert.deepEqual(made['30 days'], { from: '2024-03-02', to: '2024-03-31', by: 'day' })
  assert.deepEqual(made['12 months'], { from: '2023-04-01', to: '2024-03-31', by: 'month' })
  assert.deepEqual(datesOf({ from: '2026-03-23T00:00:00+01:00', to: '2026-03-30T00:00:00+02:00' }), { from: '2026-03-23', to: '2026-03-29' })
})

test('intervals are named by their own clock', () => {
  const start = '2026-03-29T23:00:00-07:00'
  assert.deepEqual(['hour', 'day', 'week', 'month'].map((by) => intervalName(start, by)), ['29 Mar, 23:00', '29 Mar', 'Week of 29 Mar', 'Mar 2026'])
  assert.deepEqual(['hour', 'day', 'week', 'month'].map((by) => intervalMark(start, by)), ['23:00', '29 Mar', '29 Mar', 'Mar'])
})
