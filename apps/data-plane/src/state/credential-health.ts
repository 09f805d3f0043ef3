import type { ErrorClass } from '#libs/inference';
import {
  type Cooldown,
  cooldownAfter,
  cooldownOver,
  DueQueue,
  isAboutModel,
  type KeyIndex,
  notCooling,
  unresolved,
} from '#libs/routing';
import type { BackendEntry, KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { CredentialSource, ResolvedCredential } from '../credentials/credential-source.js';
import { CredentialState } from './credential-state.js';
import type { KeyEvent, StateListener } from './events.js';
import { IdentityMap } from './identity-map.js';

/** A credential that is out is looked up again this often, besides at every swap: a new value ends its pause. */
export const RECHECK_MS = 1_000;

/** What an attempt with a key came to. */
export interface KeyNews {
  /** The version that the attempt used. */
  readonly version: string;
  /** undefined: it went well. */
  readonly errorClass: ErrorClass | undefined;
  /** The provider's own code; empty: none. */
  readonly code: string;
  /** Of what the provider said it; absent: as the class has it. */
  readonly about?: 'Model' | 'Key';
  readonly retryAfterMs: number | undefined;
  readonly nowMs: number;
}

/** What a person has ended. */
export interface EndedRest {
  /** Of the longest pause; 0: there was none. */
  readonly untilMs: number;
  /** Or would have been, once its pause was over. */
  readonly wasOnTrial: boolean;
}

type Back = Extract<KeyEvent, { type: 'KeyBack' }>['by'];

/** Which credentials may be used when: their pauses, kept by version, and said to every index that offers them. */
export class CredentialHealth {
  readonly byId = new IdentityMap(
    (id) => new CredentialState(id),
    (state) => this.drop(state),
  );
  /** Out until their time is over or their value changes. */
  private readonly paused = new Set<CredentialState>();
  /** What time brings back; an entry whose pause was replaced since is passed over. */
  private readonly due = new DueQueue<{ readonly state: CredentialState; readonly model: string | undefined }>();
  private readonly source: CredentialSource;
  private readonly listener: StateListener;
  private readonly onBack: (pool: string) => void;

  /** `onBack`: a key of this pool is available again, and not because its time was over. */
  constructor(source: CredentialSource, listener: StateListener, onBack: (pool: string) => void) {
    this.source = source;
    this.listener = listener;
    this.onBack = onBack;
  }

  watch(index: KeyIndex, entry: BackendEntry, pool: KeyPoolEntry): void {
    const seen = new Set<string>();
    for (const { credential, name } of pool.keys) {
      if (seen.has(credential)) continue;
      seen.add(credential);
      this.byId.get(credential).watch({ index, model: entry.model, pool: entry.keyPool }, name);
    }
  }

  unwatch(index: KeyIndex, pool: KeyPoolEntry): void {
    for (const key of pool.keys) this.byId.get(key.credential).unwatch(index);
  }

  /** Keys whose pause is over are offered again. */
  advance(nowMs: number): void {
    while (this.due.earliestMs <= nowMs) {
      const { earliest, earliestMs } = this.due;
      this.due.pop();
      if (earliest === undefined) return;
      const { state, model } = earliest;
      const cooldown = state.cooldown(model);
      if (cooldown.untilMs !== earliestMs) continue;
      this.set(state, model, cooldownOver(cooldown));
      this.listener({ type: 'KeyBack', key: state.identity(model), cause: cooldown.cause, by: 'Time' });
    }
  }

  /** The value to use now. undefined: there is none, and the key isn't offered again before there is one. */
  resolve(key: PoolKey): ResolvedCredential | undefined {
    const state = this.byId.get(key.credential);
    const resolved = this.source.resolve(key.credential);
    if (resolved?.version !== state.version) this.turnTo(state, resolved?.version);
    if (resolved === undefined && state.all !== unresolved) {
      this.set(state, undefined, unresolved);
      this.listener({
        type: 'KeyRests',
        key: state.identity(undefined),
        cause: 'Unresolved',
        code: '',
        untilMs: Infinity,
      });
    }
    return resolved;
  }

  /** An attempt begins. True: it is the trial of a key whose quota was used up, and no other one gets the key meanwhile. */
  begins(key: PoolKey): boolean {
    const state = this.byId.get(key.credential);
    if (!state.isOnTrial) return false;
    state.setProbing(true);
    return true;
  }

  /** The attempt that `begins` called a trial is over, or known to succeed. */
  trialEnds(key: PoolKey, version: string): void {
    const state = this.byId.get(key.credential);
    // Another value has been free from the start.
    if (state.version === version) state.setProbing(false);
  }

  /** An attempt ended, or is known to succeed. A result of a version that is no longer used changes nothing. */
  heard({ entry, pool }: { entry: BackendEntry; pool: KeyPoolEntry }, key: PoolKey, news: KeyNews): void {
    const state = this.byId.get(key.credential);
    if (state.version !== news.version) return;
    const { errorClass, code, nowMs } = news;
    if (errorClass === undefined) {
      this.change(state, undefined, pool, news);
      this.change(state, entry.model, pool, news);
      return;
    }
    const isModel = news.about === undefined ? isAboutModel(errorClass) : news.about === 'Model';
    const model = isModel ? entry.model : undefined;
    const before = state.cooldown(model);
    const after = this.change(state, model, pool, news);
    if (after === before || after.untilMs <= nowMs) return;
    // Requests that were under way together are one piece of news.
    if (before.untilMs > nowMs && before.cause === after.cause) return;
    const identity = { ...state.identity(model), pool: entry.keyPool, name: key.name };
    this.listener({ type: 'KeyRests', key: identity, cause: after.cause, code, untilMs: after.untilMs });
  }

  /** Puts back what has a new value, one key a step. Called at each swap, and every RECHECK_MS while `hasPaused`. */
  *recheck(nowMs: number): IterableIterator<void> {
    this.advance(nowMs);
    for (const state of this.paused) {
      const version = this.source.resolve(state.id)?.version;
      if (version !== state.version && version !== undefined) this.turnTo(state, version);
      yield;
    }
  }

  get hasPaused(): boolean {
    return this.paused.size > 0;
  }

  /** By a person: each of its pauses is over, and its trial. Returns what there was to end. */
  reset(state: CredentialState): EndedRest {
    let untilMs = 0;
    for (const [, pause] of state.pauses()) untilMs = Math.max(untilMs, pause.untilMs);
    const wasOnTrial = state.all.onTrial;
    this.free(state, 'Operator');
    return { untilMs, wasOnTrial };
  }

  /** A credential in the same state, for imagining. */
  adopt(state: CredentialState): void {
    const copy = this.byId.get(state.id);
    copy.takeFrom(state);
    for (const [model, { untilMs }] of state.pauses()) {
      if (untilMs !== Infinity) this.due.push(untilMs, { state: copy, model });
    }
    if (copy.isPaused) this.paused.add(copy);
  }

  /** No table names it any more: neither time nor a new value brings it back. */
  private drop(state: CredentialState): void {
    state.clear();
    this.paused.delete(state);
  }

  private turnTo(state: CredentialState, version: string | undefined): void {
    state.version = version;
    if (version === undefined) state.clear();
    else this.free(state, 'Rotation');
  }

  private free(state: CredentialState, by: Back): void {
    const rests = Array.from(state.rests());
    state.setProbing(false);
    state.clear();
    this.paused.delete(state);
    if (rests.length === 0) return;
    for (const [model, { cause }] of rests) {
      this.listener({ type: 'KeyBack', key: state.identity(model), cause, by });
    }
    for (const pool of state.pools()) this.onBack(pool);
  }

  private change(state: CredentialState, model: string | undefined, pool: KeyPoolEntry, news: KeyNews): Cooldown {
    const before = state.cooldown(model);
    const after = cooldownAfter(before, pool.cooldown, news);
    if (after === before) return after;
    this.set(state, model, after);
    if (after === notCooling && before.onTrial) {
      this.listener({ type: 'KeyBack', key: state.identity(model), cause: before.cause, by: 'Success' });
    }
    return after;
  }

  private set(state: CredentialState, model: string | undefined, cooldown: Cooldown): void {
    state.setCooldown(model, cooldown);
    const { untilMs } = cooldown;
    if (untilMs > 0 && untilMs !== Infinity) this.due.push(untilMs, { state, model });
    if (state.isPaused) this.paused.add(state);
    else this.paused.delete(state);
  }
}
