import { ApiError, badRequest, conflict, forbidden, isMap, notFound, success } from '#libs/apimachinery';
import type { ApiObject, KindDefinition } from '#libs/resources';
import type { ObjectStore, ObjectWrite, WriteResult } from '../../store/object-store.js';
import { readBody } from '../request/body.js';
import { answer, type Answer, type Call, originOf } from '../request/call.js';
import { bodyFormat } from '../request/media-type.js';
import { dryRunOf } from '../request/query.js';
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
    const options = deleteOptions(call);
    refuse(target.kind, target.name!);
    const { results } = await this.objects.commit(call, [deletion(target, options)], options);
    const removed = await this.finished(call, target.kind, results[0]!, options.dryRun);
    if (!removed.gone) return answer(200, objectForm(call, target.kind, removed.object, this.nowMs()));
    const { kind } = target;
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
    const options = deleteOptions(call);
    const selection = selectionOf(call.query);
    for (let tries = 1; ; tries++) {
      const { items } = await this.reader.page(target.kind, target.namespace, selection);
      for (const object of items) refuse(target.kind, object.metadata.name);
      const writes = items.map(({ metadata: { name, namespace = '' } }) =>
        deletion({ ...target, name, namespace }, options),
      );
      try {
        const { results, revision } = await this.objects.commit(call, writes, options);
        const objects: ApiObject[] = [];
        for (const result of results)
          objects.push((await this.finished(call, target.kind, result, options.dryRun)).object);
        return answer(200, listForm(call, target.kind, objects, { resourceVersion: String(revision) }, this.nowMs()));
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 404) || tries === MAX_TRIES) throw error;
      }
    }
  }

  /** A namespace takes its contents along at once; what else holds it decides whether it is gone. */
  private async finished(
    call: Call,
    kind: KindDefinition,
    result: WriteResult,
    dryRun: boolean,
  ): Promise<{ gone: boolean; object: ApiObject }> {
    const { object } = result;
    if (kind === namespaceKind && !dryRun) {
      await finishNamespace(this.store, object.metadata.name, originOf(call));
      const left = await this.store.get(keyOf({ kind, namespace: '', name: object.metadata.name }));
      return { gone: left === undefined, object: left ?? object };
    }
    if (!dryRun && result.type === 'DELETED' && kind.namespaced) {
      await finishNamespace(this.store, object.metadata.namespace!, originOf(call));
    }
    return { gone: result.type === 'DELETED', object };
  }
}

interface DeleteOptions {
  readonly dryRun: boolean;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** From the query and from the body (meta/v1 DeleteOptions), where kubectl puts them. Propagation changes nothing here. */
function deleteOptions(call: Call): DeleteOptions {
  let dryRun = dryRunOf(call.query);
  if (call.body.length === 0) return { dryRun };
  const body = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  if (!isMap(body)) throw badRequest('the body of a DELETE must be DeleteOptions');
  if (Array.isArray(body.dryRun) && body.dryRun.length > 0) {
    if (body.dryRun.some((value) => value !== 'All')) throw badRequest('dryRun: the only value is All');
    dryRun = true;
  }
  const { uid, resourceVersion } = isMap(body.preconditions) ? body.preconditions : {};
  return {
    dryRun,
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
  };
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
      return undefined;
    },
  };
}

function refuse(kind: KindDefinition, name: string): void {
  if (kind.readOnly) throw forbidden(`${kind.kind} objects are written by the control plane only`, kind, name);
  if (kind === namespaceKind && builtInNamespaces.includes(name)) {
    throw forbidden('this namespace may not be deleted', kind, name);
  }
}
