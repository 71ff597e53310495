// The second script of the widget: what few visitors see. A view is added to the list in lend, and drawn with
// <Later of="…">; texts go to texts.ts, styles to a file beside the view. Modules of the first script that have state
// of their own must not be imported here, since this script would have another copy of it.
import cards from '../../shared/cards.css?inline'
import type { Kit } from '../later'
import { Cards } from './Cards'
import { take } from './preact'
import { Rating } from './Rating'
import rating from './rating.css?inline'

/** Takes the first script's Preact and gives the views, by the names that Later knows them by. */
export function lend(kit: Kit) {
  take(kit)
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(cards + rating)
  document.getElementById('parley-widget')?.shadowRoot?.adoptedStyleSheets.push(sheet)
  return { Cards, Rating }
}
