export type { Cancel, Clock } from './clock.js';
export { systemClock } from './system-clock.js';
// The names of before, until the control plane has the new ones.
export type { Clock as Timers } from './clock.js';
export { systemClock as systemTimers } from './system-clock.js';
