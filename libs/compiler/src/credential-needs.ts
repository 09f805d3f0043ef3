import type { ApiObject } from '#libs/apimachinery';
import {
  checkObject,
  kindOf,
  type EffectiveKeyPoolSpec,
  type EffectivePoolKey,
  type EffectiveRoutePolicySpec,
} from '#libs/resources';
import { credentialIdOf } from './concerns/credentials.js';

/** What an object needs a credential for; any one of them will do. Whether it can be used, only a data plane knows. */
export interface CredentialNeed {
  /** For people: `Key "primary"`. */
  readonly subject: string;
  /** Ids of credentials. */
  readonly anyOf: readonly string[];
}

/** What the needs of one object depend on beside it. */
export interface CredentialSurroundings {
  /** The KeyPool of that name. */
  pool(namespace: string, name: string): ApiObject | undefined;
  /** Whether the entry of a Secret is there and can be a key: compile says so if not. */
  hasSecretEntry(credentialId: string): boolean;
}

/** A KeyPool needs each of its keys, a RoutePolicy one key for each model of a pool that it sends requests to. */
export function credentialNeeds(object: ApiObject, surroundings: CredentialSurroundings): CredentialNeed[] {
  if (object.kind === 'KeyPool') return needsOfPool(object, surroundings);
  if (object.kind === 'RoutePolicy') return needsOfPolicy(object, surroundings);
  return [];
}

function needsOfPool(pool: ApiObject, surroundings: CredentialSurroundings): CredentialNeed[] {
  return keysOf(pool, surroundings).map(({ name, credential }) => ({
    subject: `Key "${name}"`,
    anyOf: [credential],
  }));
}

function needsOfPolicy(policy: ApiObject, surroundings: CredentialSurroundings): CredentialNeed[] {
  const { namespace = '' } = policy.metadata;
  const needs = new Map<string, CredentialNeed>();
  const rules = (specOf(policy) as EffectiveRoutePolicySpec | undefined)?.rules ?? [];
  const refs = rules.flatMap((rule) => [rule, ...(rule.fallbacks ?? [])]).flatMap(({ backendRefs }) => backendRefs);
  for (const { keyPoolRef, model } of refs) {
    const subject = `Model "${model}" of KeyPool ${namespace}/${keyPoolRef.name}`;
    if (needs.has(subject)) continue;
    const pool = surroundings.pool(namespace, keyPoolRef.name);
    const keys = pool ? keysOf(pool, surroundings) : [];
    const anyOf = keys.filter(({ weight, models }) => weight > 0 && (models?.includes(model) ?? true));
    // Without any key compile has said so already.
    if (anyOf.length > 0) needs.set(subject, { subject, anyOf: anyOf.map(({ credential }) => credential) });
  }
  return [...needs.values()];
}

interface NeededKey extends Pick<EffectivePoolKey, 'name' | 'weight' | 'models'> {
  readonly credential: string;
}

/** The keys that are in the table, as far as a pool alone says. */
function keysOf(pool: ApiObject, surroundings: CredentialSurroundings): NeededKey[] {
  const { namespace = '' } = pool.metadata;
  const keys = (specOf(pool) as EffectiveKeyPoolSpec | undefined)?.keys ?? [];
  return keys.flatMap((key) => {
    const { name, weight, models, enabled, valueFrom } = key;
    const credential = credentialIdOf(valueFrom, namespace);
    const isThere = valueFrom.secretKeyRef === undefined || surroundings.hasSecretEntry(credential);
    return enabled && isThere ? [{ name, weight, models, credential }] : [];
  });
}

/** Many policies name one pool, and all are looked at when a data plane comes or goes. */
const specs = new WeakMap<ApiObject, { readonly spec: unknown }>();

/** undefined: the object isn't valid, so nothing of it is served. */
function specOf(object: ApiObject): unknown {
  let known = specs.get(object);
  if (!known) {
    const kind = kindOf(object.apiVersion, object.kind);
    known = { spec: kind && checkObject(kind, object).effective?.spec };
    specs.set(object, known);
  }
  return known.spec;
}
