// One module graph, so that a refusal is the same class on both sides.
export { ApiError } from '../shared/api'
export { Care, viewTeammate } from '../dashboard/care'
export { count, Inbox, upsert } from '../dashboard/inbox'
export * as life from '../dashboard/life'
export { check, Letter } from '../widget/letter'
export { Lookout } from '../widget/lookout'
export { isRateable, stageOf, wantsForm } from '../widget/stage'
