import { eventually } from './index.js';

it('waits for a value', async () => {
  let calls = 0;
  await expect(eventually(() => (++calls < 3 ? undefined : calls), { pollMs: 1 })).resolves.toBe(3);
});

it('waits for expectations to hold', async () => {
  let calls = 0;
  const probe = () => {
    expect(++calls).toBe(2);
    return true;
  };
  await eventually(probe, { pollMs: 1 });
  expect(calls).toBe(2);
});

it('tells at its deadline what was still missing', async () => {
  await expect(eventually(() => false, { deadlineMs: 5, pollMs: 1 })).rejects.toThrow('condition was still false');
  const failing = eventually(() => Promise.reject(new Error('no span yet')), { deadlineMs: 5, pollMs: 1 });
  await expect(failing).rejects.toThrow('not within 5 ms: no span yet');
});
