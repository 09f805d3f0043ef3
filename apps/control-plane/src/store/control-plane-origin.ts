import type { Origin } from './object-store.js';

/** Status, DataPlanes and its own Secrets are written by the control plane itself, in no request's trace. */
export const controlPlaneOrigin: Origin = {
  user: 'system:control-plane',
  groups: [],
  sourceAddress: '',
  userAgent: '',
  traceId: '',
  traceParent: '',
};
