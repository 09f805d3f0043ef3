import { parseFieldSelector } from './field-selector.js';

const metadata = { name: 'a', namespace: 'default' };

test.each<[string, boolean, string | undefined]>([
  ['', true, undefined],
  ['metadata.name=a', true, 'a'],
  ['metadata.name==b', false, 'b'],
  ['metadata.name!=b', true, undefined],
  ['metadata.name=a,metadata.namespace=other', false, 'a'],
  ['metadata.namespace=default', true, undefined],
])('%j: %s', (selector, matches, name) => {
  const parsed = parseFieldSelector(selector);
  expect(parsed.matches(metadata)).toBe(matches);
  expect(parsed.name).toBe(name);
});

test.each(['spec.type=OpenAI', 'metadata.name', '=a'])('%j is refused', (selector) => {
  expect(() => parseFieldSelector(selector)).toThrow(/field/);
});

test('takes a bounded number of terms', () => {
  const selector = (count: number): string => Array.from({ length: count }, () => 'metadata.name!=a').join(',');
  expect(parseFieldSelector(selector(100)).empty).toBe(false);
  expect(() => parseFieldSelector(selector(101))).toThrow(/more than 100 terms/);
});
