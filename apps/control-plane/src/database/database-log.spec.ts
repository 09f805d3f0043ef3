import { createLogger } from '#libs/telemetry';
import { databaseLog } from './database-log.js';

function recorded() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const clock = { nowMs: 0 };
  return {
    lines,
    clock,
    log: databaseLog(createLogger({ name: 'test', level: 'info', destination }), () => clock.nowMs),
  };
}

test('a database that is away for a minute is six lines for each part, which count what was left out', () => {
  const { lines, clock, log } = recorded();
  for (; clock.nowMs < 60_000; clock.nowMs += 100) {
    log.onError('follower', new Error('refused'));
    log.onError('leader', new Error('refused'));
  }
  expect(lines).toHaveLength(12);
  expect(lines.filter(({ where }) => where === 'leader').map(({ failures }) => failures)).toEqual([
    1, 100, 100, 100, 100, 100,
  ]);
});

test('when the database answers again, and after how long, is said once; answers without a loss are no news', () => {
  const { lines, clock, log } = recorded();
  log.onAnswer('leader');
  for (; clock.nowMs < 60_000; clock.nowMs += 100) log.onError('leader', new Error('refused'));
  for (let turn = 0; turn < 3; turn++) log.onAnswer('leader');
  expect(lines.filter(({ level }) => level === 'info')).toEqual([
    expect.objectContaining({ where: 'leader', awaySeconds: 60, msg: 'the database answers again' }),
  ]);
});

test('a connection that comes and goes fills no log', () => {
  const { lines, clock, log } = recorded();
  for (; clock.nowMs < 60_000; clock.nowMs += 100) {
    log.onError('leader', new Error('refused'));
    log.onAnswer('leader');
  }
  expect(lines).toHaveLength(12);
});

test('a server that does not say who it is is mentioned once, each that has taken over every time', () => {
  const { lines, log } = recorded();
  for (let turn = 0; turn < 3; turn++) {
    log.lineage.unknown('permission denied');
    log.lineage.changed({ previousServer: 'a/1', server: 'a/2', revision: 2 ** 21 });
  }
  expect(lines.filter(({ reason }) => reason === 'permission denied')).toHaveLength(1);
  expect(lines.filter(({ server }) => server === 'a/2')).toHaveLength(3);
});
