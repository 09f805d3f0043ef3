import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiObject, Condition } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { AdminClient } from './admin-client.js';
import type { AppliedObject } from './apply.js';
import { resourcePath } from './resource-path.js';
import { withDeadline } from './with-deadline.js';

/** An object that is waited for, and what is missing: in the words of its condition where it has one. */
export interface Awaited {
  readonly object: AppliedObject;
  readonly missing: string;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Ends the waiting early; what is missing then is answered as after the time. */
  readonly signal: AbortSignal;
  /** Called when an object became ready, or something else is missing. */
  readonly onChange: (pending: readonly Awaited[]) => void;
}

/** A watch that ends (a restarted server, a cut connection) is opened again after this long. */
const REOPEN_MS = 500;

/**
 * Resolves with what isn't ready once everything is or the time is over: empty is success. Watches instead of asking again
 * and again; an object is ready when the condition says so of the generation that was applied, or of a later one.
 */
export async function waitReady(
  client: AdminClient,
  objects: readonly AppliedObject[],
  { timeoutMs, signal, onChange }: WaitOptions,
): Promise<Awaited[]> {
  const pending = new Map<string, Awaited>();
  for (const object of objects.filter(hasReady)) pending.set(idOf(object), { object, missing: 'no condition yet' });
  const see = (object: ApiObject, isGone: boolean): void => {
    const id = idOf({ kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name });
    const known = pending.get(id);
    if (!known) return;
    const missing = isGone ? 'it was deleted' : missingOf(object, known.object.generation ?? 0);
    if (missing === known.missing) return;
    if (missing === undefined) pending.delete(id);
    else pending.set(id, { ...known, missing });
    onChange([...pending.values()]);
  };
  onChange([...pending.values()]);
  const collections = new Map([...pending.values()].map(({ object }) => [collectionOf(object), object]));
  await withDeadline({ timeoutMs, interrupted: signal }, (end) =>
    Promise.all(
      [...collections].map(([path, { kind }]) =>
        follow(client, { path, kind, signal: end.signal }, (object, isGone) => {
          see(object, isGone);
          if (pending.size === 0) end.abort();
        }),
      ),
    ),
  );
  return [...pending.values()];
}

/** Kinds that are compiled have the condition; Secrets and Namespaces are there once they are applied. */
function hasReady({ apiVersion, kind }: AppliedObject): boolean {
  return kindOf(apiVersion, kind)?.columns.some(({ name }) => name === 'Ready') ?? false;
}

interface Event {
  readonly type: string;
  readonly object: ApiObject;
}

/** All objects of a collection as they are, then each change, until `signal`. */
async function follow(
  client: AdminClient,
  { path, kind, signal }: { path: string; kind: string; signal: AbortSignal },
  see: (object: ApiObject, isGone: boolean) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const line of await client.lines({ path, query: { watch: 'true' }, signal })) {
        const { type, object } = JSON.parse(line) as Event;
        if (type === 'ERROR') break;
        see({ ...object, kind }, type === 'DELETED');
      }
    } catch {
      // A refusal or a cut: what is missing is answered when the time is over.
    }
    await sleep(REOPEN_MS, undefined, { signal }).catch(() => undefined);
  }
}

function missingOf({ status }: ApiObject, generation: number): string | undefined {
  const conditions = (status?.['conditions'] ?? []) as readonly Condition[];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (!ready) return 'no condition yet';
  if (ready.observedGeneration < generation) return 'this change was not looked at yet';
  return ready.status === 'True' ? undefined : `${ready.reason}: ${ready.message}`;
}

function collectionOf({ apiVersion, kind, namespace = '' }: AppliedObject): string {
  return resourcePath(kindOf(apiVersion, kind)!, namespace);
}

const idOf = ({ kind, namespace = '', name }: Pick<AppliedObject, 'kind' | 'namespace' | 'name'>): string =>
  `${kind}/${namespace}/${name}`;
