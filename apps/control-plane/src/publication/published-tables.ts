import { BucketedMap, RoutingTable, tableDelta, type CredentialEntry, type TableDelta } from '#libs/routing-table';
import type { SecretValue } from '../cache/secret-values.js';
import type { CompileResult } from '../compile/compile-messages.js';

/** One version as it is published: the table, and the values of the credentials that it names, by id. */
export interface PublishedTable {
  readonly table: RoutingTable;
  readonly secrets: BucketedMap<SecretValue>;
}

/** Bounds of what is kept for data planes that come back after a short while: versions, and bytes of their changes. */
const MOST_RECENT = 64;
const MOST_RECENT_BYTES = 32 * 1024 * 1024;

/**
 * The tables that may be needed, by version: the newest, a few before it, and each that some session holds because its
 * data plane serves it. They share what they have in common. From each of them a delta leads to the newest.
 */
export class PublishedTables {
  private newest: PublishedTable | undefined;
  private readonly held = new Map<string, { readonly published: PublishedTable; holders: number }>();
  /** Held by nobody else, perhaps; in the order in which they were published. */
  private readonly recent: { readonly version: string; readonly bytes: number }[] = [];
  private recentBytes = 0;
  /** Many data planes take the same step. */
  private readonly deltas = new Map<string, TableDelta>();

  constructor(private readonly secretValue: (id: string) => SecretValue | undefined) {}

  /** The version that a data plane shall serve: the newest, for all alike. undefined: nothing has been compiled yet. */
  assigned(): PublishedTable | undefined {
    return this.newest;
  }

  advance(revision: number, result: CompileResult): void {
    const { newest } = this;
    const base = newest?.table ?? RoutingTable.empty();
    if (newest?.table.version === result.version && !result.reset) {
      this.newest = { ...newest, table: base.at(revision) };
      return;
    }
    const table = base.next({ ...result, revision });
    this.newest = { table, secrets: this.secretsOf(newest?.secrets, table, result) };
    this.deltas.clear();
    this.remember(
      this.newest,
      result.upserts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    );
  }

  /** Keeps that version until it is released as often as it was held. undefined: it isn't here any more, or never was. */
  hold(version: string): PublishedTable | undefined {
    const entry = this.held.get(version);
    if (entry) entry.holders++;
    return entry?.published;
  }

  release(version: string): void {
    const entry = this.held.get(version);
    if (entry && --entry.holders === 0) this.held.delete(version);
  }

  /** What leads from that version to the assigned one; undefined: too long ago, or never ours. */
  delta(baseVersion: string): TableDelta | undefined {
    const base = this.held.get(baseVersion)?.published.table;
    if (!base || !this.newest) return undefined;
    const delta = this.deltas.get(baseVersion) ?? tableDelta(base, this.newest.table);
    this.deltas.set(baseVersion, delta);
    return delta;
  }

  private remember(published: PublishedTable, bytes: number): void {
    const { version } = published.table;
    const holders = this.held.get(version)?.holders ?? 0;
    this.held.set(version, { published, holders: holders + 1 });
    this.recent.push({ version, bytes });
    this.recentBytes += bytes;
    while (this.recent.length > 1 && (this.recent.length > MOST_RECENT || this.recentBytes > MOST_RECENT_BYTES)) {
      const oldest = this.recent.shift()!;
      this.recentBytes -= oldest.bytes;
      this.release(oldest.version);
    }
  }

  /** Taken now: when a data plane asks, the Secret may have moved on to a version that no table names yet. */
  private secretsOf(
    before: BucketedMap<SecretValue> | undefined,
    table: RoutingTable,
    { reset, upserts, removals }: Pick<CompileResult, 'reset' | 'upserts' | 'removals'>,
  ): BucketedMap<SecretValue> {
    const secrets = (before ?? BucketedMap.empty<SecretValue>()).edit();
    if (reset) {
      for (const [id] of before?.entries() ?? []) if (!table.get('Credential', id)) secrets.delete(id);
    }
    for (const { kind, key } of removals) if (kind === 'Credential') secrets.delete(key);
    for (const entry of upserts) {
      if (entry.kind !== 'Credential') continue;
      const { id, source } = JSON.parse(Buffer.from(entry.bytes).toString()) as CredentialEntry;
      const secret = source.type === 'Secret' ? this.secretValue(id) : undefined;
      if (source.type === 'Secret' && secret?.version === source.version) secrets.set(id, secret);
      else if (source.type !== 'Secret' || before?.get(id)?.version !== source.version) secrets.delete(id);
    }
    return secrets.freeze();
  }
}
