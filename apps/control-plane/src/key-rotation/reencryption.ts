import type { Clock } from '#libs/clock';
import { Controller, ReconcileError } from '#libs/reconcile';
import type { Logger } from '#libs/telemetry';
import type { MasterKeyFile } from '../encryption/master-key-file.js';
import type { LeaderElection } from '../leader/leader-election.js';
import type { ObjectStore } from '../store/object-store.js';
import type { EncryptedRows } from './encrypted-rows.js';
import { requestedMasterKey } from './reencryption-request.js';
import type { ReplicaKeys } from './replica-keys.js';

export interface ReencryptionOptions {
  readonly rows: EncryptedRows;
  readonly replicas: Pick<ReplicaKeys, 'reports'>;
  readonly keys: MasterKeyFile;
  readonly store: Pick<ObjectStore, 'get'>;
  readonly leader: Pick<LeaderElection, 'current'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** How often the leader looks for a request. */
const LOOK_EVERY_MS = 2_000;
/** How often it looks for stragglers once everything is encrypted as it was asked for: a replica may still have had the old file. */
const AGAIN_AFTER_MS = 60_000;

/** The leader encrypts everything under the master key that was asked for, in the background, as long as anything isn't. */
export class Reencryption {
  readonly #controller: Controller<'rows'>;
  #done: { readonly masterKey: string; readonly atMs: number } | undefined;

  constructor(private readonly options: ReencryptionOptions) {
    const { clock, random, logger } = options;
    this.#controller = new Controller({
      reconcile: () => this.#reconcile(),
      concurrency: 1,
      clock,
      delays: { baseMs: LOOK_EVERY_MS, maxMs: AGAIN_AFTER_MS, random },
      count: () => {},
      onError: (_, error) => logger.warn({ err: error }, 're-encryption stopped; trying again'),
    });
  }

  start(): void {
    this.#controller.start();
    this.#controller.add('rows');
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  async #reconcile(): Promise<{ requeueAfterMs: number }> {
    const { leader, store, keys, rows, replicas, clock, logger } = this.options;
    const again = { requeueAfterMs: LOOK_EVERY_MS };
    const leadership = leader.current;
    if (!leadership) return again;
    try {
      const masterKey = await requestedMasterKey(store);
      // While a replica can't read it, nothing may be encrypted under it.
      if (masterKey === undefined || masterKey !== keys.current.id) return again;
      if (this.#done?.masterKey === masterKey && clock.nowMs() - this.#done.atMs < AGAIN_AFTER_MS) return again;
      // Asked before the pass: what a replica writes under another key until it says so, the pass meets.
      const usedByAll = (await replicas.reports()).every(({ encryptsUnder }) => encryptsUnder === masterKey);
      const { rewrapped, failed, skipped } = await rows.rewrapAll(leadership.ended);
      if (rewrapped > 0) logger.info({ masterKeyId: masterKey, rows: rewrapped }, 're-encrypted');
      if (failed > 0) {
        logger.warn(
          { masterKeyId: masterKey, rows: failed },
          'rows not re-encrypted: their master key is in no line, or they were changed',
        );
      }
      // A pass that found nothing to do is the proof that nothing is left, but for what nobody can open.
      if (rewrapped === 0 && skipped === 0 && usedByAll) this.#done = { masterKey, atMs: clock.nowMs() };
      return rewrapped === 0 ? again : { requeueAfterMs: 0 };
    } catch (error) {
      throw new ReconcileError('the database could not be read or written', { cause: error });
    }
  }
}
