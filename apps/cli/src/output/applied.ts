/** What is needed to name an object. */
export interface NamedObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** `provider/default/alpha`, or `namespace/team` for cluster-scoped kinds. */
export function appliedName({ kind, namespace, name }: NamedObject): string {
  return [kind.toLowerCase(), ...(namespace ? [namespace] : []), name].join('/');
}
