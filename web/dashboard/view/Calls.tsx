import { useEffect, useRef } from 'preact/hooks'
import type { CallKind, CallView } from '../../shared/call'
import type { Going } from '../calls'
import type { Desk } from '../desk'
import { useFocus } from './focus'

const kinds: Record<CallKind, string> = { audio: 'Call', video: 'Video call without sound', 'audio+video': 'Video call' }

/** Calls that ring, and the one that goes on, above whatever else is on the screen. */
export function CallsView({ desk }: { desk: Desk }) {
  const { calls } = desk
  return (
    <div class="calls">
      {calls.problem && (
        <div class="ring" role="alert">
          <p>{calls.problem}</p>
          <button type="button" class="quiet" onClick={() => calls.dismiss()}>
            Close
          </button>
        </div>
      )}
      {!calls.busy && calls.ringing.map((view) => <Ringing key={view.id} desk={desk} view={view} />)}
      {calls.going && <Talking key={calls.going.view.id} desk={desk} going={calls.going} />}
    </div>
  )
}

function caller(desk: Desk, view: CallView): string {
  return desk.nameOf(view.conversation_id) ?? view.visitor_name ?? `Visitor ${view.visitor_id.slice(0, 6)}`
}

function Ringing({ desk, view }: { desk: Desk; view: CallView }) {
  const { calls } = desk
  const name = caller(desk, view)
  return (
    <div class="ring" role="alertdialog" aria-label={`${kinds[view.kind]} from ${name}`}>
      <p>
        <strong dir="auto">{name}</strong>
        <span class="soft">
          {kinds[view.kind]} for {view.operator_name}
        </span>
      </p>
      <button type="button" class="primary" disabled={calls.isTaking(view)} onClick={() => void calls.accept(view)}>
        {calls.isTaking(view) ? 'Accepting…' : 'Accept the call'}
      </button>
      <button type="button" class="quiet" disabled={calls.isTaking(view)} onClick={() => void calls.refuse(view)}>
        Decline
      </button>
    </div>
  )
}

const ends = { ended: 'The call has ended.', refused: 'The call was declined.', missed: 'The caller has hung up.', connection: 'No connection could be made.' }

function Talking({ desk, going }: { desk: Desk; going: Going }) {
  const { line, view, over } = going
  const end = useFocus<HTMLButtonElement>()
  const talking = line.state === 'talking' || line.state === 'broken'
  const seen = !over && talking && line.received.video && line.far.getVideoTracks().length > 0
  const status = over
    ? ends[over]
    : line.state === 'broken'
      ? 'The connection is bad. One moment…'
      : !talking
        ? 'Connecting…'
        : line.received.audio || view.kind === 'video'
          ? kinds[view.kind]
          : 'The visitor is muted.'
  return (
    <section class={seen ? 'talking seen' : 'talking'} aria-label={`${kinds[view.kind]} with ${caller(desk, view)}`}>
      <div class="stage">
        {seen && <Picture stream={line.far} kind="far" label="The visitor" />}
        <p class="who">
          <strong dir="auto">{caller(desk, view)}</strong>
          <span role="status">{status}</span>
        </p>
        {!over && line.sent.video && line.near && <Picture stream={line.near} kind="self" label="You" />}
      </div>
      <Sound stream={line.far} />
      {!over && (
        <div class="keys">
          {!!line.near?.getAudioTracks().length && (
            <button type="button" aria-pressed={!line.sent.audio} onClick={() => line.mute('audio', !line.sent.audio)}>
              {line.sent.audio ? 'Mute' : 'Unmute'}
            </button>
          )}
          {!!line.near?.getVideoTracks().length && (
            <button type="button" aria-pressed={!line.sent.video} onClick={() => line.mute('video', !line.sent.video)}>
              {line.sent.video ? 'Camera off' : 'Camera on'}
            </button>
          )}
          <button type="button" class="end" ref={end} onClick={() => desk.calls.hangUp()}>
            Hang up
          </button>
        </div>
      )}
    </section>
  )
}

/** The sound comes by an element of its own. */
function Picture({ stream, kind, label }: { stream: MediaStream; kind: string; label: string }) {
  const place = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (place.current && place.current.srcObject !== stream) place.current.srcObject = stream
  })
  return <video ref={place} class={kind} aria-label={label} autoplay muted playsInline />
}

function Sound({ stream }: { stream: MediaStream }) {
  const place = useRef<HTMLAudioElement>(null)
  useEffect(() => {
    if (place.current) place.current.srcObject = stream
  }, [stream])
  return <audio ref={place} autoplay />
}
