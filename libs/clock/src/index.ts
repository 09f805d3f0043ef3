export { systemTimers } from './system-timers.js';
export type { Timers } from './timers.js';
