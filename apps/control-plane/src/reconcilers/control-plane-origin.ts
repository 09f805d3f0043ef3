import type { Origin } from '../store/object-store.js';

/** Status and DataPlane objects are written by the control plane itself, in no request's trace. */
export const controlPlaneOrigin: Origin = {
  user: 'system:control-plane',
  groups: [],
  sourceAddress: '',
  userAgent: '',
  traceId: '',
  traceParent: '',
};
