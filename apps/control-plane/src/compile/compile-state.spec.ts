import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { entryId, TableDigest, type Entry } from '#libs/routing-table';
import type { CompileRequest, CompileResult } from './compile-messages.js';
import { CompileState } from './compile-state.js';
import type { CredentialFact } from '../cache/secret-values.js';

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
  id: 1,
  reset: false,
  objects: new Map(),
  credentials: new Map(),
  ...change,
});

/** Takes in answers as the main thread does. */
class Taker {
  readonly entries = new Map<string, Entry>();
  readonly conditions = new Map<string, string>();

  take({ upserts, removals, conditions }: CompileResult): void {
    for (const { kind, key } of removals) expect(this.entries.delete(entryId(kind, key))).toBe(true);
    for (const entry of upserts) this.entries.set(entryId(entry.kind, entry.key), entry);
    for (const [id, verdicts] of conditions) {
      if (verdicts) this.conditions.set(id, JSON.stringify(verdicts));
      else expect(this.conditions.delete(id)).toBe(true);
    }
  }
}

describe('CompileState', () => {
  it('answers changes alone: nothing for an edit that changes nothing', () => {
    const state = new CompileState();
    const first = state.handle(request({ reset: true, objects: base }));
    const again = state.handle(request({ objects: new Map([['alpha', provider]]) }));
    expect([again.upserts, again.removals, again.conditions.size, again.version]).toEqual([[], [], 0, first.version]);
  });

  it('a credential that appears changes the pool, and one with a problem says it', () => {
    const state = new CompileState();
    const missing = state.handle(request({ reset: true, objects: base }));
    const reasonOf = ({ conditions }: CompileResult) =>
      conditions.get('uid-pool')?.find(({ type }) => type === 'ResolvedRefs');
    expect(reasonOf(missing)?.reason).toBe('SecretNotFound');
    const present = state.handle(request({ credentials: new Map([['default/s/k', { version: 'v1' }]]) }));
    expect(reasonOf(present)?.status).toBe('True');
    expect(present.upserts.map(({ kind }) => kind)).toContain('Credential');
    const bad = state.handle(
      request({ credentials: new Map([['default/s/k', { problem: 'has a line break in it' }]]) }),
    );
    expect(reasonOf(bad)?.message).toContain('has a line break in it');
  });

  it('by any way of changes comes to what a reset gives', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'alpha', 'pool', 'chat'),
      generation: fc.option(fc.integer({ min: 1, max: 3 })),
      credential: fc.option(fc.constantFrom('v1', 'v2', 'gone')),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const state = new CompileState();
        const taker = new Taker();
        const objects = new Map(base);
        const credentials = new Map<string, CredentialFact | undefined>();
        taker.take(state.handle(request({ reset: true, objects })));
        let version = '';
        for (const { name, generation, credential } of steps) {
          const object = generation === null ? undefined : (base.get(name) ?? consumer(name, generation));
          objects.set(name, object);
          const facts = new Map<string, CredentialFact | undefined>();
          if (credential) facts.set('default/s/k', credential === 'gone' ? undefined : { version: credential });
          for (const [id, fact] of facts) credentials.set(id, fact);
          const result = state.handle(request({ objects: new Map([[name, object]]), credentials: facts }));
          taker.take(result);
          version = result.version;
        }
        const present = new Map([...objects].filter(([, object]) => object));
        const whole = new CompileState().handle(request({ reset: true, objects: present, credentials }));
        const fresh = new Taker();
        fresh.take(whole);
        expect(TableDigest.of(taker.entries.values()).version).toBe(whole.version);
        if (steps.length > 0) expect(version).toBe(whole.version);
        expect(taker.conditions).toEqual(fresh.conditions);
      }),
      { numRuns: 40 },
    );
  });
});
