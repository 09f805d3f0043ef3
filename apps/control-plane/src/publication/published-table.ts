import { entryId, entryName, type CredentialEntry, type Entry, type EntryName } from '#libs/routing-table';
import type { CompileResult } from '../compile/compile-messages.js';

interface Step {
  readonly baseVersion: string;
  readonly touched: readonly string[];
}

/** Data planes that are behind by more than this get the full table. */
const KEPT_STEPS = 64;

/** The table as it was compiled last, and how it came from the versions before. */
export class PublishedTable {
  private readonly entries = new Map<string, Entry>();
  private readonly credentials = new Map<string, string>();
  private steps: Step[] = [];
  private currentVersion = '';
  private currentRevision = 0;

  /** '' before the first compile. */
  get version(): string {
    return this.currentVersion;
  }

  get revision(): number {
    return this.currentRevision;
  }

  advance(revision: number, { version, reset, upserts, removals }: Omit<CompileResult, 'bucketDigests'>): void {
    const gone = reset ? this.missing(upserts) : removals.map(({ kind, key }) => entryId(kind, key));
    for (const id of gone) {
      this.entries.delete(id);
      this.credentials.delete(id);
    }
    for (const entry of upserts) {
      const id = entryId(entry.kind, entry.key);
      this.entries.set(id, entry);
      if (entry.kind === 'Credential') this.noteCredential(id, entry);
    }
    if (this.currentVersion !== '' && this.currentVersion !== version) {
      const touched = [...gone, ...upserts.map(({ kind, key }) => entryId(kind, key))];
      this.steps = [...this.steps, { baseVersion: this.currentVersion, touched }].slice(-KEPT_STEPS);
    }
    this.currentVersion = version;
    this.currentRevision = revision;
  }

  full(): Entry[] {
    return [...this.entries.values()];
  }

  /** What leads from that version to the current one; undefined: too long ago, or never ours. */
  delta(baseVersion: string): { upserts: Entry[]; removals: EntryName[] } | undefined {
    const from = this.steps.findLastIndex((step) => step.baseVersion === baseVersion);
    if (from < 0) return undefined;
    const touched = new Set(this.steps.slice(from).flatMap((step) => step.touched));
    const upserts: Entry[] = [];
    const removals: EntryName[] = [];
    for (const id of touched) {
      const entry = this.entries.get(id);
      if (entry) upserts.push(entry);
      else removals.push(entryName(id));
    }
    return { upserts, removals };
  }

  /** Ids of the credentials that the table names and whose values come from Secrets. */
  secretCredentials(): Iterable<string> {
    return this.credentials.values();
  }

  private missing(upserts: readonly Entry[]): string[] {
    const kept = new Set(upserts.map(({ kind, key }) => entryId(kind, key)));
    return [...this.entries.keys()].filter((id) => !kept.has(id));
  }

  private noteCredential(entry: string, { bytes }: Entry): void {
    const { id, source } = JSON.parse(Buffer.from(bytes).toString()) as CredentialEntry;
    if (source.type === 'Secret') this.credentials.set(entry, id);
    else this.credentials.delete(entry);
  }
}
