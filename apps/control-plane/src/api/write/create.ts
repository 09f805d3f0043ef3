import { alreadyExists, type ApiObject, badRequest, type Decoded, type KindDefinition } from '#libs/apimachinery';
import type { Strategy } from './proposal.js';

/** The body becomes the object, if there is none of its name. */
export function creation(kind: KindDefinition, { object, errors, warnings }: Decoded): Strategy {
  if (object.metadata.resourceVersion) {
    throw badRequest('metadata.resourceVersion: must not be set on an object to be created; leave it out');
  }
  return (stored) => {
    if (stored) throw alreadyExists(kind, object.metadata.name);
    return { object, errors, warnings, expected: {} };
  };
}

/** Kubernetes cuts there whatever the kind, so that a name of its own making is a DNS label, as that of a Namespace has to be. */
const LONGEST_START = 58;

/** `generateName` and five characters, where there is no name. */
export function named(object: ApiObject, randomSuffix: () => string): ApiObject {
  const { name, generateName } = object.metadata;
  if (name || !generateName) return object;
  return {
    ...object,
    metadata: { ...object.metadata, name: `${generateName.slice(0, LONGEST_START)}${randomSuffix()}` },
  };
}
