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
  const texts = new Texts();
  if (after) danglingReferences(after, view, texts);
  if (before) for (const text of brokenReferrers(before, after, view)) texts.add(text, () => text);
  return texts.shown();
}

/** The first of many texts, each once, and how many more there are: only what is shown is worded, as that may take a guess. */
class Texts {
  readonly #first: string[] = [];
  readonly #seen = new Set<string>();

  /** `id`: by which the same is known again. */
  add(id: string, text: () => string): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    if (this.#first.length < MAX_WARNINGS) this.#first.push(text());
  }

  shown(): string[] {
    const more = this.#seen.size - this.#first.length;
    return more > 0 ? [...this.#first, `and ${more} more references that go nowhere`] : this.#first;
  }
}

function danglingReferences(object: ApiObject, view: ObjectView, texts: Texts): void {
  const namespace = object.metadata.namespace ?? '';
  const holders = new Holders(view);
  for (const { path, kind: kindName, name, part } of referencesOf(object)) {
    const kind = kindNamed(kindName);
    if (!kind) continue;
    const target = view.get(kind, namespace, name);
    if (!target) {
      // Several keys may name one missing thing by one path.
      texts.add(
        `${path} ${name}`,
        () => `${path}: there is no ${kindName} ${namespace}/${name}${didYouMean(name, view.names(kind, namespace))}`,
      );
      continue;
    }
    const holder = part && holders.of(target, part.kind);
    if (!holder || holder.names.has(part.name)) continue;
    texts.add(`${part.path} ${part.name}`, () => {
      const names = [...holder.names];
      const near = didYouMean(part.name, names) || `; it has ${listed(names)}`;
      return `${part.path}: ${holder.place} has no ${holder.word} "${part.name}"${near}`;
    });
  }
}

interface Holder {
  readonly place: string;
  readonly word: string;
  readonly names: ReadonlySet<string>;
}

/** What holds the parts that one object's references name. Looked up once for each: ten thousand keys may name one Secret's entries. */
class Holders {
  readonly #view: ObjectView;
  readonly #found = new Map<ApiObject, Map<string, Holder | undefined>>();

  constructor(view: ObjectView) {
    this.#view = view;
  }

  of(target: ApiObject, kind: string): Holder | undefined {
    let found = this.#found.get(target);
    if (!found) this.#found.set(target, (found = new Map<string, Holder | undefined>()));
    if (!found.has(kind)) found.set(kind, this.#look(target, kind));
    return found.get(kind);
  }

  #look(target: ApiObject, kind: string): Holder | undefined {
    const holder = holderOf(target, kind, this.#view);
    const parts = holder && partsOf(holder);
    return parts && { place: placeOf(holder), word: parts.word, names: new Set(parts.names) };
  }
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
