import { FakeClock } from '#libs/testing';
import { Term } from './leadership.js';

test('a term ends at its expiry, and not before', () => {
  const clock = new FakeClock();
  const term = new Term(7, clock.nowMs() + 10_000, clock);
  clock.advance(9_999);
  expect(term.ended.aborted).toBe(false);
  clock.advance(1);
  expect(term.ended.aborted).toBe(true);
  expect(String(term.ended.reason)).toContain('epoch 7 is over: the lease has expired');
});

test('each renewal moves the expiry on', () => {
  const clock = new FakeClock();
  const term = new Term(7, clock.nowMs() + 10_000, clock);
  clock.advance(6_000);
  term.renew(clock.nowMs() + 10_000);
  clock.advance(9_999);
  expect(term.ended.aborted).toBe(false);
  clock.advance(1);
  expect(term.ended.aborted).toBe(true);
});
