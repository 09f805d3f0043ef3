import { type ApiObject, type KindDefinition, LAST_APPLIED_ANNOTATION } from '#libs/apimachinery';
import { isEnvelope, open, seal } from '../encryption/envelope.js';
import type { MasterKeys } from '../encryption/master-keys.js';

/** Where an object is stored; ties an encrypted one to its row. */
export interface Place {
  readonly kind: KindDefinition;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Objects to stored documents and back. A sensitive kind is encrypted whole. */
export class ObjectCodec {
  constructor(private readonly keys: MasterKeys) {}

  /** JSON text for a `json` column. */
  encode(place: Place, object: ApiObject): string {
    const text = JSON.stringify(object);
    return place.kind.sensitive ? JSON.stringify(seal(text, context(place), this.keys)) : text;
  }

  /** A fresh object with its resourceVersion. Throws if an encrypted one doesn't open. */
  decode(place: Place, stored: unknown, revision: number): ApiObject {
    const object = (
      isEnvelope(stored) && place.kind.sensitive ? JSON.parse(open(stored, context(place), this.keys)) : stored
    ) as ApiObject;
    return withRevision(object, revision);
  }
}

export function withRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** Under client-side apply the annotation repeats the secret in plain text: readers of metadata must never meet it. */
export function withoutLastApplied(object: ApiObject): ApiObject {
  if (object.metadata.annotations?.[LAST_APPLIED_ANNOTATION] === undefined) return object;
  const { [LAST_APPLIED_ANNOTATION]: _dropped, ...annotations } = object.metadata.annotations;
  const { annotations: _old, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) } as ApiObject['metadata'],
  };
}

const context = ({ kind, namespace, name, uid }: Place): string =>
  JSON.stringify([kind.group, kind.kind, namespace, name, uid]);
