import { createLogger } from '#libs/telemetry';
import { runShutdown } from './shutdown.js';

it('runs the steps in order, each to its end or deadline, whatever the others do', async () => {
  const order: string[] = [];
  const log: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'warn',
    destination: { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  });
  await runShutdown(
    [
      { name: 'at once', deadlineMs: 1_000, run: () => void order.push('at once') },
      {
        name: 'broken',
        deadlineMs: 1_000,
        run: () => {
          throw new Error('broken');
        },
      },
      { name: 'rejected', deadlineMs: 1_000, run: () => Promise.reject(new Error('rejected')) },
      { name: 'endless', deadlineMs: 1, run: () => new Promise(() => undefined) },
      { name: 'last', deadlineMs: 1_000, run: () => Promise.resolve().then(() => void order.push('last')) },
    ],
    logger,
  );
  expect(order).toEqual(['at once', 'last']);
  expect(log.map(({ step, msg }) => [step, msg])).toEqual([
    ['broken', 'shutdown step failed'],
    ['rejected', 'shutdown step failed'],
    ['endless', 'shutdown step cut off at its deadline'],
  ]);
});
