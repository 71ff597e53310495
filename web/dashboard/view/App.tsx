import { useEffect } from 'preact/hooks'
import { useObserved } from '../../shared/observe'
import type { Desk } from '../desk'
import { Numbers } from '../numbers/Numbers'
import { People } from '../people/People'
import { CallsView } from './Calls'
import { Header } from './Header'
import { Inbox } from './Inbox'
import { Login } from './Login'
import { Pane } from './Pane'

export function App({ desk }: { desk: Desk }) {
  useObserved(desk)
  const unread = desk.unread
  useEffect(() => {
    document.title = unread ? `(${unread}) Parley` : 'Parley'
  }, [unread])

  if (desk.phase === 'loading') return null
  if (desk.phase === 'login') return <Login desk={desk} />
  if (desk.phase === 'unreachable') {
    return (
      <main class="alone">
        <p>The server does not answer.</p>
        <button type="button" class="primary" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    )
  }
  return (
    <div class={desk.page ? 'desk elsewhere' : desk.selected === null ? 'desk' : 'desk chosen'}>
      <Header desk={desk} />
      {desk.connection === 'down' && (
        <p class="banner" role="status">
          No connection to the server. Trying again; nothing that you send is lost.
        </p>
      )}
      {desk.page === 'numbers' ? (
        <Numbers api={desk.numbers} />
      ) : desk.page ? (
        <People key={desk.page} desk={desk} />
      ) : (
        <>
          <Inbox desk={desk} />
          <Pane desk={desk} />
        </>
      )}
      <CallsView desk={desk} />
    </div>
  )
}
