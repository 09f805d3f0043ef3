import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiObject } from '#libs/apimachinery';
import type { AdminClient } from './admin-client.js';
import { resourcePath } from './resource-path.js';
import type { ObjectReference } from './resource-path.js';
import { ServerError } from './server-error.js';

/** A watch that ends (a restarted server, a cut connection) is opened again after this long. */
const REOPEN_MS = 500;

/** An object that the server has marked, and that goes once nothing holds it. */
export interface Going {
  readonly reference: ObjectReference;
  /** Of the one that was deleted: another of its name is none of ours. */
  readonly uid: string;
}

/** Resolves once it is gone, or at `signal`: with the object as it was last seen then. Throws what the server refuses. */
export async function waitGone(
  client: AdminClient,
  { reference, uid }: Going,
  signal: AbortSignal,
): Promise<ApiObject | undefined> {
  const path = resourcePath(reference.kind, reference.namespace, reference.name);
  let last: ApiObject | undefined;
  for (;;) {
    try {
      const object = await client.json<ApiObject>({ path, signal });
      if (object.metadata.uid !== uid) return undefined;
      last = object;
      const { resourceVersion } = object.metadata;
      for await (const line of await client.lines({ path, query: { watch: 'true', resourceVersion }, signal })) {
        const event = JSON.parse(line) as { readonly type: string; readonly object: ApiObject };
        if (event.type === 'ERROR') break;
        if (event.type === 'DELETED') return undefined;
        last = event.object;
      }
    } catch (error) {
      if (error instanceof ServerError) {
        if (error.statusCode === 404) return undefined;
        if (error.statusCode < 500) throw error;
      }
      // A cut: what still holds it is answered when the time is over.
    }
    await sleep(REOPEN_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return last ?? { apiVersion: '', kind: '', metadata: { name: reference.name } };
  }
}
