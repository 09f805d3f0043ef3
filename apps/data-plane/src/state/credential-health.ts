import type { ErrorClass } from '#libs/inference';
import { type Cooldown, cooldownAfter, type KeyIndex, notCooling } from '#libs/routing';
import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { CredentialSource, ResolvedCredential } from '../credentials/credential-source.js';
import { IdentityMap } from './identity-map.js';

/** A credential that is out is looked up again this often, beside at every swap: a new value ends its pause. */
export const RECHECK_MS = 1_000;

/** One credential's pause. */
class CredentialState {
  readonly id: string;
  /** The version that `cooldown` belongs to; undefined: none could be resolved. */
  version: string | undefined = undefined;
  cooldown: Cooldown = notCooling;
  readonly watchers = new Set<KeyIndex>();

  constructor(id: string) {
    this.id = id;
  }
}

export interface CredentialAlert {
  /** Id of the credential; its value is nowhere. */
  readonly credential: string;
  readonly pool: string;
  readonly key: string;
}

/** Which credentials may be used when: their cooldowns, kept by version, and told to every index that offers them. */
export class CredentialHealth {
  readonly byId = new IdentityMap((id) => new CredentialState(id));
  /** Out until their time is over or their value changes. */
  private readonly paused = new Set<CredentialState>();
  private readonly source: CredentialSource;
  private readonly onRefused: (alert: CredentialAlert) => void;

  constructor(source: CredentialSource, onRefused: (alert: CredentialAlert) => void) {
    this.source = source;
    this.onRefused = onRefused;
  }

  watch(index: KeyIndex, pool: KeyPoolEntry): void {
    for (const key of pool.keys) {
      const state = this.byId.get(key.credential);
      state.watchers.add(index);
      if (state.cooldown.untilMs > 0) index.cool(state.id, state.cooldown.untilMs);
    }
  }

  unwatch(index: KeyIndex, pool: KeyPoolEntry): void {
    for (const key of pool.keys) this.byId.get(key.credential).watchers.delete(index);
  }

  /** The value to use now. undefined: there is none, and the key isn't offered again before there is one. */
  resolve(key: PoolKey): ResolvedCredential | undefined {
    const state = this.byId.get(key.credential);
    const resolved = this.source.resolve(key.credential);
    if (resolved?.version !== state.version) this.turnTo(state, resolved?.version);
    if (resolved === undefined) this.set(state, { untilMs: Infinity, rateLimits: 0 });
    return resolved;
  }

  /** An attempt ended; `errorClass` undefined: well. A result of a version that is no longer used changes nothing. */
  ended(
    pool: KeyPoolEntry,
    key: PoolKey,
    version: string,
    errorClass: ErrorClass | undefined,
    retryAfterMs: number | undefined,
    nowMs: number,
  ): void {
    const state = this.byId.get(key.credential);
    if (state.version !== version) return;
    const next = cooldownAfter(state.cooldown, pool.cooldown, errorClass, retryAfterMs, nowMs);
    if (next === state.cooldown) return;
    const refusedAnew = errorClass === 'Auth' && next.untilMs > nowMs && state.cooldown.untilMs <= nowMs;
    this.set(state, next);
    if (refusedAnew) {
      this.onRefused({ credential: key.credential, pool: `${pool.namespace}/${pool.name}`, key: key.name });
    }
  }

  /** By a person: its pause is over. Returns until when it was; undefined: nothing is known of this credential. */
  reset(id: string): number | undefined {
    const state = this.byId.find(id);
    if (state === undefined) return undefined;
    const { untilMs } = state.cooldown;
    this.set(state, notCooling);
    return untilMs;
  }

  /** Puts back what has a new value. Called at each swap, and every RECHECK_MS while `hasPaused`. */
  recheck(nowMs: number): void {
    for (const state of this.paused) {
      if (state.cooldown.untilMs <= nowMs) {
        this.paused.delete(state);
        continue;
      }
      const version = this.source.resolve(state.id)?.version;
      if (version !== state.version && version !== undefined) this.turnTo(state, version);
    }
  }

  get hasPaused(): boolean {
    return this.paused.size > 0;
  }

  private turnTo(state: CredentialState, version: string | undefined): void {
    state.version = version;
    this.set(state, notCooling);
  }

  private set(state: CredentialState, cooldown: Cooldown): void {
    const moved = cooldown.untilMs !== state.cooldown.untilMs;
    state.cooldown = cooldown;
    if (cooldown.untilMs > 0) this.paused.add(state);
    else this.paused.delete(state);
    if (moved) for (const index of state.watchers) index.cool(state.id, cooldown.untilMs);
  }
}
