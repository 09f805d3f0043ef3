import { randomBytes } from 'node:crypto';
import { KindRegistry } from '#libs/apimachinery';
import { AuditKeys } from '../src/audit/audit-keys.js';
import { AuditService } from '../src/audit/audit.service.js';
import { beginKeyedChain } from '../src/audit/keyed-chain.js';
import type { Verification } from '../src/audit/verify-chain.js';
import { LogFollower, type FollowerOptions } from '../src/store/log-follower.js';
import { LogReader } from '../src/store/log-reader.js';
import { ObjectCodec } from '../src/store/object-codec.js';
import type { Change } from '../src/store/object-store.js';
import { PostgresObjectStore } from '../src/store/postgres-object-store.js';
import { MasterKeys } from '../src/encryption/master-keys.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { testKinds } from './test-kinds.js';

/** A store on a database of its own, and followers of it. */
export interface StoreFixture extends TestDatabase {
  readonly keys: MasterKeys;
  readonly auditKeys: AuditKeys;
  readonly store: PostgresObjectStore;
  /** Started; stopped with the fixture. */
  follower(options?: Partial<FollowerOptions>): Promise<LogFollower>;
  /** What the verification of the whole audit comes to. */
  verifyAudit(): Promise<Verification>;
  close(): Promise<void>;
}

/** 2026-01-02T03:04:05Z. */
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export async function createStoreFixture(): Promise<StoreFixture> {
  const database = await createTestDatabase();
  const keys = new MasterKeys([randomBytes(32)]);
  const auditKeys = new AuditKeys(randomBytes(32));
  await beginKeyedChain(database.dataSource, auditKeys);
  const followers: LogFollower[] = [];
  return {
    ...database,
    keys,
    auditKeys,
    store: new PostgresObjectStore(database.dataSource, { keys, auditKeys, nowMs: () => NOW_MS }),
    follower: async (options = {}) => {
      const follower = new LogFollower(new LogReader(new KindRegistry(testKinds), new ObjectCodec(keys)), {
        url: database.url,
        query: (sql, parameters) => database.dataSource.query(sql, [...parameters]),
        ...options,
      });
      followers.push(follower);
      await follower.start();
      return follower;
    },
    verifyAudit: async () => {
      const verification = new AuditService(database.dataSource, auditKeys).verify();
      for (;;) {
        const { done, value } = await verification.next();
        if (done) return value;
      }
    },
    close: async () => {
      await Promise.all(followers.map((follower) => follower.stop()));
      await database.drop();
    },
  };
}

/** What one subscriber was told, and how it ended. */
export class Recording {
  readonly transactions: (readonly Change[])[] = [];
  ended: Error | undefined;

  readonly onTransaction = (changes: readonly Change[]): void => void this.transactions.push(changes);
  readonly onEnd = (error: Error): void => void (this.ended = error);

  get revisions(): number[] {
    return this.transactions.flat().map((change) => change.revision);
  }
}

/** Polls a condition that another process brings about. Fails after 20 s, naming what it waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited 20 s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
