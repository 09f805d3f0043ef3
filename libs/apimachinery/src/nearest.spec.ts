import { didYouMean, nearest } from './nearest.js';

test.each([
  ['openai', ['OpenAI', 'OpenAICompatible'], 'OpenAI'],
  ['prdo', ['default', 'prod'], 'prod'],
  ['modles', ['models', 'rules'], 'models'],
  ['Route', ['Provider', 'RoutePolicy'], 'RoutePolicy'],
  ['Open', ['OpenAI', 'OpenAICompatible'], undefined],
  ['x', ['y', 'z'], undefined],
  ['staging', ['prod'], undefined],
  ['', ['a'], undefined],
])('%j among %j is %j', (word, candidates, expected) => expect(nearest(word, candidates)).toBe(expected));

test('the question is asked only where there is an answer', () => {
  expect(didYouMean('prdo', ['prod'])).toBe('; did you mean "prod"?');
  expect(didYouMean('nothing', ['prod'])).toBe('');
});
