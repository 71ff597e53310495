import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { isVisitorId, randomId } = await load('shared/ids.ts')
const { linkify } = await load('shared/linkify.ts')
const { plural, textsFor } = await load('widget/texts/index.ts')

test('a made-up visitor id is 128 bits, legal, and never the same', () => {
  const made = new Set(Array.from({ length: 1000 }, randomId))
  assert.equal(made.size, 1000)
  for (const id of made) assert.ok(/^[0-9a-f]{32}$/.test(id) && isVisitorId(id))
})

test('a visitor id is one legal channel segment', () => {
  for (const id of ['v81f0', 'a', 'A-b_9', 'x'.repeat(64)]) assert.ok(isVisitorId(id), id)
  for (const id of ['', '*', 'a/b', 'ann@example.com', 'é', 'x'.repeat(65), 'a\n']) assert.ok(!isVisitorId(id), id)
})

test('only web addresses become links, and punctuation stays outside', () => {
  const rows = [
    ['no address', [{ text: 'no address' }]],
    ['see https://a.example/b.', [{ text: 'see ' }, { text: 'https://a.example/b', href: 'https://a.example/b' }, { text: '.' }]],
    ['javascript:alert(1)', [{ text: 'javascript:alert(1)' }]],
    ['<b>http://a.example</b>', [{ text: '<b>' }, { text: 'http://a.example', href: 'http://a.example' }, { text: '</b>' }]],
    ['http://', [{ text: 'http://' }]],
  ]
  for (const [text, pieces] of rows) assert.deepEqual(linkify(text), pieces, text)
})

test('the first wanted language that the widget speaks is used', () => {
  assert.equal(textsFor([undefined, 'fr', 'ru-RU', 'en']).lang, 'ru')
  assert.equal(textsFor(['', null, 'xx']).lang, 'en')
})

test('every language has the same texts, and its own plurals', () => {
  const en = textsFor(['en']).texts
  const ru = textsFor(['ru']).texts
  assert.deepEqual(Object.keys(ru).sort(), Object.keys(en).sort())
  assert.match(plural('ru', ru.launcherUnread, 2), /2 непрочитанных сообщения/)
  assert.match(plural('ru', ru.launcherUnread, 5), /5 непрочитанных сообщений/)
  assert.match(plural('en', en.launcherUnread, 1), /1 unread message$/)
})
