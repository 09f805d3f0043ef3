import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import type { KeyIdentity, StateEvent } from '../state/events.js';
import { stateLog } from './state-log.js';

const clock = new FakeClock(1_000);
const key: KeyIdentity = { credential: 'default/alpha/main', pool: 'default/alpha', name: 'main' };
const breaker = 'default/alpha/large';
const refused: StateEvent = { type: 'KeyRests', key, cause: 'Auth', code: 'invalid_api_key', untilMs: Infinity };

function linesOf(...events: readonly StateEvent[]): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const listener = stateLog({ logger: createLogger({ name: 'test', level: 'info', destination }), clock });
  for (const event of events) listener(event);
  return lines;
}

it.each<[string, StateEvent, Record<string, unknown>]>([
  [
    'a breaker that opened, with what opened it and for how long',
    {
      type: 'BreakerOpened',
      breaker,
      cause: { errorClass: 'Network', code: 'ECONNREFUSED' },
      openings: 2,
      untilMs: 31_000,
    },
    {
      level: 'warn',
      msg: 'breaker opened',
      breaker,
      class: 'Network',
      code: 'ECONNREFUSED',
      openings: 2,
      open_ms: 30_000,
    },
  ],
  ['probes', { type: 'BreakerProbes', breaker }, { level: 'info', msg: 'breaker lets probes through', breaker }],
  [
    'a breaker that closed, and who closed it',
    { type: 'BreakerClosed', breaker, by: 'Operator' },
    { level: 'info', msg: 'breaker closed', breaker, by: 'Operator' },
  ],
  [
    'a refused key',
    refused,
    {
      level: 'warn',
      msg: expect.stringMatching(/^key refused/),
      credential: 'default/alpha/main',
      pool: 'default/alpha',
      key: 'main',
      code: 'invalid_api_key',
    },
  ],
  [
    'an exhausted key, for one model',
    {
      type: 'KeyRests',
      key: { ...key, model: 'large' },
      cause: 'QuotaExhausted',
      code: 'insufficient_quota',
      untilMs: 3_601_000,
    },
    {
      level: 'warn',
      msg: expect.stringMatching(/^key exhausted/),
      key: 'main',
      model: 'large',
      code: 'insufficient_quota',
      rest_ms: 3_600_000,
    },
  ],
  [
    'a key without a value',
    { type: 'KeyRests', key, cause: 'Unresolved', code: '', untilMs: Infinity },
    { level: 'warn', msg: expect.stringMatching(/^key has no value here/), key: 'main' },
  ],
  ...(['Time', 'Success', 'Rotation', 'Operator'] as const).map((by): [string, StateEvent, Record<string, unknown>] => [
    `a key that is back by ${by}`,
    { type: 'KeyBack', key, cause: 'QuotaExhausted', by },
    { level: 'info', msg: expect.stringMatching(/^key back/), key: 'main', by, cause: 'QuotaExhausted' },
  ]),
])('writes one line for %s', (_name, event, line) => {
  expect(linesOf(event)).toEqual([expect.objectContaining(line)]);
});

it('says nothing of how long a key is out that stays out until somebody acts', () => {
  expect(linesOf(refused)[0]).not.toHaveProperty('rest_ms');
});

it('leaves rate limits to the metrics', () => {
  expect(
    linesOf(
      { type: 'KeyRests', key, cause: 'RateLimited', code: '', untilMs: 2_000 },
      { type: 'KeyBack', key, cause: 'RateLimited', by: 'Time' },
    ),
  ).toEqual([]);
});

it('writes a line about one thing once a minute, and one about another at once', () => {
  const other = { ...refused, key: { ...key, credential: 'default/alpha/spare', name: 'spare' } };
  const back: StateEvent = { type: 'KeyBack', key, cause: 'Auth', by: 'Time' };
  expect(linesOf(refused, refused, other, back, refused).map(({ key, msg }) => [key, String(msg).slice(0, 8)])).toEqual(
    [
      ['main', 'key refu'],
      ['spare', 'key refu'],
      ['main', 'key back'],
    ],
  );
});

describe('says what follows at once, within the minute, where a person has acted:', () => {
  const opened: StateEvent = {
    type: 'BreakerOpened',
    breaker,
    cause: { errorClass: 'Network', code: '' },
    openings: 1,
    untilMs: 31_000,
  };
  const closed: StateEvent = { type: 'BreakerClosed', breaker, by: 'Operator' };

  it('a breaker that was reset and opens again', () => {
    const messages = linesOf(opened, closed, opened, closed, opened).map(({ msg }) => msg);
    expect(messages).toEqual([
      'breaker opened',
      'breaker closed',
      'breaker opened',
      'breaker closed',
      'breaker opened',
    ]);
    const flapping: StateEvent = { ...closed, by: 'Probes' };
    expect(linesOf(opened, flapping, opened, flapping)).toHaveLength(2);
  });

  it.each(['Operator', 'Rotation'] as const)('a key that is back by %s and is refused again', (by) => {
    const back: StateEvent = { type: 'KeyBack', key, cause: 'Auth', by };
    const messages = linesOf(refused, back, refused, back, refused).map(({ msg }) => String(msg).slice(0, 8));
    expect(messages).toEqual(['key refu', 'key back', 'key refu', 'key back', 'key refu']);
  });
});

it('masks what a provider says', () => {
  const [line] = linesOf({ ...refused, code: 'no sk-abcdefghijklmnop' });
  expect(line).toMatchObject({ code: 'no [redacted]' });
});
