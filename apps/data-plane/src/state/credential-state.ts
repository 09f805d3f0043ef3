import { type Cooldown, type KeyIndex, notCooling } from '#libs/routing';
import type { KeyIdentity } from './events.js';

/** An index that offers the credential. */
export interface CredentialWatcher {
  readonly index: KeyIndex;
  readonly model: string;
  readonly pool: string;
}

/** One credential's pauses: one for all models, and one for each that the provider has said something of. */
export class CredentialState {
  readonly id: string;
  /** The version that the pauses belong to; undefined: none could be resolved. */
  version: string | undefined = undefined;
  private forAll: Cooldown = notCooling;
  private readonly byModel = new Map<string, Cooldown>();
  private readonly watchers = new Map<KeyIndex, CredentialWatcher>();
  private probing = false;
  private pool = '';
  private name = '';

  constructor(id: string) {
    this.id = id;
  }

  get all(): Cooldown {
    return this.forAll;
  }

  get isPaused(): boolean {
    if (this.forAll.untilMs > 0) return true;
    for (const { untilMs } of this.byModel.values()) if (untilMs > 0) return true;
    return false;
  }

  /** Those that run, by model; undefined: all models. */
  *pauses(): IterableIterator<readonly [string | undefined, Cooldown]> {
    if (this.forAll.untilMs > 0) yield [undefined, this.forAll];
    for (const [model, cooldown] of this.byModel) if (cooldown.untilMs > 0) yield [model, cooldown];
  }

  /** Why it isn't free, by model: the pauses that run, and its trial after one. */
  *rests(): IterableIterator<readonly [string | undefined, Cooldown]> {
    yield* this.pauses();
    if (this.isOnTrial) yield [undefined, this.forAll];
  }

  /** Its quota was used up, the pause for that is over, and nothing has shown that there is one again. */
  get isOnTrial(): boolean {
    return this.forAll.onTrial && this.forAll.untilMs === 0;
  }

  pools(): ReadonlySet<string> {
    return new Set(Array.from(this.watchers.values(), ({ pool }) => pool));
  }

  identity(model: string | undefined): KeyIdentity {
    const { id: credential, pool, name } = this;
    return model === undefined ? { credential, pool, name } : { credential, pool, name, model };
  }

  cooldown(model: string | undefined): Cooldown {
    return model === undefined ? this.forAll : (this.byModel.get(model) ?? notCooling);
  }

  watch(watcher: CredentialWatcher, name: string): void {
    this.watchers.set(watcher.index, watcher);
    this.pool = watcher.pool;
    this.name = name;
    this.say(watcher);
    if (this.probing) watcher.index.probe(this.id, true);
  }

  unwatch(index: KeyIndex): void {
    this.watchers.delete(index);
  }

  setCooldown(model: string | undefined, cooldown: Cooldown): void {
    if (model === undefined) this.forAll = cooldown;
    else if (cooldown === notCooling) this.byModel.delete(model);
    else this.byModel.set(model, cooldown);
    for (const watcher of this.watchers.values()) {
      if (model === undefined || watcher.model === model) this.say(watcher);
    }
  }

  setProbing(probing: boolean): void {
    if (this.probing === probing) return;
    this.probing = probing;
    for (const { index } of this.watchers.values()) index.probe(this.id, probing);
  }

  clear(): void {
    this.forAll = notCooling;
    this.byModel.clear();
    for (const watcher of this.watchers.values()) this.say(watcher);
  }

  takeFrom(other: CredentialState): void {
    this.version = other.version;
    this.forAll = other.forAll;
    for (const [model, cooldown] of other.byModel) this.byModel.set(model, cooldown);
    this.probing = other.probing;
    this.pool = other.pool;
    this.name = other.name;
  }

  private say({ index, model }: CredentialWatcher): void {
    const ofModel = this.cooldown(model);
    const { untilMs, cause } = ofModel.untilMs > this.forAll.untilMs ? ofModel : this.forAll;
    index.rest(this.id, untilMs, cause);
  }
}
