import {
  type ApiObject,
  cluster,
  conflict,
  forbidden,
  isNotFound,
  type KindDefinition,
  notFound,
  objectScope,
  success,
} from '#libs/apimachinery';
import type { ObjectStore, ObjectWrite, WriteResult } from '../../store/object-store.js';
import { answer, type Answer, type Call, originOf } from '../request/call.js';
import { type DeleteOptions, deleteOptionsOf } from '../request/delete-options.js';
import { listForm, objectForm } from './form.js';
import { builtInNamespaces, finishNamespace, namespaceKind } from './namespaces.js';
import type { ObjectWriter } from './object-writer.js';
import type { Reader } from './read.js';
import { keyOf, type ResourceTarget } from './resource-target.js';
import { selectionOf } from './selection.js';

/** Lists again this often when objects of a collection vanish between the list and the transaction. */
const MAX_TRIES = 5;

/** Verbs that delete: one object, or all that match. */
export class Remover {
  constructor(
    private readonly objects: ObjectWriter,
    private readonly store: ObjectStore,
    private readonly reader: Reader,
    private readonly nowMs: () => number,
  ) {}

  /** Answers a Status with the uid, or the object while finalizers hold it. */
  async delete(call: Call, target: ResourceTarget): Promise<Answer> {
    const options = deleteOptionsOf(call);
    refuse(target.kind, target.name!);
    const { results } = await this.objects.commit(call, [deletion(target, options)], {
      needs: ['delete'],
      dryRun: options.dryRun,
    });
    const { kind } = target;
    const removed = await this.finished(call, kind, results[0]!, options.dryRun);
    if (!removed.gone) return answer(200, objectForm(call, kind, removed.object, this.nowMs()));
    return answer(
      200,
      success({
        name: target.name,
        ...(kind.group && { group: kind.group }),
        kind: kind.plural,
        uid: removed.object.metadata.uid,
      }),
    );
  }

  /** One transaction: either all that match are deleted or none. Answers the list of them. */
  async deleteCollection(call: Call, target: ResourceTarget): Promise<Answer> {
    const { kind } = target;
    if (kind.readOnly) throw forbidden(`${kind.kind} objects are deleted one by one`, kind);
    const options = deleteOptionsOf(call);
    const selection = selectionOf(call.query);
    for (let tries = 1; ; tries++) {
      const { items } = await this.reader.page(kind, target.scope, selection);
      for (const object of items) refuse(target.kind, object.metadata.name);
      const writes = items.map(({ metadata: { name, namespace = '' } }) =>
        deletion({ kind, name, scope: objectScope(kind, namespace) }, options),
      );
      try {
        const { results, revision } = await this.objects.commit(call, writes, {
          needs: ['deletecollection'],
          dryRun: options.dryRun,
        });
        const objects = results.map(({ object }) => object);
        if (!options.dryRun) await this.finishNamespaces(call, kind, objects);
        return answer(200, listForm(call, kind, objects, { resourceVersion: String(revision) }, this.nowMs()));
      } catch (error) {
        if (!isNotFound(error) || tries === MAX_TRIES) throw error;
      }
    }
  }

  /** Of a namespace what is in it goes along; of the last object of a namespace that is going, the namespace does. */
  private async finishNamespaces(call: Call, kind: KindDefinition, deleted: readonly ApiObject[]): Promise<void> {
    const names = deleted.map(({ metadata }) => (kind === namespaceKind ? metadata.name : metadata.namespace));
    for (const name of new Set(names)) {
      if (name !== undefined) await finishNamespace(this.store, name, originOf(call));
    }
  }

  /** What else holds a namespace decides whether it went with its contents. */
  private async finished(
    call: Call,
    kind: KindDefinition,
    result: WriteResult,
    dryRun: boolean,
  ): Promise<{ gone: boolean; object: ApiObject }> {
    const { object, type } = result;
    const gone = type === 'DELETED';
    if (dryRun) return { gone, object };
    if (gone || kind === namespaceKind) await this.finishNamespaces(call, kind, [object]);
    if (kind !== namespaceKind) return { gone, object };
    const left = await this.store.get(keyOf({ kind, scope: cluster, name: object.metadata.name }));
    return { gone: left === undefined, object: left ?? object };
  }
}

function deletion(target: ResourceTarget, options: DeleteOptions): ObjectWrite {
  const { kind, name = '' } = target;
  return {
    key: keyOf(target),
    verb: 'delete',
    mutate: (stored) => {
      if (!stored) throw notFound(kind, name);
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
