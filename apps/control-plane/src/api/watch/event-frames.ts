import { type ApiObject, apiVersionOf, type IncludeObject, type KindDefinition, toTable } from '#libs/apimachinery';
import type { Change } from '../../store/object-store.js';
import { presented } from '../objects/presented.js';
import type { WatchEvent } from './watch-filter.js';

/** How a watch wants its objects. */
export interface EventForm {
  readonly table: boolean;
  readonly includeObject: IncludeObject;
}

/** One line of JSON an event (meta/v1 WatchEvent). */
export const frame = (type: string, object: unknown): Buffer => Buffer.from(`${JSON.stringify({ type, object })}\n`);

/**
 * Serialises each change once for all watches of the same form: with hundreds of watches this is nearly all of their cost.
 * Changes are held weakly, so a frame lives as long as its change is in the follower's ring.
 */
export class EventFrames {
  private readonly frames = new WeakMap<Change, Map<string, Buffer>>();

  constructor(private readonly nowMs: () => number) {}

  ofChange(change: Change, event: WatchEvent, form: EventForm): Buffer {
    const key = `${event.type} ${form.table ? form.includeObject : ''}`;
    let byForm = this.frames.get(change);
    if (!byForm) this.frames.set(change, (byForm = new Map<string, Buffer>()));
    let bytes = byForm.get(key);
    if (!bytes) byForm.set(key, (bytes = this.ofObject(change.kind, event.type, event.object, form)));
    return bytes;
  }

  ofObject(kind: KindDefinition, type: string, object: ApiObject, form: EventForm): Buffer {
    const shown = presented(kind, object);
    if (!form.table) return frame(type, shown);
    const { resourceVersion } = object.metadata;
    return frame(type, toTable(kind, [shown], { resourceVersion }, form.includeObject, this.nowMs()));
  }

  /** Where the watch has got to, without an object. `initialEventsEnd`: all objects of the start have been sent. */
  bookmark(kind: KindDefinition, revision: number, form: EventForm, initialEventsEnd: boolean): Buffer {
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
    };
    if (form.table) return frame('BOOKMARK', toTable(kind, [], metadata, form.includeObject, this.nowMs()));
    return frame('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  }
}
