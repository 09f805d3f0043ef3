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
import type { ObjectWriter } from './object-writer.js';
import type { Reader } from '../objects/read.js';
import { keyOf, type ResourceTarget } from '../objects/resource-target.js';
import { selectionOf } from '../objects/selection.js';

/** Lists again this often when objects of a collection vanish between the list and the transaction. */
const MAX_TRIES = 5;

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

  /** One transaction: either all that match are deleted or none. Answers the list of them. */
  async deleteCollection(call: Call, target: ResourceTarget): Promise<Answer> {
    const { kind } = target;
    if (kind.readOnly) throw forbidden(`${kind.kind} objects are deleted one by one`, kind);
    const options = deleteOptionsOf(call);
    const selection = selectionOf(call.query);
    for (let tries = 1; ; tries++) {
      const { items } = await this.#reader.page(kind, target.scope, selection);
      for (const object of items) refuse(target.kind, object.metadata.name);
      const writes = items.map(({ metadata: { name, namespace = '', uid } }) =>
        deletion({ kind, name, scope: objectScope(kind, namespace) }, options, uid),
      );
      try {
        const { results, revision, warnings } = await this.#objects.commit(call, writes, {
          needs: ['deletecollection'],
          dryRun: options.dryRun,
        });
        const objects = results.map(({ object }) => object);
        const list = listForm(call, kind, objects, { resourceVersion: String(revision) }, this.#nowMs());
        return answer(200, list, [...new Set(warnings.flat())]);
      } catch (error) {
        if (!isNotFound(error) || tries === MAX_TRIES) throw error;
      }
    }
  }
}

/** `seen`: the uid of the object as it was listed. Another one of its name is not what was meant, and counts as gone. */
function deletion(target: ResourceTarget, options: DeleteOptions, seen?: string): ObjectWrite {
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
