import {
  conflict,
  forbidden,
  isNotFound,
  type KindDefinition,
  notFound,
  objectScope,
  success,
} from '#libs/apimachinery';
import type { ObjectStore, ObjectWrite } from '../../store/object-store.js';
import { builtInNamespaces, namespaceKind } from '../../namespaces/built-in-namespaces.js';
import { answer, type Answer, type Call } from '../request/call.js';
import { type DeleteOptions, deleteOptionsOf } from '../request/delete-options.js';
import { listForm, objectForm } from '../objects/form.js';
import { contentsOf } from './namespace-contents.js';
import type { ClientCommit, ObjectWriter } from './object-writer.js';
import type { Reader } from '../objects/read.js';
import { keyOf, type ResourceTarget } from '../objects/resource-target.js';
import { selectionOf } from '../objects/selection.js';

/** Lists again this often when objects of a collection vanish between the list and the transaction. */
const MAX_TRIES = 5;
/** Objects of a collection that go in one transaction. */
const AT_ONCE = 500;

export interface RemoverParts {
  readonly objects: ObjectWriter;
  readonly store: ObjectStore;
  readonly reader: Reader;
  readonly kinds: readonly KindDefinition[];
  readonly nowMs: () => number;
}

/** Verbs that delete: one object, or all that match. */
export class Remover {
  readonly #objects: ObjectWriter;
  readonly #store: ObjectStore;
  readonly #reader: Reader;
  readonly #kinds: readonly KindDefinition[];
  readonly #nowMs: () => number;

  constructor({ objects, store, reader, kinds, nowMs }: RemoverParts) {
    this.#objects = objects;
    this.#store = store;
    this.#reader = reader;
    this.#kinds = kinds;
    this.#nowMs = nowMs;
  }

  /** Answers a Status with the uid, or the object while finalizers hold it. */
  async delete(call: Call, target: ResourceTarget): Promise<Answer> {
    const options = deleteOptionsOf(call);
    refuse(target.kind, target.name!);
    const { results, warnings: missed } = await this.#objects.commit(call, [deletion(target, options)], {
      needs: ['delete'],
      dryRun: options.dryRun,
    });
    const { kind, name = '' } = target;
    const { type, object } = results[0]!;
    const going = kind === namespaceKind && options.dryRun;
    const warnings = [...missed.flat(), ...(going ? await contentsOf(this.#store, this.#kinds, name) : [])];
    if (type !== 'DELETED') return answer(200, objectForm(call, kind, object, this.#nowMs()), warnings);
    const { uid } = object.metadata;
    return answer(200, success({ name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid }), warnings);
  }

  /**
   * One transaction: either all that match are deleted or none. A large collection takes several, as each holds a lock for
   * each object, and everyone else up at its end; what would be refused is found out before the first. Answers the list of them.
   */
  async deleteCollection(call: Call, target: ResourceTarget): Promise<Answer> {
    const { kind } = target;
    if (kind.readOnly) throw forbidden(`${kind.kind} objects are deleted one by one`, kind);
    const { dryRun, ...options } = deleteOptionsOf(call);
    const selection = selectionOf(call.query);
    const deleted: ClientCommit[] = [];
    const commit = (writes: readonly ObjectWrite[], dryRun: boolean): Promise<ClientCommit> =>
      this.#objects.commit(call, writes, { needs: ['deletecollection'], dryRun });
    for (let tries = 1; ; tries++) {
      const { items } = await this.#reader.page(kind, target.scope, selection);
      for (const object of items) refuse(target.kind, object.metadata.name);
      const groups = inGroups(items).map((group) =>
        group.map(({ metadata: { name, namespace = '', uid } }) =>
          deletion({ kind, name, scope: objectScope(kind, namespace) }, options, uid),
        ),
      );
      try {
        if (groups.length > 1 && !dryRun) for (const group of groups) await commit(group, true);
        for (const group of groups) deleted.push(await commit(group, dryRun));
      } catch (error) {
        if (!isNotFound(error) || tries === MAX_TRIES) throw error;
        // A dry run has deleted nothing that the next list would lack.
        if (dryRun) deleted.length = 0;
        continue;
      }
      // One that finalizers hold is listed, and marked, again.
      const objects = new Map(
        deleted.flatMap(({ results }) => results.map(({ object }) => [object.metadata.uid, object])),
      );
      const warnings = new Set(deleted.flatMap((group) => group.warnings.flat()));
      const resourceVersion = String(deleted.at(-1)!.revision);
      return answer(200, listForm(call, kind, [...objects.values()], { resourceVersion }, this.#nowMs()), [
        ...warnings,
      ]);
    }
  }
}

/** One at least: that nothing matches is answered with a revision as well. */
function inGroups<Item>(items: readonly Item[]): Item[][] {
  const count = Math.max(1, Math.ceil(items.length / AT_ONCE));
  return Array.from({ length: count }, (_, index) => items.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
}

/** `seen`: the uid of the object as it was listed. Another one of its name is not what was meant, and counts as gone. */
function deletion(
  target: ResourceTarget,
  options: Pick<DeleteOptions, 'uid' | 'resourceVersion'>,
  seen?: string,
): ObjectWrite {
  const { kind, name = '' } = target;
  return {
    key: keyOf(target),
    verb: 'delete',
    mutate: (stored) => {
      if (!stored || (seen !== undefined && seen !== stored.metadata.uid)) throw notFound(kind, name);
      if (options.uid !== undefined && options.uid !== stored.metadata.uid) {
        throw conflict(kind, name, `the uid in the precondition is not that of the object`);
      }
      if (options.resourceVersion !== undefined && options.resourceVersion !== stored.metadata.resourceVersion) {
        throw conflict(kind, name, 'the resourceVersion in the precondition is not that of the object');
      }
      const obstacle = kind.validateDelete?.(stored);
      if (obstacle !== undefined) throw conflict(kind, name, obstacle);
      return undefined;
    },
  };
}

function refuse(kind: KindDefinition, name: string): void {
  if (kind === namespaceKind && builtInNamespaces.includes(name)) {
    throw forbidden('this namespace may not be deleted', kind, name);
  }
}
