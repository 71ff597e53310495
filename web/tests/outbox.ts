// One entry, so that both share one module instance and instanceof holds.
export { ApiError } from '../shared/api'
export { lasting, Outbox } from '../shared/outbox'
export { faultOf } from '../shared/Files'
export { Tray } from '../shared/tray'
