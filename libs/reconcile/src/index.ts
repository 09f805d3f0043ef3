export * from './conditions.js';
export * from './controller.js';
export * from './delayed-additions.js';
export * from './retry-additions.js';
export * from './work-queue.js';
