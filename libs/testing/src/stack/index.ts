export { AdminClient } from './admin-client.js';
export { createDatabase } from './database.js';
export { checkout, freePorts, ManagedProcess } from './managed-process.js';
export { consumerManifest, documents, providerManifest, routeManifest } from './manifests.js';
export { type DataPlaneProcess, Stack } from './stack.js';
