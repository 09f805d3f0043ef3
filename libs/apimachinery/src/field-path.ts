const identifier = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Paths in Kubernetes form: `spec.keys[0].weight`, `metadata.labels[example.com/team]`. */
export function childPath(parent: string, segment: string | number): string {
  if (typeof segment === 'number') return `${parent}[${segment}]`;
  if (!identifier.test(segment)) return `${parent}[${segment}]`;
  return parent === '' ? segment : `${parent}.${segment}`;
}

export function fieldPath(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>(
    (path, segment) => childPath(path, typeof segment === 'number' ? segment : String(segment)),
    '',
  );
}
