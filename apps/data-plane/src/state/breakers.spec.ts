import { breakerEntry } from './testing/breaker-entry.js';
import { type BreakerCell, Breakers } from './breakers.js';
import type { StateEvent } from './events.js';
import { KEEP_UNNAMED_MS } from './identity-map.js';

const cause = { errorClass: 'ServerError', code: '' } as const;

function fail(breakers: Breakers, provider: string, model: string, nowMs = 0): string {
  const entry = breakerEntry(provider, model);
  const cell = breakers.of(entry);
  const epoch = breakers.started(cell, nowMs);
  breakers.heard(cell, entry, { result: 'Failure', epoch, cause, nowMs });
  return cell.state.phase;
}

/** How often all breakers of the cell's provider that are open were looked at. */
function looksAtOpen({ provider: { openUntilMs } }: BreakerCell): { readonly count: number } {
  const looks = { count: 0 };
  const entries = openUntilMs[Symbol.iterator].bind(openUntilMs);
  openUntilMs[Symbol.iterator] = () => {
    looks.count += 1;
    return entries();
  };
  return looks;
}

it('at most the configured share of a provider is out, and only breakers that were used count', () => {
  const breakers = new Breakers(() => {});
  for (const model of ['a', 'b', 'c', 'd']) breakers.of(breakerEntry('p', model));
  expect([fail(breakers, 'p', 'a'), fail(breakers, 'p', 'b')]).toEqual(['Open', 'Closed']);
  expect([fail(breakers, 'p', 'c'), fail(breakers, 'p', 'd')]).toEqual(['Closed', 'Open']);
  expect(fail(breakers, 'p', 'with/slash')).toBe('Closed');
  expect(fail(breakers, 'q', 'a')).toBe('Open');
});

it('a failure looks at no other breaker', () => {
  const breakers = new Breakers(() => {});
  for (let model = 0; model < 1000; model += 1) fail(breakers, 'p', `m${model}`);
  breakers.byId.entries = () => {
    throw new Error('all breakers are looked at');
  };
  expect(fail(breakers, 'p', 'm0')).toBe('Open');
});

it('those that are open are looked at by a failure alone, and only once one can have left its place', () => {
  const breakers = new Breakers(() => {});
  const { openForMs } = breakerEntry('p', 'a').breaker;
  const entry = breakerEntry('p', 'b');
  expect([fail(breakers, 'p', 'a'), fail(breakers, 'p', 'b')]).toEqual(['Open', 'Closed']);
  const cell = breakers.of(entry);
  const looks = looksAtOpen(cell);
  fail(breakers, 'p', 'b', openForMs - 1);
  breakers.heard(cell, entry, { result: 'Success', epoch: cell.state.epoch, cause, nowMs: openForMs });
  expect(looks.count).toBe(0);
  expect(fail(breakers, 'p', 'b', openForMs)).toBe('Open');
  expect(looks.count).toBe(1);
  // The place is b's now, for a time of its own.
  expect([fail(breakers, 'p', 'a', openForMs), fail(breakers, 'p', 'a', 2 * openForMs - 1)]).toEqual([
    'HalfOpen',
    'HalfOpen',
  ]);
  expect(looks.count).toBe(1);
});

it('one that closes or is forgotten leaves its place', () => {
  const events: StateEvent[] = [];
  const breakers = new Breakers((event) => events.push(event));
  fail(breakers, 'p', 'a');
  expect(fail(breakers, 'p', 'b')).toBe('Closed');
  breakers.reset(breakers.of(breakerEntry('p', 'a')), 5);
  expect(fail(breakers, 'p', 'b')).toBe('Open');
  expect(events.map(({ type }) => type)).toEqual(['BreakerOpened', 'BreakerClosed', 'BreakerOpened']);
  const named = new Set(['default/p/a']);
  Array.from(breakers.byId.sweep(named, 0));
  expect(fail(breakers, 'p', 'a')).toBe('Closed');
  Array.from(breakers.byId.sweep(named, KEEP_UNNAMED_MS));
  expect(fail(breakers, 'p', 'a')).toBe('Open');
});

it('one whose time is over leaves its place though nobody asks for it, and takes it back only while it is free', () => {
  const breakers = new Breakers(() => {});
  const { openForMs } = breakerEntry('p', 'a').breaker;
  expect([fail(breakers, 'p', 'a'), fail(breakers, 'p', 'b')]).toEqual(['Open', 'Closed']);
  expect(fail(breakers, 'p', 'b', openForMs - 1)).toBe('Closed');
  expect(fail(breakers, 'p', 'b', openForMs)).toBe('Open');
  expect(fail(breakers, 'p', 'a', openForMs)).toBe('HalfOpen');
  expect(fail(breakers, 'p', 'a', 2 * openForMs)).toBe('Open');
});

it('each leaves its place at its own time', () => {
  const breakers = new Breakers(() => {});
  const { openForMs } = breakerEntry('p', 'a').breaker;
  for (const model of ['a', 'b', 'c', 'd']) breakers.started(breakers.of(breakerEntry('p', model)), 0);
  expect([fail(breakers, 'p', 'a'), fail(breakers, 'p', 'b', 10), fail(breakers, 'p', 'c', 20)]).toEqual([
    'Open',
    'Open',
    'Closed',
  ]);
  expect([fail(breakers, 'p', 'c', openForMs), fail(breakers, 'p', 'd', openForMs)]).toEqual(['Open', 'Closed']);
  expect(fail(breakers, 'p', 'd', openForMs + 10)).toBe('Open');
});

it('a copy allows as many to be open as the original does', () => {
  const [original, copy] = [new Breakers(() => {}), new Breakers(() => {})];
  for (const model of ['a', 'b', 'c']) fail(original, 'p', model);
  const looks = looksAtOpen(original.of(breakerEntry('p', 'a')));
  for (const [, cell] of original.byId.entries()) copy.adopt(cell);
  expect(looks.count).toBe(1);
  // The second of four.
  expect([fail(copy, 'p', 'd'), fail(original, 'p', 'd')]).toEqual(['Open', 'Open']);
  expect([fail(copy, 'p', 'e'), fail(original, 'p', 'e')]).toEqual(['Closed', 'Closed']);
});
