import { TableDigest } from '#libs/routing-table';
import type { Report } from '../concerns/concern.js';
import { LayeredGroups } from './layered-groups.js';
import { LayeredMap } from './layered-map.js';

/** A concern and a key, as one string (see `unitOf`). */
export type Unit = string;
/** A space and a key, as one string (see `addressOf`). */
export type Address = string;

/** What a unit said when it ran last and what it looked at: what goes, and when it runs, the next time. */
export interface Trace {
  readonly looked: readonly Address[];
  readonly facts: readonly Address[];
  readonly claims: readonly Address[];
  /** Ids of entries. */
  readonly entries: readonly string[];
  readonly report?: string;
}

/** The report on an object, and who gave it. */
export interface KeptReport extends Pick<Report, 'kind' | 'generation' | 'findings'> {
  readonly by: Unit;
}

/**
 * What an incremental compile remembers. An edit works on a fork of it: kept, the fork is merged into what it stands on;
 * thrown away, it leaves no trace.
 */
export class Memory {
  readonly facts: LayeredMap<unknown>;
  /** Values by claimant. */
  readonly claims: LayeredGroups<unknown>;
  /** Who looked at an address. */
  readonly readers: LayeredGroups<true>;
  readonly traces: LayeredMap<Trace>;
  /** By object id. */
  readonly reports: LayeredMap<KeptReport>;
  /** The facts that objects are known as, by the caller's key. */
  readonly objects: LayeredMap<Address>;
  digest: TableDigest;

  constructor(readonly below?: Memory) {
    this.facts = new LayeredMap(below?.facts);
    this.claims = new LayeredGroups(below?.claims);
    this.readers = new LayeredGroups(below?.readers);
    this.traces = new LayeredMap(below?.traces);
    this.reports = new LayeredMap(below?.reports);
    this.objects = new LayeredMap(below?.objects);
    this.digest = below?.digest ?? TableDigest.empty();
  }

  merge(): void {
    this.facts.merge();
    this.claims.merge();
    this.readers.merge();
    this.traces.merge();
    this.reports.merge();
    this.objects.merge();
    this.below!.digest = this.digest;
  }
}

export function addressOf(space: string, key: string): Address {
  return `${space} ${key}`;
}

/** `index`: of the concern. */
export function unitOf(index: number, key: string): Unit {
  return `${index} ${key}`;
}

/** The inverse of both: what stands before the first space, and the key after it. */
export function partsOf(text: string): readonly [head: string, key: string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}
