import { render } from 'preact'
import { Desk } from './desk'
import './style.css'
import '../shared/cards.css'
import '../shared/files.css'
import './talk.css'
import './people/people.css'
import './search.css'
import './life.css'
import './numbers/numbers.css'
import './calls.css'
import { App } from './view/App'

const desk = new Desk()
const root = document.getElementById('app')
if (root) render(<App desk={desk} />, root)
void desk.start()
