/** Longer than the longest key that any field may have, a label's: of what a client made up, no megabytes are repeated. */
const MAX_NAME = 400;

const shown = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}...` : name);

/** `spec.keys[0].weight`; names that aren't identifiers are bracketed: `data[tls.crt]`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = shown(String(step));
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${text}[${name}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** A path in Kubernetes form, one step further: `spec.keys[0]`, `metadata.labels[example.com/team]`. */
export function childPath(parent: string, segment: string | number): string {
  const step = fieldPath([segment]);
  return parent === '' || step.startsWith('[') ? parent + step : `${parent}.${step}`;
}
