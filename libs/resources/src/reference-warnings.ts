import { type ApiObject, didYouMean, type KindDefinition, type ObjectReference } from '#libs/apimachinery';
import { kindOf, kinds } from './registry.js';

/** The objects as they are with the change made. */
export interface ObjectView {
  get(kind: KindDefinition, namespace: string, name: string): ApiObject | undefined;
  /** Names of the objects of a kind, for what was probably meant. */
  names(kind: KindDefinition, namespace: string): Iterable<string>;
  /** The objects whose `references` name this one. */
  referrers(kind: KindDefinition, namespace: string, name: string): Iterable<ApiObject>;
}

/** What one write made of an object; an absent side: it wasn't, or isn't, there. */
export interface ObjectChange {
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

/** More are counted: a pool of ten thousand keys may lose its Secret. */
const MAX_WARNINGS = 10;

/**
 * What a write leaves without a hold: references of the object that go nowhere, and references of others that it took the
 * ground from. Both are allowed, as objects may come in any order, and neither should happen unseen. Names and paths, never
 * values. Pure.
 */
export function referenceWarnings({ before, after }: ObjectChange, view: ObjectView): string[] {
  const texts = [
    ...(after ? danglingReferences(after, view) : []),
    ...(before ? brokenReferrers(before, after, view) : []),
  ];
  const more = texts.length - MAX_WARNINGS;
  return more > 0 ? [...texts.slice(0, MAX_WARNINGS), `and ${more} more references that go nowhere`] : texts;
}

function danglingReferences(object: ApiObject, view: ObjectView): string[] {
  const namespace = object.metadata.namespace ?? '';
  const texts = referencesOf(object).map((reference): string | undefined => {
    const { path, name, part } = reference;
    const kind = kindNamed(reference.kind);
    const target = kind && view.get(kind, namespace, name);
    if (!kind) return undefined;
    if (!target) {
      const place = `${reference.kind} ${namespace}/${name}`;
      return `${path}: there is no ${place}${didYouMean(name, view.names(kind, namespace))}`;
    }
    const holder = part && holderOf(target, part.kind, view);
    const parts = holder && partsOf(holder);
    if (!parts || parts.names.includes(part!.name)) return undefined;
    const near = didYouMean(part!.name, parts.names) || `; it has ${listed(parts.names)}`;
    return `${part!.path}: ${placeOf(holder)} has no ${parts.word} "${part!.name}"${near}`;
  });
  // Several keys may name one missing thing by one path.
  return [...new Set(texts.filter((text) => text !== undefined))];
}

function brokenReferrers(before: ApiObject, after: ApiObject | undefined, view: ObjectView): string[] {
  const gone = after === undefined ? undefined : goneParts(before, after);
  if (gone?.names.size === 0) return [];
  const kind = kindOf(before.apiVersion, before.kind);
  const { name, namespace = '' } = before.metadata;
  if (!kind) return [];
  return [...view.referrers(kind, namespace, name)].flatMap((referrer) => {
    const mine = referencesOf(referrer).filter(
      (reference) => reference.kind === before.kind && reference.name === name,
    );
    if (!gone) return mine.slice(0, 1).map(({ path }) => `${placeOf(referrer)} refers to it (${path})`);
    const direct = mine.flatMap(({ part }) => usesOf(referrer, part, gone, before));
    // A route names the model of a provider by way of the pool that stands between.
    const through = [...view.referrers(kindNamed(referrer.kind)!, namespace, referrer.metadata.name)].flatMap(
      (distant) =>
        referencesOf(distant)
          .filter((reference) => reference.kind === referrer.kind && reference.name === referrer.metadata.name)
          .flatMap(({ part }) => usesOf(distant, part, gone, before)),
    );
    return [...direct, ...through];
  });
}

interface GoneParts {
  readonly word: string;
  readonly names: ReadonlySet<string>;
}

function goneParts(before: ApiObject, after: ApiObject): GoneParts {
  const [had, has] = [partsOf(before), partsOf(after)];
  if (!had || !has) return { word: '', names: new Set() };
  const kept = new Set(has.names);
  return { word: had.word, names: new Set(had.names.filter((name) => !kept.has(name))) };
}

function usesOf(user: ApiObject, part: ObjectReference['part'], gone: GoneParts, owner: ApiObject): string[] {
  if (part?.kind !== owner.kind || !gone.names.has(part.name)) return [];
  return [`${placeOf(user)} uses its ${gone.word} "${part.name}" (${part.path}), which is gone`];
}

/** The target itself, or what it names: a KeyPool's Provider. */
function holderOf(target: ApiObject, kind: string, view: ObjectView): ApiObject | undefined {
  if (target.kind === kind) return target;
  const next = referencesOf(target).find((reference) => reference.kind === kind);
  return next && view.get(kindNamed(kind)!, target.metadata.namespace ?? '', next.name);
}

const referencesOf = (object: ApiObject): readonly ObjectReference[] =>
  kindOf(object.apiVersion, object.kind)?.references?.(object) ?? [];
const partsOf = (object: ApiObject) => kindOf(object.apiVersion, object.kind)?.parts?.(object);
const kindNamed = (name: string): KindDefinition | undefined => kinds.find(({ kind }) => kind === name);
const placeOf = ({ kind, metadata }: ApiObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return names.slice(0, 5).join(', ') + more;
}
