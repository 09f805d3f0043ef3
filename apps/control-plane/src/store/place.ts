import type { KindDefinition } from '#libs/apimachinery';

/** Where an object is stored. */
export interface Place {
  readonly kind: KindDefinition;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Ties an envelope to its row. Never to change: what is stored would no longer open. */
export const envelopeContext = ({ kind, namespace, name, uid }: Place): string =>
  JSON.stringify([kind.group, kind.kind, namespace, name, uid]);
