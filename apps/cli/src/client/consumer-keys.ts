import type { ApiObject } from '#libs/apimachinery';
import { CliError, exitCodes } from '../cli-error.js';
import type { AdminClient } from './admin-client.js';
import { findKind, resourcePath } from './resource-path.js';
import { ServerError } from './server-error.js';

/** A Consumer's key as its spec has it: the digest stands for the key. */
export interface KeyEntry {
  readonly name: string;
  readonly sha256: string;
}

export interface ConsumerName {
  readonly namespace: string;
  readonly name: string;
}

export interface KeyChange {
  readonly entry: KeyEntry;
  /** Whether a key of that name may be replaced; its holders are locked out then. */
  readonly replace: boolean;
}

/** How often a key is put in again when somebody else, or the control plane's status, was first. */
const MAX_TRIES = 5;

/** The Consumer with the key in it, to be applied: all that it has, without what the server writes itself. */
export async function consumerWithKey(client: AdminClient, consumer: ConsumerName, change: KeyChange): Promise<object> {
  const stored = await readConsumer(client, consumer);
  if (!stored) return newConsumer(consumer, change.entry);
  const { labels, annotations } = stored.metadata;
  const kept = Object.fromEntries(Object.entries(annotations ?? {}).filter(([name]) => name !== lastApplied));
  return {
    apiVersion: stored.apiVersion,
    kind: stored.kind,
    metadata: {
      name: consumer.name,
      namespace: consumer.namespace,
      ...(labels && { labels }),
      ...(Object.keys(kept).length > 0 && { annotations: kept }),
    },
    spec: { ...stored.spec, keys: withKey(stored, change) },
  };
}

/**
 * Adds a key to a Consumer, which is created if absent. With the resourceVersion that was read, so that two who add a key at
 * once can't lose one: the second reads again.
 */
export async function putConsumerKey(client: AdminClient, consumer: ConsumerName, change: KeyChange): Promise<void> {
  const kind = findKind('Consumer');
  for (let tries = 1; ; tries++) {
    const stored = await readConsumer(client, consumer);
    try {
      if (!stored) {
        const body = JSON.stringify(newConsumer(consumer, change.entry));
        await client.json({ method: 'POST', path: resourcePath(kind, consumer.namespace), body });
        return;
      }
      const { resourceVersion } = stored.metadata;
      await client.json({
        method: 'PATCH',
        path: resourcePath(kind, consumer.namespace, consumer.name),
        contentType: 'application/merge-patch+json',
        body: JSON.stringify({ metadata: { resourceVersion }, spec: { keys: withKey(stored, change) } }),
      });
      return;
    } catch (error) {
      if (!(error instanceof ServerError) || error.statusCode !== 409 || tries === MAX_TRIES) throw error;
    }
  }
}

export function newConsumer({ namespace, name }: ConsumerName, entry: KeyEntry): object {
  return { apiVersion: 'signalbox.dev/v1', kind: 'Consumer', metadata: { name, namespace }, spec: { keys: [entry] } };
}

/** kubectl repeats the manifest there that it applied; it would bring back what has changed since. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function withKey(stored: ApiObject, { entry, replace }: KeyChange): readonly KeyEntry[] {
  const keys = (stored.spec?.['keys'] ?? []) as readonly KeyEntry[];
  const place = keys.findIndex(({ name }) => name === entry.name);
  if (place < 0) return [...keys, entry];
  if (replace) return keys.with(place, entry);
  throw new CliError(`Consumer ${stored.metadata.name} has a key "${entry.name}" already.`, {
    exitCode: exitCodes.conflict,
    hints: [
      'Name the new one: --key-name next. Both work until the old one is removed.',
      '--replace takes the place of the old one, which is refused from then on.',
    ],
  });
}

async function readConsumer(client: AdminClient, { namespace, name }: ConsumerName): Promise<ApiObject | undefined> {
  try {
    return await client.json<ApiObject>({ path: resourcePath(findKind('Consumer'), namespace, name) });
  } catch (error) {
    if (error instanceof ServerError && error.statusCode === 404) return undefined;
    throw error;
  }
}
