import type { ApiObject } from '#libs/apimachinery';
import { TableDigest } from '#libs/routing-table';
import type { CompileRequest, CompileResult } from './compile-messages.js';
import { CompileState } from './compile-state.js';

const meta = (name: string, generation: number) => ({ name, namespace: 'default', uid: `uid-${name}`, generation });
const consumer = (name: string, generation: number): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: meta(name, generation),
  spec: { keys: [{ name: 'k', sha256: String(generation).repeat(64) }] },
});
const provider: ApiObject = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Provider',
  metadata: meta('alpha', 1),
  spec: { type: 'OpenAICompatible', baseURL: 'https://api.example.com/v1', models: [{ name: 'm' }] },
};
const pool: ApiObject = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'KeyPool',
  metadata: meta('pool', 1),
  spec: { providerRef: { name: 'alpha' }, keys: [{ name: 'k', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
};
const policy: ApiObject = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'RoutePolicy',
  metadata: { ...meta('chat', 1), creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { models: ['chat'], rules: [{ name: 'all', backendRefs: [{ keyPoolRef: { name: 'pool' }, model: 'm' }] }] },
};
const base = new Map<string, ApiObject | undefined>(
  [provider, pool, policy].map((object) => [object.metadata.name, object]),
);
const request = (change: Partial<CompileRequest>): CompileRequest => ({
  reset: false,
  objects: new Map(),
  credentials: new Map(),
  ...change,
});

function run(state: CompileState, request: CompileRequest): CompileResult {
  const steps = state.compile(request);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('CompileState', () => {
  it('answers changes alone: nothing for an edit that changes nothing', () => {
    const state = new CompileState();
    const first = run(state, request({ reset: true, objects: base }));
    const again = run(state, request({ objects: new Map([['alpha', provider]]) }));
    expect([again.upserts, again.removals, again.conditions.size, again.version]).toEqual([[], [], 0, first.version]);
  });

  it('after a reset knows nothing of what was before', () => {
    const state = new CompileState();
    run(state, request({ reset: true, objects: base }));
    const result = run(state, request({ reset: true, objects: new Map([['c', consumer('c', 1)]]) }));
    expect(result).toMatchObject({ reset: true, removals: [] });
    expect([result.upserts.map(({ key }) => key), [...result.conditions.keys()]]).toEqual([['default/c'], ['uid-c']]);
    expect(result.version).toBe(TableDigest.of(result.upserts).version);
  });

  it('begins with a reset, and foretells nothing before it', () => {
    const state = new CompileState();
    expect(() => run(state, request({ objects: base }))).toThrow('must be a reset');
    expect(() => state.preview({ ...request({}), preview: [] })).toThrow('nothing has been compiled yet');
  });

  it.each([true, false])('foretells between the steps of a compile, by what was finished last (reset: %s)', (reset) => {
    const state = new CompileState();
    run(state, request({ reset: true, objects: base }));
    const digest = consumer('a', 1);
    const steps = state.compile(request({ reset, objects: new Map([...base, ['a', digest]]) }));
    const rival = {
      ...consumer('rival', 1),
      metadata: { ...meta('rival', 1), creationTimestamp: '2026-01-01T00:00:00Z' },
    };
    const foretell = () =>
      state.preview({ ...request({ objects: new Map([['rival', rival]]) }), preview: ['uid-rival', 'uid-a'] });
    let result: CompileResult | undefined;
    for (let taken = 0; result === undefined; taken++) {
      expect([taken, foretell()]).toEqual([taken, [[expect.objectContaining({ status: 'True' })], []]]);
      const step = steps.next();
      if (step.done) result = step.value;
    }
    expect(foretell()).toMatchObject([[{ status: 'True' }], [{ reason: 'Conflicted' }]]);
  });

  it('a compile that is given up halfway has never been', () => {
    const state = new CompileState();
    run(state, request({ reset: true, objects: base }));
    // Three steps: the object, then its keys, then the consumer. What would follow is the taking over.
    for (let taken = 0; taken < 4; taken++) {
      const steps = state.compile(request({ reset: taken % 2 === 0, objects: new Map([['a', consumer('a', taken)]]) }));
      for (let step = 0; step < taken; step++) steps.next();
    }
    const next = run(state, request({ objects: new Map([['b', consumer('b', 9)]]) }));
    expect([next.upserts.map(({ key }) => key), [...next.conditions.keys()]]).toEqual([['default/b'], ['uid-b']]);
    const whole = run(
      new CompileState(),
      request({ reset: true, objects: new Map([...base, ['b', consumer('b', 9)]]) }),
    );
    expect(next.version).toBe(whole.version);
  });
});
