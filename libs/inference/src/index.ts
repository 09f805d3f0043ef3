export * from './outcome.js';
export * from './usage.js';
