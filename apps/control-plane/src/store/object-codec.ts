import { type ApiObject, apiVersionOf, type KindDefinition, LAST_APPLIED_ANNOTATION } from '#libs/apimachinery';
import { isEnvelope, open, seal } from '../encryption/envelope.js';
import type { KeyRing } from '../encryption/master-keys.js';
import { envelopeContext, type Place } from './place.js';
import { sealedObject } from './sealed-object.js';

/** Objects to stored documents and back. A kind whose storage is encrypted is so whole. */
export class ObjectCodec {
  constructor(private readonly keys: KeyRing) {}

  /** JSON text for a `json` column; see `textBeginning`. */
  encode(place: Place, { apiVersion, kind, metadata, ...content }: ApiObject): string {
    const text = JSON.stringify({ apiVersion, kind, metadata, ...content });
    return place.kind.storage.encrypted ? JSON.stringify(seal(text, envelopeContext(place), this.keys)) : text;
  }

  /** A fresh object with its resourceVersion; a sealed one (see `sealedReason`) where it doesn't decrypt. */
  decode(place: Place, stored: unknown, revision: number): ApiObject {
    return withRevision(
      place.kind.storage.encrypted ? this.#decrypted(place, stored) : (stored as ApiObject),
      revision,
    );
  }

  /** A plain document isn't taken: whoever can write to the table, and lacks the key, can't plant a secret. */
  #decrypted(place: Place, stored: unknown): ApiObject {
    if (!isEnvelope(stored)) return sealedObject(place, 'it is stored in plain text, which nothing here writes');
    try {
      return JSON.parse(open(stored, envelopeContext(place), this.keys)) as ApiObject;
    } catch (error) {
      return sealedObject(place, (error as Error).message);
    }
  }
}

/** How the text of every object of a kind begins, so that metadata can be added to without parsing it. It is never empty. */
export const textBeginning = (kind: KindDefinition): string =>
  `{"apiVersion":${JSON.stringify(apiVersionOf(kind))},"kind":${JSON.stringify(kind.kind)},"metadata":{`;

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
