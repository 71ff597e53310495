import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { isDisabled, pressedIn, spokeAfter, webAddress } = await load('shared/cards.ts')

test('a button is disabled when the server would refuse it', () => {
  const card = { id: 'tea' }
  const offer = { id: 5, conversation_id: 1, sender_type: 'manager', cards: [card] }
  const press = (message, of, more) => ({ id: 7, conversation_id: 1, sender_type: 'visitor', response: { message_id: message, card_id: of }, ...more })
  const rows = [
    ['nothing was said', [offer], false, false],
    ['its card was pressed', [offer, press(5, 'tea')], true, true],
    ['another card was pressed', [offer, press(5, 'pot')], false, true],
    ['another message of that card', [offer, press(4, 'tea')], false, true],
    ['somebody else spoke', [offer, { id: 6, conversation_id: 1, sender_type: 'manager' }], false, false],
    ['she spoke before', [{ id: 4, conversation_id: 1, sender_type: 'visitor' }, offer], false, false],
    ['she spoke elsewhere', [offer, { id: 6, conversation_id: 2, sender_type: 'visitor' }], false, false],
  ]
  for (const [what, log, pressed, spoke] of rows) {
    assert.equal(pressedIn(log, offer, card), pressed, what)
    assert.equal(spokeAfter(log, offer), spoke, what)
  }
  assert.equal(isDisabled({ is_disabled_on_selection: true }, true, false), true)
  assert.equal(isDisabled({ is_disabled_on_selection: true }, false, true), false)
  assert.equal(isDisabled({ is_disabled_on_visitor_message: true }, false, true), true)
  assert.equal(isDisabled({}, true, true), false)
})

test('only addresses of the web become links', () => {
  for (const bad of [undefined, '', '/path', 'javascript:alert(1)', ' https://example.com', 'data:text/html,x']) assert.equal(webAddress(bad), undefined)
  assert.equal(webAddress('HTTPS://example.com/'), 'HTTPS://example.com/')
})
