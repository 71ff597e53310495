// One entry, so that both share one module instance and instanceof holds.
export { ApiError } from '../shared/api'
export { Outbox } from '../shared/outbox'
