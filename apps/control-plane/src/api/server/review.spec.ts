import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { unauthorized } from '#libs/apimachinery';
import { reviewWhileOpen } from './review.js';

class Open extends EventEmitter {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function reviewed(check: (looks: number) => void) {
  const open = new Open();
  const warnings: unknown[] = [];
  let looks = 0;
  const look = new EventEmitter();
  const counted = (): void => {
    looks++;
    look.emit('look');
    check(looks);
  };
  reviewWhileOpen(open, counted, {
    path: '/p',
    logger: { warn: (...line: unknown[]) => warnings.push(line) },
    everyMs: 1,
  });
  return { open, warnings, look, looks: () => looks };
}

test('what may not go on is ended, once', async () => {
  const { open, warnings, looks } = reviewed((look) => {
    if (look === 3) throw unauthorized();
  });
  await once(open, 'close');
  expect([open.destroyed, warnings.length, looks()]).toEqual([true, 1, 3]);
});

test('of what has closed nobody asks any more', async () => {
  const { open, look, looks } = reviewed(() => {});
  await once(look, 'look');
  open.emit('close');
  const until = looks();
  await sleep(20);
  expect(looks()).toBe(until);
});
