import { setTimeout as pause } from 'node:timers/promises';
import type { AdminClient } from './admin-client.js';

/** What is encrypted under what, and which replica holds which key. */
export interface KeyStatus {
  readonly masterKeys: readonly { readonly masterKey: string; readonly objects: number; readonly log: number }[];
  readonly replicas: readonly {
    readonly replica: string;
    readonly host: string;
    readonly masterKeys: readonly string[];
  }[];
  readonly reencryption: { readonly masterKey: string | null; readonly remaining: number };
}

const POLL_MS = 200;

export function keyStatus(client: AdminClient): Promise<KeyStatus> {
  return client.json<KeyStatus>({ path: '/keys' });
}

/** Asks that everything be encrypted under the first key of the replicas' files. A refusal names who has another one. */
export function requestReencryption(client: AdminClient): Promise<KeyStatus> {
  return client.json<KeyStatus>({ method: 'POST', path: '/keys/reencrypt' });
}

/** The first status for which `isDone`; undefined: none within `withinMs`. `onStatus` gets each one. */
export async function untilStatus(
  client: AdminClient,
  isDone: (status: KeyStatus) => boolean,
  withinMs: number,
  onStatus: (status: KeyStatus) => void = () => undefined,
): Promise<KeyStatus | undefined> {
  const endsAtMs = performance.now() + withinMs;
  for (;;) {
    const status = await keyStatus(client);
    onStatus(status);
    if (isDone(status)) return status;
    if (performance.now() >= endsAtMs) return undefined;
    await pause(POLL_MS);
  }
}

/** Keys under which something is encrypted and which no replica has: it can be neither read nor re-encrypted. */
export function lostKeysOf({ masterKeys, replicas }: KeyStatus): readonly string[] {
  const held = new Set(replicas.flatMap((replica) => replica.masterKeys));
  return masterKeys.filter((use) => use.objects + use.log > 0 && !held.has(use.masterKey)).map((use) => use.masterKey);
}

/** The key that every replica puts first; undefined: they don't agree. */
export function firstKeyOf({ replicas }: KeyStatus): string | undefined {
  const [first, ...others] = new Set(replicas.map(({ masterKeys }) => masterKeys[0]));
  return others.length === 0 ? first : undefined;
}
