export * from './diff.js';
export * from './field-path.js';
export * from './manifest/manifest-error.js';
export * from './manifest/read-json.js';
export * from './manifest/read-yaml.js';
export * from './merge-patch.js';
export * from './status.js';
