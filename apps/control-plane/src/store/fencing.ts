import type { PoolClient } from 'pg';
import type { Leadership } from '../leader/leadership.js';
import type { CommitOptions } from './object-store.js';

/** Another replica has taken the lead, or the lease is over: the write was refused, whatever the writer still believes. */
export class LeadershipLostError extends Error {
  constructor(
    readonly epoch: number,
    /** undefined: the term had ended before the database was asked. */
    readonly currentEpoch?: number,
  ) {
    super(`leadership epoch ${epoch} has ended${currentEpoch ? `: the current epoch is ${currentEpoch}` : ''}`);
    this.name = 'LeadershipLostError';
  }
}

/** The term that a commit was given, if any: one that is absent where a term was meant is no licence to write without. */
export function termOf(options: CommitOptions): Leadership | undefined {
  if ('leadership' in options && !options.leadership) {
    throw new Error('a write of the leader was given no leadership: take the term once, before anything is awaited');
  }
  return options.leadership;
}

/**
 * The key-share lock makes a take-over, which changes the key `epoch`, wait until this transaction ends, so the epoch holds
 * up to the commit; a renewal, which doesn't change it, passes by.
 */
export async function readEpoch(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ epoch: string }>('SELECT epoch FROM leader FOR KEY SHARE');
  return Number(rows[0]?.epoch);
}

/** Throws unless the term still lasts. */
export function checkTerm({ epoch, ended }: Leadership, currentEpoch: number | undefined): void {
  if (ended.aborted) throw new LeadershipLostError(epoch);
  if (currentEpoch !== epoch) throw new LeadershipLostError(epoch, currentEpoch);
}
