import type { MasterKeyFile } from '../encryption/master-key-file.js';
import type { ObjectStore } from '../store/object-store.js';
import type { EncryptedRows, KeyUse } from './encrypted-rows.js';
import { requestedMasterKey } from './reencryption-request.js';
import type { ReplicaKeyReport, ReplicaKeys } from './replica-keys.js';

export interface MasterKeyStatus extends KeyUse {
  /** Nothing is encrypted under it, no living replica encrypts under it or may, and no file begins with it: its line can go. */
  readonly removable: boolean;
}

/** What is encrypted under what, and who holds which key: ids and counts, nothing secret. */
export interface KeyStatus {
  /** Every key that is in use or that a replica holds or encrypts under. */
  readonly masterKeys: readonly MasterKeyStatus[];
  readonly replicas: readonly ReplicaKeyReport[];
  readonly reencryption: {
    /** The master key that was asked for last; null: nobody has asked. */
    readonly masterKey: string | null;
    /** Envelopes under other keys than the first of this replica's file. */
    readonly remaining: number;
  };
}

export interface KeyStatusSources {
  readonly rows: EncryptedRows;
  readonly replicas: ReplicaKeys;
  readonly keys: MasterKeyFile;
  readonly store: Pick<ObjectStore, 'get'>;
}

export class KeyOverview {
  constructor(private readonly sources: KeyStatusSources) {}

  /** The key that this replica's file puts first. */
  get firstId(): string {
    return this.sources.keys.firstId;
  }

  /** With what each replica holds at this moment, this one included. */
  async status(): Promise<KeyStatus> {
    const { rows, replicas, keys, store } = this.sources;
    keys.refresh();
    await replicas.exchange();
    const reports = await replicas.reports();
    // Only now: what a replica wrote under a key before it reported another one is counted then.
    const [counted, masterKey] = await Promise.all([rows.uses(), requestedMasterKey(store)]);
    const used = new Set(counted.map((use) => use.masterKey));
    const held = new Set(reports.flatMap((report) => [...report.masterKeys, report.encryptsUnder ?? []].flat()));
    const idle = [...held].filter((id) => !used.has(id));
    const uses = [...counted, ...idle.map((id) => ({ masterKey: id, objects: 0, log: 0 }))];
    const remaining = uses
      .filter((use) => use.masterKey !== keys.firstId)
      .reduce((sum, use) => sum + use.objects + use.log, 0);
    return {
      masterKeys: uses.map((use) => ({ ...use, removable: isRemovable(use, reports) })),
      replicas: reports,
      reencryption: { masterKey: masterKey ?? null, remaining },
    };
  }
}

function isRemovable({ masterKey, objects, log }: KeyUse, reports: readonly ReplicaKeyReport[]): boolean {
  const isOut = ({ encryptsUnder, masterKeys }: ReplicaKeyReport): boolean =>
    encryptsUnder !== null && encryptsUnder !== masterKey && masterKeys[0] !== masterKey;
  return objects + log === 0 && reports.every(isOut);
}
