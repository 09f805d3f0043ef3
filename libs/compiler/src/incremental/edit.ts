import { isDeepStrictEqual } from 'node:util';
import { type Entry, entryId, entryName, type TableDigestEditor } from '#libs/routing-table';
import { accept } from '../concerns/accept.js';
import type { Concern, Output } from '../concerns/concern.js';
import { credentialFacts } from '../concerns/credential-facts.js';
import type { FactSpace } from '../concerns/spaces.js';
import { conditionsOf } from '../conditions/conditions.js';
import type { Verdict } from '../conditions/verdict.js';
import type { CompileChanges, CompileDelta } from './changes.js';
import { RecordingLook } from './recording-look.js';
import {
  type Address,
  addressOf,
  type KeptReport,
  type Memory,
  partsOf,
  type Trace,
  type Unit,
  unitOf,
} from './memory.js';

const none: readonly string[] = [];
const nothing: Trace = { looked: none, facts: none, claims: none, entries: none };

/**
 * Takes changes into a memory and runs again what they reach, concern by concern: whoever looked at a fact or a claim that
 * is another now, and whoever such a fact or claim calls for. A unit that says the same as before goes no further.
 */
export class Edit {
  readonly #memory: Memory;
  readonly #concerns: readonly Concern[];
  readonly #callers: ReadonlyMap<string, readonly number[]>;
  /** Keys to run again, by concern. */
  readonly #due: readonly Set<string>[];
  readonly #table: TableDigestEditor;
  readonly #upserts = new Map<string, Entry>();
  readonly #removals = new Set<string>();
  /** The concern whose turn it is; -1: the inputs are being taken in. */
  #turn = -1;

  constructor(memory: Memory, concerns: readonly Concern[]) {
    this.#memory = memory;
    this.#concerns = concerns;
    this.#callers = callersOf(concerns);
    this.#due = concerns.map(() => new Set());
    this.#table = memory.digest.edit();
  }

  /** One input a step, as checking an object takes its time. */
  *take({ objects, credentials }: CompileChanges): IterableIterator<void> {
    for (const [key, object] of objects) {
      const fact = object && accept(object);
      const address = fact && addressOf(fact.space, fact.key);
      const before = this.#memory.objects.get(key);
      if (before !== undefined && before !== address) this.#state(before, undefined);
      if (fact === undefined) this.#memory.objects.delete(key);
      else {
        this.#memory.objects.set(key, address!);
        this.#state(address!, fact.value);
      }
      yield;
    }
    for (const [id, credential] of credentials) {
      const said = new Map(credential && credentialFacts(id, credential).map(({ space, value }) => [space, value]));
      const inputs: FactSpace[] = ['secret', 'secretVersion'];
      for (const space of inputs) this.#state(addressOf(space, id), said.get(space));
      yield;
    }
  }

  /** Runs what is due, one unit a step; between two of them the memory is halfway. */
  *run(): IterableIterator<void> {
    for (this.#turn = 0; this.#turn < this.#concerns.length; this.#turn++) {
      for (const key of this.#due[this.#turn]!) {
        this.#runUnit(this.#concerns[this.#turn]!, key);
        yield;
      }
    }
    this.#memory.digest = this.#table.commit();
  }

