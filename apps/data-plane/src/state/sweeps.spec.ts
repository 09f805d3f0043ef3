import type { Clock } from '#libs/clock';
import { FakeClock } from '#libs/testing';
import { IdentityMap, KEEP_UNNAMED_MS } from './identity-map.js';
import { Upkeep } from './upkeep.js';

const noCredentials = { hasPaused: false, recheck: () => [].values() };

describe('what goes over everything there is does so in slices, requests between them:', () => {
  let fake: FakeClock;
  let sinceTurn: number;
  let longestTurn: number;

  /** Each timer is a turn of its own. */
  function turns(): Clock {
    const { nowMs, epochMs, after } = fake;
    const turn = (action: () => void) => () => {
      sinceTurn = 0;
      action();
    };
    return { nowMs, epochMs, after: (delayMs, action) => after(delayMs, turn(action)) };
  }
  function* steps(): IterableIterator<string> {
    for (let step = 0; step < 100_000; step += 1) {
      sinceTurn += 1;
      longestTurn = Math.max(longestTurn, sinceTurn);
      yield String(step);
    }
  }
  function* looks(): IterableIterator<void> {
    for (const step of steps()) yield void step;
  }
  const table = (identities: () => Iterable<string>) => {
    const one = { view: { identities } };
    return { current: one, live: [one] };
  };
  const nothing = () => [];

  beforeEach(() => {
    fake = new FakeClock();
    [sinceTurn, longestTurn] = [0, 0];
  });

  it('the names of a table', () => {
    new Upkeep(turns(), table(steps), noCredentials, []).start();
    fake.advance(61_000);
    expect(longestTurn).toBe(500);
  });

  it('the state that is kept', () => {
    new Upkeep(turns(), table(nothing), noCredentials, [{ hasUnnamed: false, sweep: looks }]).start();
    fake.advance(61_000);
    expect(longestTurn).toBeGreaterThan(490);
    expect(longestTurn).toBeLessThanOrEqual(500);
  });

  it('the keys that are out', () => {
    new Upkeep(turns(), table(nothing), { hasPaused: true, recheck: looks }, []).start();
    fake.advance(1_500);
    expect(longestTurn).toBe(500);
  });
});

describe('a table that is swapped in during a sweep keeps what it names', () => {
  const named = (...names: readonly string[]) => ({ view: { identities: (): Iterable<string> => names } });

  it.each(['while names are collected', 'while state is looked at'])('%s', (when) => {
    const clock = new FakeClock(0);
    let swap = (): void => {};
    const before = {
      view: {
        *identities() {
          if (when === 'while names are collected') swap();
          yield* Array.from({ length: 2_000 }, (_, at) => `n${at}`);
        },
      },
    };
    const earlier = {
      hasUnnamed: false,
      *sweep() {
        if (when === 'while state is looked at') swap();
        yield;
      },
    };
    const kept = new IdentityMap((id) => id);
    kept.get('a');
    const live: { readonly view: { identities(): Iterable<string> } }[] = [before];
    const tables = { live, current: before as (typeof live)[number] };
    const upkeep = new Upkeep(clock, tables, noCredentials, [earlier, kept]);
    upkeep.start();
    clock.advance(KEEP_UNNAMED_MS);
    expect(kept.hasUnnamed).toBe(true);
    swap = () => {
      swap = () => {};
      tables.current = named('a');
      live.push(tables.current);
      upkeep.swapped();
    };
    clock.advance(70_000);
    expect([kept.size, kept.hasUnnamed]).toEqual([1, false]);
  });

  it('what none names is dropped after its time, also if it was named in between', () => {
    const clock = new FakeClock(0);
    const kept = new IdentityMap((id) => id);
    kept.get('a');
    let table = named();
    const tables = {
      get current() {
        return table;
      },
      get live() {
        return [table];
      },
    };
    const upkeep = new Upkeep(clock, tables, noCredentials, [kept]);
    upkeep.start();
    const serve = (next: typeof table) => {
      table = next;
      upkeep.swapped();
    };
    clock.advance(KEEP_UNNAMED_MS);
    serve(named('a'));
    clock.advance(120_000);
    serve(named());
    clock.advance(KEEP_UNNAMED_MS);
    expect([kept.size, kept.hasUnnamed]).toEqual([1, true]);
    clock.advance(120_000);
    expect([kept.size, kept.hasUnnamed]).toEqual([0, false]);
  });
});
