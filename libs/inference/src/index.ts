export * from './finish-reason.js';
export * from './outcome.js';
export * from './request/content.js';
export * from './request/inference-request.js';
export * from './stream-part.js';
export * from './usage.js';
