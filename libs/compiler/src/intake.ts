import type { ApiObject } from '#libs/apimachinery';
import {
  checkObject,
  type Checked,
  type EffectiveConsumerSpec,
  type EffectiveKeyPoolSpec,
  type EffectiveProviderSpec,
  type EffectiveRoutePolicySpec,
  kindOf,
  type Refused,
} from '#libs/resources';
import { objectId } from './compile-types.js';
import { compareText } from './draft-entry.js';
import type { Finding } from './finding.js';

/** An object that passed every check of its own, with its defaults. */
export interface Resource<Spec> {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** `<namespace>/<name>`: what references and entries know it by. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
  readonly spec: Spec;
}

export interface CompiledKinds {
  readonly Provider: EffectiveProviderSpec;
  readonly KeyPool: EffectiveKeyPoolSpec;
  readonly RoutePolicy: EffectiveRoutePolicySpec;
  readonly Consumer: EffectiveConsumerSpec;
}
export type CompiledKind = keyof CompiledKinds;

/** By `<namespace>/<name>`, in that order. */
export type Resources = { readonly [Kind in CompiledKind]: ReadonlyMap<string, Resource<CompiledKinds[Kind]>> };

export interface Intake {
  /** Whatever is compiled, refused objects included. */
  readonly objects: readonly ApiObject[];
  readonly resources: Resources;
  /** `<kind>/<namespace>/<name>` of objects that exist and failed a check. */
  readonly refused: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** Sorts the objects into kinds and leaves out those that fail a check: a stored object may be older than a rule. */
export function takeIn(objects: readonly ApiObject[]): Intake {
  const resources: { [Kind in CompiledKind]: Map<string, Resource<CompiledKinds[Kind]>> } = {
    Provider: new Map(),
    KeyPool: new Map(),
    RoutePolicy: new Map(),
    Consumer: new Map(),
  };
  const compiled = objects
    .filter(({ apiVersion, kind }) => Object.hasOwn(resources, kind) && kindOf(apiVersion, kind) !== undefined)
    .sort(byKey);
  const refused = new Set<string>();
  const findings: Finding[] = [];
  for (const object of compiled) {
    const { effective, errors } = checkOnce(object);
    if (effective !== undefined) {
      const resource = resourceOf(object, effective.spec);
      (resources[object.kind as CompiledKind] as Map<string, Resource<unknown>>).set(resource.key, resource);
      continue;
    }
    refused.add(`${object.kind}/${keyOf(object)}`);
    for (const { path, message, condition } of errors) {
      findings.push({
        object: objectId(object),
        type: 'Accepted',
        reason: condition ?? 'Invalid',
        message: `${path}: ${message}`,
      });
    }
  }
  return { objects: compiled, resources, refused, findings };
}

/** A change touches a few objects of thousands; what the others came to holds for as long as they are kept. */
const checked = new WeakMap<ApiObject, Checked | Refused>();

function checkOnce(object: ApiObject): Checked | Refused {
  let result = checked.get(object);
  if (result === undefined) {
    result = checkObject(kindOf(object.apiVersion, object.kind)!, object);
    checked.set(object, result);
  }
  return result;
}

function resourceOf<Spec>(object: ApiObject, spec: Spec): Resource<Spec> {
  const { name, namespace, labels, creationTimestamp } = object.metadata;
  return {
    id: objectId(object),
    namespace: namespace ?? '',
    name,
    key: keyOf(object),
    labels: { ...labels },
    creationTimestamp: creationTimestamp ?? '',
    spec,
  };
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function byKey(left: ApiObject, right: ApiObject): number {
  return compareText(left.kind, right.kind) || compareText(keyOf(left), keyOf(right));
}

/** Who wins a name that two objects want: the older, then the lesser name. Times are RFC 3339 in UTC, so text compares. */
export function byAge(left: Resource<unknown>, right: Resource<unknown>): number {
  // An object without a time is only about to be created: it is the youngest.
  if (left.creationTimestamp === '' || right.creationTimestamp === '') {
    return (
      Number(left.creationTimestamp === '') - Number(right.creationTimestamp === '') || compareText(left.key, right.key)
    );
  }
  return compareText(left.creationTimestamp, right.creationTimestamp) || compareText(left.key, right.key);
}

/** Why the winner stands before the loser, to be put after the winner's name. */
export function whyFirst(winner: Resource<unknown>, loser: Resource<unknown>): string {
  return winner.creationTimestamp === loser.creationTimestamp ? 'of the same age and first by name' : 'which is older';
}
