import { MetricsRegistry } from '#libs/telemetry';
import { CurrentTable } from '../table/current-table.js';
import { registerStateMetrics, type StateSources } from './state-metrics.js';

/** More than a metric has series. */
const MANY = 5_000;
const ids = Array.from({ length: MANY }, (_, i) => `default/p/${i}`);

function linesOf(name: string, sources: Partial<StateSources>): string[] {
  const registry = new MetricsRegistry();
  registerStateMetrics(registry, {
    table: new CurrentTable(),
    breakers: () => [],
    pausedCredentials: () => [],
    keysInFlight: () => [],
    controlPlaneConnected: () => true,
    snapshotFailingForMs: () => 0,
    ...sources,
  });
  return registry.expose().match(new RegExp(`^${name}{.*$`, 'gm')) ?? [];
}

it('shows the breakers that are open by name, however many are closed', () => {
  const phases: Record<number, 'Open' | 'HalfOpen'> = { [MANY - 1]: 'Open', [MANY - 2]: 'HalfOpen' };
  const breakers = () => ids.map((id, i) => ({ id, phase: phases[i] ?? ('Closed' as const) }));
  const lines = linesOf('signalbox_breaker_state', { breakers });
  expect(lines.slice(0, 3)).toEqual([
    `signalbox_breaker_state{breaker="default/p/${MANY - 2}"} 1`,
    `signalbox_breaker_state{breaker="default/p/${MANY - 1}"} 2`,
    'signalbox_breaker_state{breaker="default/p/0"} 0',
  ]);
  expect(lines.at(-1)).toBe('signalbox_breaker_state{breaker="_overflow"} 0');
});

it('shows by the shared series that some of more breakers are open than it can name', () => {
  const breakers = () =>
    ids.map((id, i) => ({ id, phase: i === MANY - 1 ? ('HalfOpen' as const) : ('Open' as const) }));
  expect(linesOf('signalbox_breaker_state', { breakers }).at(-1)).toBe(
    'signalbox_breaker_state{breaker="_overflow"} 2',
  );
});

it('shows the keys that are in use by name, and of the others how many calls there are', () => {
  const idle = linesOf('signalbox_keys_in_flight', {
    keysInFlight: () => ids.map((id, i) => ({ id, inFlight: i === MANY - 1 ? 3 : 0 })),
  });
  expect(idle[0]).toBe(`signalbox_keys_in_flight{quota_group="default/p/${MANY - 1}"} 3`);
  const busy = linesOf('signalbox_keys_in_flight', { keysInFlight: () => ids.map((id) => ({ id, inFlight: 2 })) });
  const total = busy.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  expect(total).toBe(2 * MANY);
});

it('shows the longest pause of those that it cannot name', () => {
  const pausedCredentials = () => ids.map((id, i) => ({ id, remainingMs: i === MANY - 2 ? Infinity : 1_000 }));
  expect(linesOf('signalbox_credential_cooldown_seconds', { pausedCredentials }).at(-1)).toBe(
    'signalbox_credential_cooldown_seconds{credential="_overflow"} +Inf',
  );
});
