import type { ApiObject } from '#libs/apimachinery';
import type { AdminClient } from './admin-client.js';
import { findKind, resourcePath } from './resource-path.js';
import { ServerError } from './server-error.js';

/** A Consumer's key as its spec has it: the digest stands for the key. */
export interface KeyEntry {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Adds a key to a Consumer, which is created if absent; a key of that name is replaced. With the resourceVersion that was
 * read, so that two who add a key at once can't lose one: the second gets a conflict.
 */
export async function putConsumerKey(
  client: AdminClient,
  namespace: string,
  name: string,
  entry: KeyEntry,
): Promise<void> {
  const kind = findKind('Consumer');
  const path = resourcePath(kind, namespace, name);
  const stored = await client.json<ApiObject>({ path }).catch((error: unknown) => {
    if (error instanceof ServerError && error.statusCode === 404) return undefined;
    throw error;
  });
  if (!stored) {
    const body = {
      apiVersion: 'signalbox.dev/v1',
      kind: kind.kind,
      metadata: { name, namespace },
      spec: { keys: [entry] },
    };
    await client.json({ method: 'POST', path: resourcePath(kind, namespace), body: JSON.stringify(body) });
    return;
  }
  const keys = ((stored.spec?.['keys'] ?? []) as readonly KeyEntry[]).filter((key) => key.name !== entry.name);
  const body = { metadata: { resourceVersion: stored.metadata.resourceVersion }, spec: { keys: [...keys, entry] } };
  await client.json({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: JSON.stringify(body) });
}
