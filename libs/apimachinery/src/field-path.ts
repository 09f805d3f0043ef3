import { fieldPath } from '#libs/resources';

/** A path in Kubernetes form, one step further: `spec.keys[0]`, `metadata.labels[example.com/team]`. */
export function childPath(parent: string, segment: string | number): string {
  const step = fieldPath([segment]);
  return parent === '' || step.startsWith('[') ? parent + step : `${parent}.${step}`;
}
