import { consumer } from './consumer/index.js';
import { dataPlane } from './data-plane/index.js';
import { keyPool } from './key-pool/index.js';
import { apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import { namespace } from './namespace/index.js';
import { provider } from './provider/index.js';
import { routePolicy } from './route-policy/index.js';
import { secret } from './secret/index.js';

/** Every kind there is. A new kind is a folder beside this file and a line here. */
export const kinds: readonly KindDefinition[] = [
  namespace,
  secret,
  provider,
  keyPool,
  routePolicy,
  consumer,
  dataPlane,
];

/** By the two fields that every object carries; undefined: no such kind. */
export function kindOf(apiVersion: string, kind: string): KindDefinition | undefined {
  return kinds.find((definition) => definition.kind === kind && apiVersionOf(definition) === apiVersion);
}

/** By the parts of a resource's path (`/apis/<group>/<version>/.../<plural>`); undefined: no such resource. */
export function kindOfPlural(group: string, version: string, plural: string): KindDefinition | undefined {
  return kinds.find(
    (definition) => definition.group === group && definition.version === version && definition.plural === plural,
  );
}
