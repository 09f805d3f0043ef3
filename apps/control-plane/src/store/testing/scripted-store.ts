import type { ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { Change, ChangeFeed, ObjectStore } from '../object-store.js';

/** A store and its feed as a test scripts them: objects, failures, and transactions when the test says so. */
export class ScriptedStore implements Pick<ObjectStore, 'snapshot'>, ChangeFeed {
  readonly objects = new Map<string, ApiObject>();
  revision = 0;
  snapshots = 0;
  failing = false;
  private onTransaction: (changes: readonly Change[]) => void = () => {};
  private onEnd: (error: Error) => void = () => {};

  async snapshot(): Promise<{ objects: ApiObject[]; revision: number }> {
    this.snapshots++;
    if (this.failing) throw new Error('the database is away');
    return { objects: [...this.objects.values()], revision: this.revision };
  }

  async subscribe(
    _afterRevision: number,
    onTransaction: (changes: readonly Change[]) => void,
    onEnd: (error: Error) => void,
  ): Promise<{ close(): void }> {
    this.onTransaction = onTransaction;
    this.onEnd = onEnd;
    return {
      close: () => {
        this.onTransaction = () => {};
        this.onEnd = () => {};
      },
    };
  }

  /** Commits without the feed: what a reader that was cut off missed. */
  put(object: ApiObject): ApiObject {
    this.revision++;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.objects.set(keyOf(object), stored);
    return stored;
  }

  remove(object: ApiObject): void {
    this.revision++;
    this.objects.delete(keyOf(object));
  }

  /** Commits, and lets the feed tell. */
  commit(object: ApiObject, { subresource, traceParent }: Pick<Change, 'subresource' | 'traceParent'> = {}): void {
    const previous = this.objects.get(keyOf(object));
    const stored = this.put(object);
    this.onTransaction([
      {
        revision: this.revision,
        lastRevision: this.revision,
        type: previous ? 'MODIFIED' : 'ADDED',
        kind: kindOf(object.apiVersion, object.kind)!,
        namespace: object.metadata.namespace ?? '',
        name: object.metadata.name,
        object: stored,
        previous,
        subresource,
        traceParent,
        at: 0,
      },
    ]);
  }

  /** The feed ends, as it does after a gap. */
  end(): void {
    this.onEnd(new Error('revision 1 is not available'));
  }
}

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
