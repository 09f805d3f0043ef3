import type { Position } from '../fleet/connection-listener.js';
import fc from 'fast-check';
import {
  acknowledged,
  greeted,
  nextPublication,
  refused,
  refusedStill,
  sent,
  type SessionState,
} from './session-state.js';

const [v1, v2, v3]: [Position, Position, Position] = [
  { version: 'a', revision: 1 },
  { version: 'b', revision: 2 },
  { version: 'c', revision: 3 },
];
const all = () => true;
const none = () => false;

function publish(state: SessionState, current: Position, hasDelta = all): SessionState {
  const next = nextPublication(state, current, hasDelta);
  expect(next).toBeDefined();
  return sent(state, next!);
}

describe('what a data plane is sent', () => {
  it.each<[string, Position | undefined, Position, () => boolean, string | undefined]>([
    ['new: full', undefined, v1, all, 'full'],
    ['with a known version: delta', v1, v2, all, 'delta'],
    ['with a version of long ago: full', v1, v2, none, 'full'],
    ['with the current table at an earlier revision: bookmark', { version: 'b', revision: 1 }, v2, none, 'bookmark'],
    ['with all there is: nothing', v2, v2, all, undefined],
    ['before the first compile: nothing', undefined, { version: '', revision: 0 }, all, undefined],
  ])('%s', (_, served, current, hasDelta, type) => {
    expect(nextPublication(greeted(served), current, hasDelta)?.type).toBe(type);
  });

  it('after a reconnect by what it says it serves: what was in flight is forgotten', () => {
    publish(greeted(v1), v2);
    expect(nextPublication(greeted(v1), v3, all)).toMatchObject({ type: 'delta', nonce: 1, ...v3 });
  });
});

describe('one publication in flight', () => {
  it('holds back all that follows, of which the newest alone is sent', () => {
    let state = publish(greeted(v1), v2);
    expect(nextPublication(state, v3, all)).toBeUndefined();
    state = acknowledged(state, 1);
    expect(state.served).toEqual(v2);
    expect(nextPublication(state, v3, all)).toMatchObject({ type: 'delta', nonce: 2, ...v3 });
  });

  it('a stale nonce changes nothing', () => {
    const state = publish(acknowledged(publish(greeted(v1), v2), 1), v3);
    expect(acknowledged(state, 1)).toBe(state);
    expect(refused(state, 1, 'late')).toBe(state);
    expect(acknowledged(state, 7)).toBe(state);
    const answered = acknowledged(state, 2);
    expect(acknowledged(answered, 2)).toBe(answered);
  });
});

describe('a refusal', () => {
  it('of a delta is followed by the full table, and is no rejection yet', () => {
    const state = refused(publish(greeted(v1), v2), 1, 'version mismatch');
    expect(state.rejected).toBeUndefined();
    expect(nextPublication(state, v2, all)).toMatchObject({ type: 'full', nonce: 2 });
  });

  it('of the full table is a rejection, which is not sent again, but the next table is', () => {
    let state = refused(publish(greeted(v1), v2, none), 1, 'dangling');
    expect(state.rejected).toEqual({ ...v2, reason: 'dangling' });
    expect(state.served).toEqual(v1);
    expect(nextPublication(state, v2, all)).toBeUndefined();
    state = publish(state, v3);
    expect(state.inFlight?.type).toBe('full');
    state = acknowledged(state, 2);
    expect([state.rejected, state.served]).toEqual([undefined, v3]);
  });

  it('holds at every later revision of the same table, which is not sent', () => {
    const state = refused(publish(greeted(v1), v2, none), 1, 'dangling');
    const later = { version: v2.version, revision: 9 };
    expect(nextPublication(state, later, all)).toBeUndefined();
    expect(refusedStill(state, later).rejected).toEqual({ ...later, reason: 'dangling' });
    expect(refusedStill(state, v2)).toBe(state);
    expect(refusedStill(state, v3)).toBe(state);
  });

  it('of a bookmark is followed by the full table', () => {
    const state = refused(publish(greeted({ version: 'b', revision: 1 }), v2), 1, 'not served here');
    expect(nextPublication(state, v2, all)?.type).toBe('full');
  });
});

it('any data plane that accepts full tables ends up with the newest, whatever it refuses and however late it answers', () => {
  const step = fc.oneof(
    fc.record({ compile: fc.boolean() }),
    fc.record({ answer: fc.constantFrom('ack', 'nack'), nonce: fc.integer({ min: 0, max: 9 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let current: Position = { version: 'v0', revision: 1 };
      let state = greeted(undefined);
      const send = () => {
        const next = nextPublication(state, current, (version) => version !== '');
        if (next) state = sent(state, next);
      };
      for (const each of steps) {
        if ('compile' in each) {
          const revision = current.revision + 1;
          current = { version: each.compile ? `v${revision}` : current.version, revision };
        } else if (each.answer === 'ack') state = acknowledged(state, each.nonce);
        else if (state.inFlight?.type !== 'full') state = refused(state, each.nonce, 'no');
        send();
      }
      for (let turn = 0; turn < 3 && state.inFlight; turn++) {
        state = acknowledged(state, state.inFlight.nonce);
        send();
      }
      if (steps.length > 0) expect(state.served).toEqual(current);
      expect(state.inFlight).toBeUndefined();
    }),
  );
});
