export * from './openai/index.js';
