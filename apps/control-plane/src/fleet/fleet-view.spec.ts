import type { ApiObject } from '#libs/apimachinery';
import type { DataPlaneStatus } from '#libs/resources';
import { kindOf } from '#libs/resources';
import type { CacheUpdate } from '../cache/cache-update.js';
import { FleetView } from './fleet-view.js';

const kind = kindOf('signalbox.dev/v1', 'DataPlane')!;
const plane = (name: string, status: Partial<DataPlaneStatus>): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'DataPlane',
  metadata: { name, uid: `uid-${name}` },
  status: { connected: true, revision: 5, ...status },
});

describe('FleetView', () => {
  let update: (update: CacheUpdate) => void;
  let view: FleetView;
  let told: number;

  beforeEach(() => {
    view = new FleetView({ onUpdate: (listener) => (update = listener) });
    told = 0;
    view.onChange(() => told++);
  });

  const see = (name: string, object: ApiObject | undefined) =>
    update({
      revision: 1,
      changes: [{ key: name, kind, object, previous: undefined, statusOnly: true }],
      traceParents: [],
    });
  const names = () => view.current.connected.map(({ name }) => name);

  it('counts who is connected, and leaves out who is joining, away or gone', () => {
    see('a', plane('a', {}));
    see('b', plane('b', { joining: true }));
    see('c', plane('c', { connected: false }));
    expect(names()).toEqual(['a']);
    see('b', plane('b', {}));
    expect(names()).toEqual(['a', 'b']);
    see('a', undefined);
    see('b', plane('b', { connected: false }));
    expect(names()).toEqual([]);
  });

  it('says which credentials a data plane cannot use, and why', () => {
    see('a', plane('a', { unresolvedCredentials: [{ id: 'env:A', reason: 'not set' }] }));
    expect(view.current.connected[0]?.unresolved).toEqual(new Map([['env:A', 'not set']]));
    see('a', plane('a', {}));
    expect([told, view.current.connected[0]?.unresolved]).toEqual([2, undefined]);
  });

  it('goes on with the others where one status was written by hand', () => {
    for (const malformed of [{}, 'x', [null], [{ id: 7 }]]) {
      see('a', plane('a', { unresolvedCredentials: malformed } as object));
      see('b', plane('b', { revision: told }));
    }
    expect(names()).toEqual(['a', 'b']);
  });

  it('says nothing where nothing that counts changed: a look at all objects follows', () => {
    see('b', plane('b', { joining: true }));
    see('c', plane('c', { connected: false }));
    expect(told).toBe(0);
    see('a', plane('a', {}));
    see('a', plane('a', { version: 'another', software: '2' }));
    expect(told).toBe(1);
    see('a', plane('a', { revision: 6 }));
    expect(told).toBe(2);
  });
});