  /** What came of it, once `run` is through. */
  delta(): CompileDelta {
    const { digest, reports, below } = this.#memory;
    const conditions = new Map<string, readonly Verdict[] | undefined>();
    const conditionsFor = sharing();
    for (const id of reports.written()) {
      const now = reports.get(id);
      if (!isSame(below?.reports.get(id), now)) conditions.set(id, now && conditionsFor(now));
    }
    return {
      version: digest.version,
      bucketDigests: digest.bucketDigests,
      upserts: [...this.#upserts.values()],
      removals: [...this.#removals].map(entryName),
      conditions,
    };
  }

  #runUnit(concern: Concern, key: string): void {
    const unit = unitOf(this.#turn, key);
    const before = this.#memory.traces.get(unit) ?? nothing;
    const address = addressOf(concern.source, key);
    const look = new RecordingLook(this.#memory, address);
    const isCalledFor = this.#memory.facts.get(address) !== undefined || !this.#memory.claims.isEmpty(address);
    const output = isCalledFor ? concern.compile(key, look) : {};
    const after = this.#record(unit, output, look.looked);
    this.#retract(unit, before, after);
    if (isCalledFor) this.#memory.traces.set(unit, after);
    else this.#memory.traces.delete(unit);
  }

  #record(unit: Unit, { facts = [], claims = [], entries = [], report }: Output, looked: ReadonlySet<Address>): Trace {
    for (const address of looked) {
      if (this.#memory.readers.get(address, unit) === undefined) this.#memory.readers.set(address, unit, true);
    }
    const trace: Trace = {
      looked: listOf([...looked]),
      facts: listOf(facts.map(({ space, key, value }) => this.#state(addressOf(space, key), value))),
      claims: listOf(claims.map(({ space, key, value }) => this.#claim(addressOf(space, key), unit, value))),
      entries: listOf(entries.map((entry) => this.#put(entry))),
    };
    if (report === undefined) return trace;
    const { kind, generation, findings } = report;
    this.#memory.reports.set(report.id, { by: unit, kind, generation, findings });
    return { ...trace, report: report.id };
  }

  /** Takes back what the unit said before and doesn't say any more. */
  #retract(unit: Unit, before: Trace, after: Trace): void {
    for (const address of missing(before.looked, after.looked)) this.#memory.readers.delete(address, unit);
    for (const address of missing(before.facts, after.facts)) this.#state(address, undefined);
    for (const address of missing(before.claims, after.claims)) this.#claim(address, unit, undefined);
    for (const id of missing(before.entries, after.entries)) this.#remove(id);
    // Another unit may have spoken about the object meanwhile: what it says stays.
    const { report } = before;
    if (report === undefined || report === after.report) return;
    if (this.#memory.reports.get(report)?.by === unit) this.#memory.reports.delete(report);
  }

  /** undefined: it is no longer so. */
  #state(address: Address, value: unknown): Address {
    const { facts } = this.#memory;
    if (isDeepStrictEqual(facts.get(address), value)) return address;
    if (value === undefined) facts.delete(address);
    else facts.set(address, value);
    this.#call(address);
    return address;
  }

  #claim(address: Address, unit: Unit, value: unknown): Address {
    const { claims } = this.#memory;
    if (isDeepStrictEqual(claims.get(address, unit), value)) return address;
    if (value === undefined) claims.delete(address, unit);
    else claims.set(address, unit, value);
    this.#call(address);
    return address;
  }

  #put(entry: Entry): string {
    const id = entryId(entry.kind, entry.key);
    if (this.#table.put(entry)) this.#upserts.set(id, entry);
    return id;
  }

  #remove(id: string): void {
    this.#table.remove(entryName(id));
    this.#removals.add(id);
  }

  /** Makes everyone due whom an address concerns. */
  #call(address: Address): void {
    const [space, key] = partsOf(address);
    for (const index of this.#callers.get(space) ?? []) this.#makeDue(index, key);
    for (const [unit] of this.#memory.readers.members(address)) {
      const [index, unitKey] = partsOf(unit);
      this.#makeDue(Number(index), unitKey);
    }
  }

  #makeDue(index: number, key: string): void {
    if (index <= this.#turn) {
      const [reader, writer] = [this.#concerns[index]!, this.#concerns[this.#turn]!];
      throw new Error(`"${reader.name}" looks at what "${writer.name}" says, which has its turn after it`);
    }
    this.#due[index]!.add(key);
  }
}

/** Objects about which nothing was found share their conditions: 100,000 of them travel and are kept as a few. */
function sharing(): (report: KeptReport) => readonly Verdict[] {
  const shared = new Map<string, readonly Verdict[]>();
  return (report) => {
    if (report.findings.length > 0) return conditionsOf(report);
    const like = `${report.kind} ${report.generation}`;
    const conditions = shared.get(like) ?? conditionsOf(report);
    shared.set(like, conditions);
    return conditions;
  };
}

/** Whether the conditions are. By whom doesn't show in them, nor does every finding: equal ones are told once. */
function isSame(before: KeptReport | undefined, now: KeptReport | undefined): boolean {
  if (before?.generation !== now?.generation) return false;
  if (isDeepStrictEqual(before?.findings, now?.findings)) return true;
  return before !== undefined && now !== undefined && isDeepStrictEqual(conditionsOf(before), conditionsOf(now));
}

/** Which concerns are called for by a space. */
function callersOf(concerns: readonly Concern[]): ReadonlyMap<string, readonly number[]> {
  const callers = new Map<string, number[]>();
  concerns.forEach(({ source }, index) => callers.set(source, [...(callers.get(source) ?? []), index]));
  return callers;
}

/** Most lists are empty, and there are a million of them. */
function listOf(items: readonly string[]): readonly string[] {
  return items.length === 0 ? none : items;
}

function missing(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before.length === 0) return before;
  if (before.length === after.length && before.every((each, index) => each === after[index])) return [];
  const kept = new Set(after);
  return before.filter((each) => !kept.has(each));
}
