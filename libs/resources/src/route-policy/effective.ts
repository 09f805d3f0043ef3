import { fill } from '../fields/defaults.js';
import { type EffectiveRoutePolicySpec, type RoutePolicySpec, routePolicySpec } from './schema.js';

/** Every default of a RoutePolicy. */
export function effectiveRoutePolicy(spec: RoutePolicySpec): EffectiveRoutePolicySpec {
  return fill(routePolicySpec, spec);
}
