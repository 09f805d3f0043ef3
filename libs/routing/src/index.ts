export * from './backoff.js';
export * from './breaker.js';
export type { Candidate } from './candidate.js';
export type { RequestFacts } from './context.js';
export * from './cooldown.js';
export * from './decide.js';
export * from './decision.js';
export type { History, HistoryEntry } from './history.js';
export { DueQueue } from './due-queue.js';

export { KeyIndex } from './keys/key-index.js';
export type { RestCause } from './keys/obstacles.js';
export * from './match-rule.js';
export type { PassedOver, PassedOverReason } from './passed-over.js';
export * from './prepared-route.js';
export { RetryBudget } from './retry-budget.js';
export type { Advancing, ConnectionsView, KeyIndexView, StateView } from './state-view.js';
export { requestDeadlineMs } from './timeouts.js';
