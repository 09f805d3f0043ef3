import { badRequest, type Decoded, type FieldError, type ObjectMeta } from '#libs/apimachinery';
import type { Strategy } from './proposal.js';

/** The body is the object from now on. */
export function replacement({ object, errors, warnings }: Decoded, name: string): Strategy {
  if (object.metadata.name !== name) throw badRequest(`metadata.name: must be "${name}", as in the address`);
  const proposal = {
    object,
    errors: [...errors, ...missingRevision(object.metadata)],
    warnings,
    expected: object.metadata,
  };
  return () => proposal;
}

/** A replacement says which state it replaces. */
function missingRevision({ resourceVersion }: ObjectMeta): FieldError[] {
  if (resourceVersion !== undefined && resourceVersion !== '') return [];
  const message = 'must be specified for an update: send the object as it was read';
  return [{ path: 'metadata.resourceVersion', reason: 'Invalid', message }];
}
