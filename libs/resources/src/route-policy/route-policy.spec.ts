import { errorsOf, warningsOf } from '../testing/objects.js';

const ref = (more: Record<string, unknown> = {}) => ({ keyPoolRef: { name: 'openai' }, model: 'gpt-4o', ...more });
const rule = (more: Record<string, unknown> = {}) => ({ name: 'main', backendRefs: [ref()], ...more });
const whenBeta = { matches: [{ headers: [{ name: 'x-beta', value: '1' }] }] };

describe('RoutePolicy rules', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'weights that add up to 0',
      { rules: [rule({ backendRefs: [ref({ weight: 0 })] })] },
      'spec.rules[0].backendRefs: the weights add up to 0, so nothing could serve a request; give at least one a weight above 0',
    ],
    [
      'the same in a fallback',
      { rules: [rule({ fallbacks: [{ errors: ['Timeout'], backendRefs: [ref({ weight: 0 })] }] })] },
      'spec.rules[0].fallbacks[0].backendRefs: the weights add up to 0, so nothing could serve a request; give at least one a weight above 0',
    ],
    [
      'a backend twice',
      { rules: [rule({ backendRefs: [ref(), ref({ weight: 2 })] })] },
      'spec.rules[0].backendRefs[1]: is the key pool and model of item 0 again; add its weight there and remove it here',
    ],
    [
      'an attempt longer than the request',
      { retry: { perTryTimeout: '10s' }, timeouts: { request: '5s' } },
      'spec.retry.perTryTimeout: must be at most spec.timeouts.request (5s), which bounds all attempts together',
    ],
    [
      'a back-off the wrong way round',
      { retry: { backoff: { base: '10s' } } },
      'spec.retry.backoff.max: must be at least base (10s)',
    ],
    [
      'retries of what fails the same way again',
      { retry: { rules: [{ errors: ['InvalidRequest'], maxRetries: 1, next: 'NextKey' }] } },
      'spec.retry.rules[0].errors[0]: must be one of Network, Timeout, RateLimited, Overloaded, ServerError, Auth, QuotaExhausted, not "InvalidRequest"',
    ],
    [
      'an empty selector',
      { consumerSelector: { matchLabels: {} } },
      'spec.consumerSelector.matchLabels: must name a label; leave consumerSelector out to mean all',
    ],
    [
      'a header value that would write headers',
      { rules: [rule({ matches: [{ headers: [{ name: 'x-a', value: '1\r\nx-b: 2' }] }] })] },
      'spec.rules[0].matches[0].headers[0].value: must be printable ASCII on one line: no CR, LF or NUL',
    ],
  ])('refuse %s', (_title, spec, expected) => expect(errorsOf('RoutePolicy', spec)).toEqual([expected]));

  it('take an attempt as long as the request', () => {
    expect(errorsOf('RoutePolicy', { retry: { perTryTimeout: '5s' }, timeouts: { request: '5s' } })).toEqual([]);
  });
});

describe('RoutePolicy warnings', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['nothing', { rules: [rule(whenBeta), rule({ name: 'rest' })] }, []],
    [
      'a rule behind one that takes everything',
      { rules: [rule({ name: 'all' }), rule(whenBeta)] },
      ['spec.rules[1]: "main" can\'t match, as "all" before it takes every request'],
    ],
    [
      'a rule behind an empty match',
      { rules: [rule({ name: 'all', matches: [{}] }), rule()] },
      ['spec.rules[1]: "main" can\'t match, as "all" before it takes every request'],
    ],
    [
      'a priority without weight',
      { rules: [rule({ backendRefs: [ref({ weight: 0 }), ref({ model: 'o3', priority: 1 })] })] },
      ['spec.rules[0].backendRefs: every backend of priority 0 has weight 0 and gets nothing'],
    ],
    [
      'a retry rule without a class of its own',
      {
        retry: {
          rules: [
            { errors: ['Timeout', 'Network'], maxRetries: 1, next: 'NextKey' },
            { errors: ['Timeout'], maxRetries: 2, next: 'NextKey' },
          ],
        },
      },
      ['spec.retry.rules[1]: earlier rules take all of its errors'],
    ],
    [
      'timeouts that never pass',
      { timeouts: { request: '5s', firstToken: '6s', streamIdle: '5s' } },
      ['spec.timeouts.firstToken: 6s never passes, as request ends after 5s'],
    ],
  ])('of %s', (_title, spec, expected) => expect(warningsOf('RoutePolicy', spec)).toEqual(expected));
});
