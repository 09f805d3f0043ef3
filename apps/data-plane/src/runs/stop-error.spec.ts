import type { PassedOver, PassedOverReason, Stop } from '#libs/routing';
import { stopError } from './stop-error.js';

const passing = (...reasons: readonly PassedOverReason[]) =>
  reasons.map((reason, index): PassedOver => ({ candidate: `team/secret-${index}/m`, reason }));
const errorOf = (code: Stop['code'], ...reasons: readonly PassedOverReason[]) => {
  const { message, retryAfterMs } = stopError({ code, passedOver: passing(...reasons) }, undefined, 'chat');
  return { message, retryAfterMs };
};

it.each<[Stop['code'], readonly PassedOverReason[], string]>([
  [
    'keys_exhausted',
    ['KeysExhausted', 'KeysSaturated', 'KeysExhausted'],
    "Every key for model 'chat' is at its limit or cooling down: the quota of keys is used up, all keys are in use.",
  ],
  ['keys_exhausted', [], "Every key for model 'chat' is at its limit or cooling down."],
  [
    'no_backend_available',
    ['BreakerOpen', 'Drained'],
    "No backend for model 'chat' can take a request now: a circuit breaker is open, a backend is drained.",
  ],
  ['no_usable_key', ['KeysRefused'], "No key for model 'chat' can be used: the provider refuses the keys."],
])('%s says each reason once, in words and without a name', (code, reasons, message) => {
  expect(errorOf(code, ...reasons).message).toBe(message);
});

it('asks to come back in a minute where nothing comes back by itself', () => {
  expect(errorOf('no_backend_available', 'Drained').retryAfterMs).toBe(60_000);
  expect(errorOf('no_backend_available', 'Drained', 'BreakerOpen').retryAfterMs).toBe(-1);
});
