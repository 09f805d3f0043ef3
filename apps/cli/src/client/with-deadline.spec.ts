import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withDeadline } from './with-deadline.js';

const never = new AbortController().signal;
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

test('the time ends a wait, however often garbage is collected meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const waited = withDeadline({ timeoutMs: 300, interrupted: never }, async ({ signal }) => {
    await aborted(signal);
    return 'over';
  });
  for (let turn = 0; turn < 5; turn++) {
    await sleep(10);
    collectGarbage();
  }
  await expect(waited).resolves.toBe('over');
});

test('an interruption ends it, also one from before', async () => {
  const interruption = new AbortController();
  const waited = withDeadline({ timeoutMs: 2 ** 40, interrupted: interruption.signal }, ({ signal }) =>
    aborted(signal),
  );
  interruption.abort();
  await waited;
  await withDeadline({ timeoutMs: 2 ** 40, interrupted: interruption.signal }, async ({ signal }) => {
    expect(signal.aborted).toBe(true);
  });
});

test('a time longer than a timer takes is no time that is over at once', async () => {
  await withDeadline({ timeoutMs: 2 ** 40, interrupted: never }, async ({ signal }) => {
    await sleep(20);
    expect(signal.aborted).toBe(false);
  });
});
