import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '#libs/clock';
import type { CredentialEntry } from '#libs/routing-table';
import type { CheckedValue } from './acceptable-value.js';
import type { ResolvedCredential } from './credential-source.js';
import type { EnvironmentValues, FileValues } from './local-values.js';

/** A source that has not answered by then holds up no table: a file may lie on a disk that is away. */
const ANSWER_WITHIN_MS = 5_000;

/** What one credential's source said when it was asked. */
interface Reading {
  readonly entry: CredentialEntry;
  /** Rises with each question: of two answers the one to the later question counts. 0: there was no answer. */
  readonly turn: number;
  readonly found: ResolvedCredential | { readonly reason: string };
}

/** What a table's credentials were found to be, by id. */
export type Readings = ReadonlyMap<string, Reading>;

/** Credentials that this data plane reads itself: what the table names, and the allowlists admit. */
export class LocalCredentials {
  private served: Readings = new Map();
  private turns = 0;
  /** Ids whose sources owe an answer: they are not asked again before. */
  private readonly owing = new Set<string>();
  /** Keyed and of this process alone: a version may be shown, and must not help to guess a value. */
  private readonly versionKey = randomBytes(32);

  constructor(
    private readonly environment: Pick<EnvironmentValues, 'read'>,
    private readonly files: Pick<FileValues, 'read'>,
    private readonly clock: Pick<Clock, 'after'>,
  ) {}

  get(id: string): ResolvedCredential | undefined {
    const found = this.served.get(id)?.found;
    return found && 'value' in found ? found : undefined;
  }

  *unresolved(): IterableIterator<[id: string, reason: string]> {
    for (const [id, { found }] of this.served) if ('reason' in found) yield [id, found.reason];
  }

  /** For a table that is to come: nothing of it counts before `serve`. */
  async read(entries: Iterable<CredentialEntry>): Promise<Readings> {
    let isLate = (): void => {};
    const late = new Promise<'late'>((resolve) => (isLate = () => resolve('late')));
    const cancel = this.clock.after(ANSWER_WITHIN_MS, isLate);
    try {
      const readings = await Promise.all(Array.from(entries, (entry) => this.reading(entry, late)));
      return new Map(readings.map((reading) => [reading.entry.id, reading]));
    } finally {
      cancel();
    }
  }

  /** The swap: these count from now on, and no others. What was read anew meanwhile is not replaced by what is older. */
  serve(readings: Readings): void {
    this.served = new Map([...readings].map(([id, reading]) => [id, later(reading, this.served.get(id))]));
  }

  /** Asks everything that is served again: a file may have been rotated. Returns whether anything changed. */
  async reload(): Promise<boolean> {
    const readings = await this.read([...this.served.values()].map(({ entry }) => entry));
    // Another table may be served by now, so its credentials are the ones that count.
    const before = this.served;
    this.served = new Map([...before].map(([id, reading]) => [id, later(reading, readings.get(id))]));
    return [...before].some(([id, { found }]) => !isSame(found, this.served.get(id)!.found));
  }

  private async reading(entry: CredentialEntry, late: Promise<'late'>): Promise<Reading> {
    const { id, source } = entry;
    const unanswered = {
      entry,
      turn: 0,
      found: { reason: `it could not be read within ${ANSWER_WITHIN_MS / 1000} s` },
    };
    if (this.owing.has(id)) return unanswered;
    const turn = ++this.turns;
    const answer = this.ask(source);
    const checked = await Promise.race([answer, late]);
    if (checked !== 'late') return { entry, turn, found: this.found(id, checked) };
    this.owing.add(id);
    const settled = () => void this.owing.delete(id);
    answer.then(settled, settled);
    return unanswered;
  }

  private async ask(source: CredentialEntry['source']): Promise<CheckedValue> {
    switch (source.type) {
      case 'Env':
        return this.environment.read(source.name);
      case 'File':
        return this.files.read(source.path);
      case 'Secret':
        return { reason: 'its value comes from the control plane' };
    }
  }

  private found(id: string, checked: CheckedValue): Reading['found'] {
    return 'value' in checked ? { id, version: this.versionOf(checked.value), value: checked.value } : checked;
  }

  private versionOf(value: string): string {
    return createHmac('sha256', this.versionKey).update(value, 'latin1').digest('hex').slice(0, 16);
  }
}

function later(one: Reading, other: Reading | undefined): Reading {
  return other && other.turn > one.turn ? other : one;
}

function isSame(one: Reading['found'], other: Reading['found']): boolean {
  if ('value' in one) return 'value' in other && one.version === other.version;
  return 'reason' in other && one.reason === other.reason;
}
