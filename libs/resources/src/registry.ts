import { consumer } from './consumer/index.js';
import { dataPlane } from './data-plane/index.js';
import { keyPool } from './key-pool/index.js';
import { type KindDefinition, KindRegistry } from '#libs/apimachinery';
import { namespace } from './namespace/index.js';
import { provider } from './provider/index.js';
import { routePolicy } from './route-policy/index.js';
import { secret } from './secret/index.js';

/** Every kind there is. A new kind is a folder beside this file and a line here. */
export const registry = new KindRegistry([namespace, secret, provider, keyPool, routePolicy, consumer, dataPlane]);

export const kinds = registry.all;

/** By the two fields that every object carries; undefined: no such kind. */
export const kindOf = (apiVersion: string, kind: string): KindDefinition | undefined => registry.find(apiVersion, kind);

/** By the parts of a resource's path (`/apis/<group>/<version>/.../<plural>`); undefined: no such resource. */
export const kindOfPlural = (group: string, version: string, plural: string): KindDefinition | undefined =>
  registry.findResource(group, version, plural);
