import { parseLabelSelector } from './label-selector.js';

const labels = { app: 'chat', tier: 'gold', 'example.com/size': '12', empty: '' };

test.each<[string, boolean]>([
  ['', true],
  ['  ', true],
  ['app=chat', true],
  ['app==chat', true],
  ['app = chat', true],
  ['app=mail', false],
  ['app!=mail', true],
  ['app!=chat', false],
  ['absent!=x', true],
  ['app in (chat, mail)', true],
  ['app in(mail)', false],
  ['app notin (mail)', true],
  ['app notin (chat)', false],
  ['absent notin (x)', true],
  ['absent in (x)', false],
  ['app', true],
  ['absent', false],
  ['!absent', true],
  ['!app', false],
  ['example.com/size>11', true],
  ['example.com/size>12', false],
  ['example.com/size < 13', true],
  ['app>1', false],
  ['empty=', true],
  ['app=', false],
  ['empty in (,x)', true],
  ['app=chat,tier in (gold,silver),!absent', true],
  ['app=chat,tier=silver', false],
  ['in', false],
])('%j: %s', (selector, matches) => {
  expect(parseLabelSelector(selector).matches(labels)).toBe(matches);
});

test.each([
  '=x',
  'app in chat',
  'app in (chat',
  'app chat',
  'app=chat,',
  ',app',
  'app>x',
  'a b c',
  'app=-x',
  '-bad=1',
  'app=!',
  '(a)',
  'toString/=x',
])('%j is refused', (selector) => {
  expect(() => parseLabelSelector(selector)).toThrow(/labelSelector .* can't be parsed/);
});

test('names of Object.prototype are no labels', () => {
  expect(parseLabelSelector('constructor').matches({})).toBe(false);
});

test('each object is held against a bounded number of requirements', () => {
  const selector = (count: number): string => Array.from({ length: count }, (_, index) => `!a${index}`).join(',');
  expect(parseLabelSelector(selector(100)).matches({})).toBe(true);
  expect(() => parseLabelSelector(selector(101))).toThrow(/more than 100 requirements/);
});
