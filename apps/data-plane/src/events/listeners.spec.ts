import { Listeners } from './listeners.js';

test('all are called in the order in which they came, whichever throws', () => {
  const faults: unknown[] = [];
  const heard: string[] = [];
  const listeners = new Listeners<[change: string]>((error) => faults.push(error));
  listeners.add((change) => heard.push(`first ${change}`));
  listeners.add((change) => {
    throw new Error(change);
  });
  listeners.add((change) => heard.push(`last ${change}`));
  listeners.call('a');
  expect(heard).toEqual(['first a', 'last a']);
  expect(faults).toEqual([new Error('a')]);
});
