import { chosen, readSettings } from './settings.js';

it('has defaults', () => {
  expect(readSettings({})).toMatchObject({ rounds: 9, roundMs: 1_000, connections: 32, minutes: 10 });
});

it('names every variable that it cannot read', () => {
  expect(() => readSettings({ BENCH_ROUNDS: 'few', BENCH_MINUTES: '0' })).toThrow(/BENCH_ROUNDS[\s\S]*BENCH_MINUTES/);
});

describe('what is chosen by parts of names', () => {
  const items = [{ name: 'plain' }, { name: 'plain over TLS' }, { name: 'stream' }];

  it('is everything unless parts are given', () => {
    expect(chosen(items, undefined)).toEqual(items);
  });

  it('is each that contains one of them', () => {
    expect(chosen(items, ['stream', 'over']).map(({ name }) => name)).toEqual(['plain over TLS', 'stream']);
  });

  it('is one alone by its whole name', () => {
    expect(chosen(items, ['plain'])).toEqual([{ name: 'plain' }]);
  });

  it('is never nothing by a typo', () => {
    expect(() => chosen(items, ['plian'])).toThrow(/plian.*plain · plain over TLS · stream/);
  });
});
