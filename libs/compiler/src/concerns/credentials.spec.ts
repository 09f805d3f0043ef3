import type { Look } from './concern.js';
import { ANY_ENTRY, resolveSource, secretCredentialId } from './credentials.js';

const key = { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } } as never;
const resolved = (problems: [string, string][]) => {
  const known = new Map(problems);
  const fact = (_space: string, id: string) => (known.has(id) ? { problem: known.get(id)! } : undefined);
  return resolveSource(key, 'default', { fact } as unknown as Look);
};

test('a problem of a whole Secret is one of each entry, and an entry’s own comes first', () => {
  const whole: [string, string] = [secretCredentialId('default', 's', ANY_ENTRY), "can't be decrypted"];
  expect(resolved([whole])).toEqual({ missing: `entry "k" of Secret default/s can't be decrypted` });
  expect(resolved([whole, ['default/s/k', 'is empty']])).toEqual({
    missing: 'entry "k" of Secret default/s is empty',
  });
  expect(resolved([])).toEqual({ missing: `Secret default/s with an entry "k" doesn't exist` });
});
