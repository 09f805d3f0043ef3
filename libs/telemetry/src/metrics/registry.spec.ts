import { fileURLToPath } from 'node:url';
import { expectGolden } from '#libs/testing';
import { EXPOSITION_CONTENT_TYPE, MetricsRegistry, OVERFLOW } from '../index.js';

it('exposes every type as Prometheus reads it', () => {
  const registry = new MetricsRegistry();
  const requests = registry.counter('requests_total', 'Requests.', ['route', 'code']);
  requests.handle('default/chat', 'ok').add();
  requests.handle('default/chat', 'ok').add(2);
  requests.handle('a "quoted" \\ back\nslash', '').add(0.5);
  const inFlight = registry.gauge('in_flight', 'Help with \\ and\na line break.').handle();
  inFlight.add(3);
  inFlight.add(-1);
  const duration = registry.histogram('duration_seconds', 'Durations.', ['route'], [0.1, 1, 10]);
  for (const seconds of [0.1, 0.05, 1, 1.5, 100]) duration.handle('r').record(seconds);
  registry.gaugeFrom('cooldown_seconds', 'Read when asked for.', ['key'], (observe) => {
    observe(Infinity, 'parked');
    observe(-Infinity, 'odd');
    observe(Number.NaN, 'unknown');
  });
  registry.counterFrom('cpu_seconds_total', 'A total kept elsewhere.', [], (observe) => observe(1e21));
  registry.counter('silent_total', 'No series yet.', ['x']);
  expectGolden(fileURLToPath(new URL('testdata/exposition.txt', import.meta.url)), registry.expose());
  expect(EXPOSITION_CONTENT_TYPE).toBe('text/plain; version=0.0.4; charset=utf-8');
});

it('gives the same series for the same labels, and keeps label values apart', () => {
  const registry = new MetricsRegistry();
  const family = registry.counter('c_total', 'c', ['a', 'b']);
  expect(family.handle('x', 'y')).toBe(family.handle('x', 'y'));
  expect(family.handle('x,', 'y')).not.toBe(family.handle('x', ',y'));
  expect(() => family.handle('x')).toThrow('expected 2 label values (a, b), got 1');
});

it('gives the metric that is there to who registers it again', () => {
  const registry = new MetricsRegistry();
  const [first, second] = [registry.counter('c_total', 'c', ['a']), registry.counter('c_total', 'c', ['a'])];
  expect(second).toBe(first);
  expect(() => registry.counter('c_total', 'c', ['b'])).toThrow('registered twice');
  registry.gaugeFrom('g', 'g', [], () => undefined);
  expect(() => registry.gaugeFrom('g', 'g', [], () => undefined)).toThrow('registered twice');
});

it('puts what a full metric can not take into one overflow series', () => {
  const registry = new MetricsRegistry({ maxSeries: 3 });
  const family = registry.counter('c_total', 'c', ['user']);
  for (let user = 0; user < 100; user++) family.handle(`user-${user}`).add();
  family.handle('user-0').add();
  expect(registry.expose().match(/^c_total.*$/gm)).toEqual([
    'c_total{user="user-0"} 2',
    'c_total{user="user-1"} 1',
    'c_total{user="user-2"} 1',
    `c_total{user="${OVERFLOW}"} 97`,
  ]);
});

it.each([
  ['comes to their sum', undefined, 6],
  ['comes to the largest', Math.max, 3],
] as const)('what values that are read share of a full metric %s', (_what, merge, expected) => {
  const registry = new MetricsRegistry({ maxSeries: 1 });
  const collect = (observe: (value: number, key: string) => void) =>
    [9, 1, 3, 2].forEach((value, i) => observe(value, `key-${i}`));
  registry.gaugeFrom('g', 'g', ['key'], collect, merge);
  for (let scrape = 0; scrape < 2; scrape++) {
    expect(registry.expose().match(/^g\{.*$/gm)).toEqual(['g{key="key-0"} 9', `g{key="${OVERFLOW}"} ${expected}`]);
  }
});

it('exposes many series in turns, and the same text', async () => {
  const registry = new MetricsRegistry();
  const family = registry.histogram('h', 'h', ['key'], [1, 2, 3]);
  for (let i = 0; i < 2_000; i++) family.handle(`${i}-${'x'.repeat(200)}`).record(i % 4);
  let turns = 0;
  const text = await registry.exposeInTurns(() => {
    turns += 1;
    return Promise.resolve();
  });
  expect(text === registry.expose()).toBe(true);
  // One after each 64 Ki characters.
  expect(turns).toBeGreaterThan(text.length / (70 * 1024) - 1);
});

it('makes room when a series is removed', () => {
  const registry = new MetricsRegistry({ maxSeries: 1 });
  const family = registry.gauge('g', 'g', ['key']);
  family.handle('a').set(1);
  family.remove('a');
  family.handle('b').set(2);
  expect(registry.expose()).toContain('g{key="b"} 2');
  expect(registry.expose()).not.toContain('key="a"');
});

it('leaves out a metric whose values can not be read, and counts that', () => {
  const registry = new MetricsRegistry();
  registry.gaugeFrom('broken', 'b', [], () => {
    throw new Error('no');
  });
  registry.gauge('sound', 's').handle().set(1);
  expect(registry.expose()).toContain('sound 1');
  expect(registry.expose()).not.toContain('broken 1');
  expect(registry.expose()).toContain('signalbox_metrics_collect_errors_total{metric="broken"} 2');
});

it.each([
  ['a name', (registry: MetricsRegistry) => registry.counter('1st', 'x')],
  ['a label', (registry: MetricsRegistry) => registry.counter('x', 'x', ['__reserved'])],
  [
    'a second registration',
    (registry: MetricsRegistry) => registry.counter('twice', 'x') && registry.gauge('twice', 'x'),
  ],
  ['falling buckets', (registry: MetricsRegistry) => registry.histogram('h', 'x', [], [2, 1])],
  ['a bucket for infinity', (registry: MetricsRegistry) => registry.histogram('h', 'x', [], [1, Infinity])],
  ['the label le', (registry: MetricsRegistry) => registry.histogram('h', 'x', ['le'], [1])],
])('refuses %s', (_name, register) => expect(() => register(new MetricsRegistry())).toThrow(RangeError));
