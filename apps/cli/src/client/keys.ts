import { setTimeout as pause } from 'node:timers/promises';
import type { AdminClient } from './admin-client.js';

/** What is encrypted under what, and which replica holds which key. */
export interface KeyStatus {
  readonly masterKeys: readonly {
    readonly masterKey: string;
    readonly objects: number;
    readonly log: number;
    /** Its line can go: nothing is encrypted under it, and no replica may encrypt under it any more. */
    readonly removable: boolean;
  }[];
  readonly replicas: readonly {
    readonly replica: string;
    readonly host: string;
    readonly masterKeys: readonly string[];
    /** null: not known. */
    readonly encryptsUnder: string | null;
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

/** Whether everything is under one key that all put first, and every other key is out of use. */
export function isRotated(status: KeyStatus): boolean {
  const first = firstKeyOf(status);
  const others = status.masterKeys.filter(({ masterKey }) => masterKey !== first);
  return status.reencryption.remaining === 0 && others.every(({ removable }) => removable);
}

/** Of a key that nothing is encrypted under: the replicas that keep its line from going, with the reason. */
export function usersOf(key: string, { replicas }: KeyStatus): readonly string[] {
  return replicas.flatMap(({ host, replica, masterKeys, encryptsUnder }) => {
    const name = `${host} (${replica})`;
    if (encryptsUnder === key) return [`${name} still encrypts under it`];
    // A replica of a release before says nothing.
    if (!encryptsUnder) return [`${name} may encrypt under it: it has not said which key it uses`];
    return masterKeys[0] === key ? [`the file of ${name} begins with it`] : [];
  });
}

/** The key that every replica puts first; undefined: they don't agree. */
export function firstKeyOf({ replicas }: KeyStatus): string | undefined {
  const [first, ...others] = new Set(replicas.map(({ masterKeys }) => masterKeys[0]));
  return others.length === 0 ? first : undefined;
}
