import { newestOf } from './fetch-node.mjs';

const published = ['20.9.0', '20.19.0', '20.19.6', '20.20.2', '24.9.1', '24.21.0', '24.3.0', '26.0.0-rc.1'];

test.each([
  ['20.19', '20.19.6'],
  ['20', '20.20.2'],
  ['24', '24.21.0'],
  ['2', undefined],
  ['26', undefined],
  ['22', undefined],
])('the newest of line %s is %s', (line, newest) => {
  expect(newestOf(line, published)).toBe(newest);
});

test('what is in the cache besides versions is none', () => {
  expect(newestOf('24', ['.fetching-x', '24.1.0'])).toBe('24.1.0');
});
