import { usageOf } from './usage.js';

function read(count: string): unknown {
  const text = `{"prompt_tokens":${count},"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":${count}}}`;
  const usage = usageOf(JSON.parse(text));
  expect(usage?.outputTokens).toBe(7);
  expect(usage?.reasoningTokens).toBe(usage?.inputTokens);
  return usage?.inputTokens;
}

it.each(['0', '12', '9007199254740991'])('reads a count of %s', (count) => {
  expect(read(count)).toBe(Number(count));
});

it.each([
  ['is without end once it is a number', '9'.repeat(400)],
  ['is larger than what is counted exactly', '9007199254740993'],
  ['has an exponent without end', '1e999'],
  ['is negative', '-1'],
  ['has a fraction', '1.5'],
  ['is a text', '"12"'],
  ['is null', 'null'],
])('a count that %s is unknown', (_what, count) => {
  expect(read(count)).toBeUndefined();
});
