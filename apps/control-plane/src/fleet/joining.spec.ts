import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { rollup, type Verdict } from '#libs/compiler';
import { kindOf, type DataPlaneStatus } from '#libs/resources';
import type { CacheUpdate } from '../cache/cache-update.js';
import type { DataPlaneState } from './connected-data-planes.js';
import { JOINS_WITHIN_MS, nextStatus } from './data-plane-status.js';
import { FleetView } from './fleet-view.js';
import { helloOf } from './testing/hello.js';

const kind = kindOf('signalbox.dev/v1', 'DataPlane')!;
const NEWEST = 50;
/** What the object's generation was compiled at: whoever acknowledged this serves it. */
const COMPILED = 40;
const accepted: Verdict = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', observedGeneration: 1 };
const serving: DataPlaneStatus = {
  uid: 'old',
  connected: true,
  connectedTo: 'r',
  software: '1',
  revision: NEWEST,
  version: 'new',
};

/** Programmed of an object over the life of a data plane that comes to a fleet of one that serves. */
function programmedOver(states: readonly { readonly state: DataPlaneState; readonly nowMs: number }[]): string[] {
  let update!: (update: CacheUpdate) => void;
  const view = new FleetView({ onUpdate: (listener) => (update = listener) });
  let stored: Partial<DataPlaneStatus> = {};
  const see = (name: string, status: Partial<DataPlaneStatus>) => {
    const object: ApiObject = { apiVersion: 'signalbox.dev/v1', kind: 'DataPlane', metadata: { name }, status };
    update({
      revision: 1,
      changes: [{ key: name, kind, object, previous: undefined, statusOnly: true }],
      traceParents: [],
    });
    const verdicts = rollup({ compiled: [accepted], compiledRevision: COMPILED, fleet: view.current });
    return verdicts.find(({ type }) => type === 'Programmed')!.reason;
  };
  const first = see('serving', serving);
  return [
    first,
    ...states.map(({ state, nowMs }) => {
      stored = nextStatus(stored, state, { self: 'me', nowMs }) ?? stored;
      return see('joining', stored);
    }),
  ];
}

const known = fc.option(fc.record({ revision: fc.integer({ min: 0, max: NEWEST }) }), { nil: undefined });
const looks = fc.array(fc.integer({ min: 0, max: JOINS_WITHIN_MS - 1 }), { minLength: 1, maxLength: 5 });

describe('a data plane that joins a fleet that serves', () => {
  const life = (from: { revision: number } | undefined, atMs: readonly number[]) => {
    const hello = helloOf({ name: 'joining', ...(from && { version: 'before', revision: from.revision }) });
    const state: DataPlaneState = { hello, connected: true, sinceMs: 0, unresolvedCredentials: [] };
    return { state, looks: [...atMs].sort((left, right) => left - right).map((nowMs) => ({ state, nowMs })) };
  };

  it('changes no condition, whatever it served before, if it acknowledges within 10 s', () => {
    fc.assert(
      fc.property(known, looks, (from, atMs) => {
        const { state, looks } = life(from, atMs);
        const answered = { ...state, served: { revision: NEWEST, version: 'new' } };
        const reasons = programmedOver([...looks, { state: answered, nowMs: JOINS_WITHIN_MS - 1 }]);
        expect(new Set(reasons)).toEqual(new Set(['Programmed']));
      }),
    );
  });

  it('is waited for after 10 s, if it does not serve the generation, and until it does', () => {
    fc.assert(
      fc.property(known, looks, (from, atMs) => {
        const { state, looks } = life(from, atMs);
        const answered = { ...state, served: { revision: NEWEST, version: 'new' } };
        const reasons = programmedOver([
          ...looks,
          { state, nowMs: JOINS_WITHIN_MS },
          { state: answered, nowMs: JOINS_WITHIN_MS + 1 },
        ]);
        const late = (from?.revision ?? 0) < COMPILED ? 'Pending' : 'Programmed';
        expect(reasons.slice(-2)).toEqual([late, 'Programmed']);
      }),
    );
  });

  it('is heard at once if it refuses', () => {
    const { state, looks } = life(undefined, [100]);
    const refused = { ...state, rejected: { revision: NEWEST, reason: 'no' } };
    expect(programmedOver([...looks, { state: refused, nowMs: 200 }])).toEqual([
      'Programmed',
      'Programmed',
      'Rejected',
    ]);
  });
});
