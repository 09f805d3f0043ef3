import { ConfigError } from './config-error.js';
import { EnvironmentReader } from './environment-reader.js';
import * as rules from './rules.js';

const read = <Value>(rule: rules.Rule<Value>, text: string) => new EnvironmentReader({ X: text }).optional('X', rule);

test('an empty variable is an absent one', () => {
  const reader = new EnvironmentReader({ EMPTY: '', BLANK: ' \n', SET: ' value\n' });
  expect(['EMPTY', 'BLANK', 'ABSENT', 'SET'].map((name) => reader.optional(name))).toEqual([
    undefined,
    undefined,
    undefined,
    'value',
  ]);
  expect(() => reader.finish()).not.toThrow();
});

test('everything that is wrong is said at once, by name and without values', () => {
  const reader = new EnvironmentReader({ PORT: 's3cret', EMPTY: '' });
  reader.optional('PORT', rules.port);
  reader.required('EMPTY', 'make one with: openssl rand -base64 32');
  reader.required('PORT', 'a hint that nobody needs', rules.postgresUrl);
  reader.refuse('A and B are the same');
  expect(() => reader.finish()).toThrow(
    new ConfigError([
      'PORT must be a port: 0 (any free one) to 65535',
      'EMPTY is missing: make one with: openssl rand -base64 32',
      'PORT must be a Postgres URL such as postgres://user@host:5432/signalbox',
      'A and B are the same',
    ]),
  );
});

test.each<[string, rules.Rule<unknown>, Record<string, unknown>]>([
  ['port', rules.port, { 0: 0, 65535: 65_535, 65536: undefined, '7e3': undefined, '-1': undefined, ' 80 ': 80 }],
  ['fixedPort', rules.fixedPort, { 0: undefined, 1: 1, 65536: undefined, https: undefined }],
  ['share', rules.share, { 0: 0, 1: 1, '1.0': 1, '.5': 0.5, '1.5': undefined, half: undefined, '-0.1': undefined }],
  ['oneOf', rules.oneOf(['info', 'debug']), { info: 'info', Info: undefined }],
  ['listOf', rules.listOf(/^[a-z]+$/, ''), { 'a, b': ['a', 'b'], 'a,,b': undefined, 'a b': undefined }],
  ['duration', rules.duration, { '1m30s500ms': 90_500, 99: undefined, '1d': undefined, '0s': 0 }],
  [
    'httpsOrigin',
    rules.httpsOrigin,
    {
      'https://a:1/': 'https://a:1',
      'http://a': undefined,
      'https://user:s3cret@a': undefined,
      'https://a/path': undefined,
      'https://a?b': undefined,
      nonsense: undefined,
    },
  ],
  ['httpUrl', rules.httpUrl, { 'http://a/b': 'http://a/b', 'ftp://a': undefined }],
  ['postgresUrl', rules.postgresUrl, { 'postgresql://a': 'postgresql://a', 'mysql://a': undefined }],
  ['absolutePath', rules.absolutePath, { '/a': '/a', 'a/b': undefined }],
  ['pathFrom', rules.pathFrom('/w'), { 'a/b': '/w/a/b', '/c': '/c' }],
])('%s', (_, rule, cases) => {
  for (const [text, value] of Object.entries(cases)) expect([text, read(rule, text)]).toEqual([text, value]);
});
