import { credentialNeeds, objectId, rollup, type CredentialSurroundings, type Fleet } from '#libs/compiler';
import { Controller, mergeConditions, type MergedConditions } from '#libs/reconcile';
import type { ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { CompileVerdicts } from '../compile/compile-verdicts.js';
import { cacheKey, type ObjectCache } from '../cache/object-cache.js';
import type { CacheChange, CacheKey, CacheUpdate } from '../cache/cache-update.js';
import { StatusWriter, type StatusWriterOptions } from './status-writer.js';

export interface StatusControllerOptions extends Omit<StatusWriterOptions, 'conditionsOf' | 'cache'> {
  readonly cache: Pick<ObjectCache, 'get' | 'entries' | 'onUpdate'>;
  readonly verdicts: CompileVerdicts;
  readonly fleet: () => Fleet;
  /** Whether the entry of a Secret can be used as a key, by credential id. */
  readonly hasSecretEntry: (credentialId: string) => boolean;
  /** RFC 3339, whole seconds. */
  readonly now: () => string;
}

/** Data planes acknowledge a table one after the other: what comes within this time is one look at all objects. */
const SWEEP_AFTER_MS = 50;
/** Objects looked at before others get their turn: a look takes one to five microseconds, and there may be 100,000. */
const SWEEP_SLICE = 500;
/** After a sweep, this many times what it took passes before the next: many data planes that go on answering cost a tenth. */
const REST_RATIO = 9;

const keyPools = kindOf('signalbox.dev/v1', 'KeyPool')!;

/** Decides which objects' conditions to look at, and what they should be. Equal conditions write nothing. */
export class StatusController {
  readonly #options: StatusControllerOptions;
  readonly #writer: StatusWriter;
  readonly #sweeper: Controller<'all'>;
  readonly #keys = new Map<string, CacheKey>();
  #restsUntilMs = -Infinity;
  readonly #surroundings: CredentialSurroundings;

  constructor(options: StatusControllerOptions) {
    const { clock, random, logger, cache } = options;
    this.#options = options;
    const { hasSecretEntry } = options;
    this.#surroundings = {
      pool: (namespace, name) => cache.get(cacheKey(keyPools, namespace, name)),
      hasSecretEntry,
    };
    this.#writer = new StatusWriter({ ...options, conditionsOf: (object) => this.#conditionsOf(object) });
    this.#sweeper = new Controller({
      reconcile: () => this.#sweep(),
      concurrency: 1,
      clock,
      delays: { baseMs: 100, maxMs: 30_000, random },
      count: () => {},
      onError: (_, error) => logger.warn({ err: error }, 'conditions not looked at; trying again'),
    });
    cache.onUpdate((update) => this.#take(update));
  }

  start(): void {
    this.#writer.start();
    this.#sweeper.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#sweeper.stop(), this.#writer.stop()]);
  }

  /** Looks at these objects (see `objectId`), whose verdicts changed. */
  review(ids: Iterable<string>): void {
    for (const id of ids) {
      const key = this.#keys.get(id);
      if (key !== undefined) this.#writer.add(key);
    }
  }

  /** Looks, soon, at every object whose conditions, as they are cached, are not what they should be. */
  reviewAll(): void {
    this.#sweeper.addAfter('all', SWEEP_AFTER_MS);
  }

  /** Someone else may have written a status, and a generation that was compiled may be the stored one only now. */
  #take({ changes }: CacheUpdate): void {
    for (const { key, object, previous } of changes) {
      if (previous && !object) this.#keys.delete(objectId(previous));
      if (!object) continue;
      this.#keys.set(objectId(object), key);
      this.#writer.add(key);
    }
    // Which keys a policy can use follows from its pools, which it doesn't share a verdict with.
    if (this.#someLackCredentials() && changes.some(changesKeys)) this.reviewAll();
  }

  async #sweep(): Promise<{ requeueAfterMs: number } | undefined> {
    const { cache, leader, clock } = this.#options;
    const startedAtMs = clock.nowMs();
    if (startedAtMs < this.#restsUntilMs) return { requeueAfterMs: this.#restsUntilMs - startedAtMs };
    let looked = 0;
    for (const [key, object] of cache.entries()) {
      if (!leader.current) return undefined;
      if (this.#conditionsOf(object)?.changed) this.#writer.add(key);
      looked += 1;
      if (looked % SWEEP_SLICE === 0) await new Promise<void>((resolve) => void clock.after(0, resolve));
    }
    const endedAtMs = clock.nowMs();
    this.#restsUntilMs = endedAtMs + REST_RATIO * (endedAtMs - startedAtMs);
    return undefined;
  }

  #conditionsOf(object: ApiObject): MergedConditions | undefined {
    const { verdicts, fleet, now } = this.#options;
    const compiled = verdicts.of(object);
    const { generation = 1 } = object.metadata;
    // The verdicts of an earlier generation were written in their time; this one's are on their way.
    if (compiled?.[0]?.observedGeneration !== generation) return undefined;
    const compiledRevision = verdicts.compiledRevision(object);
    const needs = this.#someLackCredentials() ? credentialNeeds(object, this.#surroundings) : [];
    const conditions = rollup({ compiled, compiledRevision, fleet: fleet(), needs });
    return mergeConditions(object.status?.['conditions'], conditions, { now: now(), generation });
  }

  #someLackCredentials(): boolean {
    return this.#options.fleet().connected.some(({ unresolved }) => unresolved !== undefined);
  }
}

function changesKeys({ kind, statusOnly }: CacheChange): boolean {
  return !statusOnly && (kind.sensitive === true || kind === keyPools);
}
