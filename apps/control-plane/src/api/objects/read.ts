import { badRequest, expired, type KindDefinition, notFound, type Scope } from '#libs/apimachinery';
import type { ListOptions, ListResult, ObjectStore } from '../../store/object-store.js';
import { answer, type Answer, type Call } from '../request/call.js';
import { integerOf, resourceVersionOf } from '../request/query.js';
import { listForm, objectForm, wantsStoredForm } from './form.js';
import { listText } from './list-text.js';
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
    const { kind, scope } = target;
    const selection = selectionOf(query);
    const part = { limit: integerOf(query, 'limit') || undefined, continue: query.get('continue') || undefined };
    if (selection.all && wantsStoredForm(call, kind)) {
      const page = await this.store.listText(kind, { ...part, ...within(scope) });
      checkNotOlderThan(query, page.revision);
      const pieces = listText(kind, metadataOf(page), page.items);
      return { ...answer(200, undefined), pieces, contentType: 'application/json' };
    }
    const page = await this.page(kind, scope, selection, part);
    checkNotOlderThan(query, page.revision);
    return answer(200, listForm(call, kind, page.items, metadataOf(page), this.nowMs()));
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
      ...within(scope),
      ...(!all && { matches }),
    });
  }
}

const within = (scope: Scope): Pick<ListOptions, 'namespace'> =>
  scope.type === 'Namespace' ? { namespace: scope.namespace } : {};

const metadataOf = ({ revision, continue: next, remaining }: ListResult<unknown>): Record<string, unknown> => ({
  resourceVersion: String(revision),
  ...(next !== undefined && { continue: next }),
  ...(remaining !== undefined && { remainingItemCount: remaining }),
});

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
