import type { MasterKeyFile } from '../encryption/master-key-file.js';
import type { ObjectStore } from '../store/object-store.js';
import type { EncryptedRows, KeyUse } from './encrypted-rows.js';
import { requestedMasterKey } from './reencryption-request.js';
import type { ReplicaKeyReport, ReplicaKeys } from './replica-keys.js';

/** What is encrypted under what, and who holds which key: ids and counts, nothing secret. */
export interface KeyStatus {
  /** Every key that is in use or that a replica holds. */
  readonly masterKeys: readonly KeyUse[];
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
    const [uses, reports, masterKey] = await Promise.all([rows.uses(), replicas.reports(), requestedMasterKey(store)]);
    const used = new Set(uses.map((use) => use.masterKey));
    const idle = [...new Set(reports.flatMap((report) => report.masterKeys))].filter((id) => !used.has(id));
    const remaining = uses
      .filter((use) => use.masterKey !== keys.firstId)
      .reduce((sum, use) => sum + use.objects + use.log, 0);
    return {
      masterKeys: [...uses, ...idle.map((id) => ({ masterKey: id, objects: 0, log: 0 }))],
      replicas: reports,
      reencryption: { masterKey: masterKey ?? null, remaining },
    };
  }
}
