import { badRequest, expired, type KindDefinition, notFound, type Scope } from '#libs/apimachinery';
import type { ListOptions, ListResult, ObjectStore } from '../../store/object-store.js';
import { answer, type Answer, type Call } from '../request/call.js';
import { integerOf, resourceVersionOf } from '../request/query.js';
import { listForm, objectForm } from './form.js';
import { keyOf, type ResourceTarget } from './resource-target.js';
import { type Selection, selectionOf } from './selection.js';

/** Verbs that read: get and list. */
export class Reader {
  constructor(
    private readonly store: ObjectStore,
    private readonly nowMs: () => number,
  ) {}

  /** `/status` shows the whole object; `/effective` shows it with every default filled in. */
  async get(call: Call, target: ResourceTarget): Promise<Answer> {
    const stored = await this.store.get(keyOf(target));
    if (!stored) throw notFound(target.kind, target.name!);
    const object = target.subresource === 'effective' ? target.kind.effective(stored) : stored;
    return answer(200, objectForm(call, target.kind, object, this.nowMs()));
  }

  async list(call: Call, target: ResourceTarget): Promise<Answer> {
    const { query } = call;
    const selection = selectionOf(query);
    const page = await this.page(target.kind, target.scope, selection, {
      limit: integerOf(query, 'limit') || undefined,
      continue: query.get('continue') || undefined,
    });
    checkNotOlderThan(query, page.revision);
    const metadata = {
      resourceVersion: String(page.revision),
      ...(page.continue !== undefined && { continue: page.continue }),
      ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
    };
    return answer(200, listForm(call, target.kind, page.items, metadata, this.nowMs()));
  }

  /** Objects that match, up to `limit` of them; all pages of one list show the same revision. */
  page(
    kind: KindDefinition,
    scope: Scope,
    { all, matches }: Selection,
    options: Pick<ListOptions, 'limit' | 'continue'> = {},
  ): Promise<ListResult> {
    return this.store.list(kind, {
      ...options,
      ...(scope.type === 'Namespace' && { namespace: scope.namespace }),
      ...(!all && { matches }),
    });
  }
}

/** Every list is at the newest revision; one that a client has seen elsewhere must not be newer than that. */
function checkNotOlderThan(query: URLSearchParams, revision: number): void {
  const match = query.get('resourceVersionMatch');
  if (match !== null && match !== '' && match !== 'NotOlderThan') {
    throw badRequest(
      'resourceVersionMatch: only NotOlderThan is served; leave resourceVersion out for the newest state',
    );
  }
  const wanted = resourceVersionOf(query);
  if (wanted !== undefined && wanted > revision) {
    throw expired(`resourceVersion ${wanted} is newer than this server's ${revision}`);
  }
}
