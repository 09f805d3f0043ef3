export * from './frame.js';
export * from './frame-error.js';
export * from './messages.js';
