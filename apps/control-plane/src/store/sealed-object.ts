import { ApiError, type ApiObject, apiVersionOf, type KindDefinition, resourceName } from '#libs/apimachinery';
import type { Place } from './place.js';

/** Shows people why the rest is missing. No write may set it. */
export const SEALED_ANNOTATION = 'signalbox.dev/sealed';
/** A symbol, so that no document can claim it. It survives a spread, and no copy as JSON. */
const problem = Symbol('sealed');

type Sealed = ApiObject & { readonly [problem]?: string };

/**
 * Stands for an object that doesn't decrypt here: what its row says of it, and why there is no more. So one such object
 * costs its own readers an answer, and nobody else anything.
 */
export function sealedObject({ kind, namespace, name, uid }: Place, reason: string): ApiObject {
  const sealed: Sealed = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name, ...(kind.namespaced && { namespace }), uid, annotations: { [SEALED_ANNOTATION]: reason } },
    [problem]: reason,
  };
  return sealed;
}

/** Why the object is sealed; undefined: it isn't. */
export function sealedReason(object: ApiObject | undefined): string | undefined {
  return (object as Sealed | undefined)?.[problem];
}

/** The object, if it can be read: else the answer to whoever asked for it, a 500 as Kubernetes gives. */
export function readable(kind: KindDefinition, object: ApiObject): ApiObject {
  const reason = sealedReason(object);
  if (reason === undefined) return object;
  const { name, namespace } = object.metadata;
  const place = namespace === undefined ? '' : ` in the namespace "${namespace}"`;
  throw new ApiError(
    500,
    'InternalError',
    `${resourceName(kind)} "${name}"${place} can't be decrypted: ${reason}; \`signalbox keys status\` shows which keys are in use`,
    { name, ...(kind.group && { group: kind.group }), kind: kind.plural },
  );
}
