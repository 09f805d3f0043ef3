import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#libs/telemetry';
import { Authenticator } from './authenticator.js';
import { TokenTable } from './token-table.js';

const directory = mkdtempSync(join(tmpdir(), 'signalbox-tokens-'));
const file = join(directory, 'tokens.yaml');
const logger = createLogger({ name: 'test', level: 'silent' });
afterAll(() => rmSync(directory, { recursive: true }));

const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
const entry = (user: string, token: string): string =>
  `  - {name: ${user}, user: ${user}, groups: ['signalbox:viewers'], sha256: "${sha256(token)}"}\n`;

test('knows the tokens of the file', () => {
  writeFileSync(file, `tokens:\n${entry('ada', 'token-a')}${entry('bob', 'token-b')}`);
  const authenticator = new Authenticator(file, logger);
  expect(authenticator.authenticate('Bearer token-b')).toEqual({ user: 'bob', groups: ['signalbox:viewers'] });
  expect(authenticator.authenticate('bearer token-a').user).toBe('ada');
});

test.each([
  ['no header', undefined, /send "Authorization/],
  ['an unknown token', 'Bearer nope', /the token is not known/],
  ['the digest itself', `Bearer ${sha256('token-a')}`, /the token is not known/],
  ['another scheme', 'Basic dG9rZW4tYQ==', /is no bearer token/],
  ['an empty token', 'Bearer ', /is no bearer token/],
  ['line breaks', 'Bearer token-a\r\nx: y', /is no bearer token/],
  ['a huge token', `Bearer ${'x'.repeat(10_000)}`, /is no bearer token/],
])('%s is a 401 that repeats nothing of it', (_, header, message) => {
  writeFileSync(file, `tokens:\n${entry('ada', 'token-a')}`);
  const authenticator = new Authenticator(file, logger);
  expect(() => authenticator.authenticate(header)).toThrow(
    expect.objectContaining({ code: 401, message: expect.stringMatching(message) }),
  );
});

test('reloads the file when it changed; a broken one leaves the last good table', () => {
  let nowMs = 0;
  writeFileSync(file, `tokens:\n${entry('ada', 'token-a')}`);
  const authenticator = new Authenticator(file, logger, () => nowMs);
  writeFileSync(file, `tokens:\n${entry('bob', 'token-b')}# changed\n`);
  nowMs += 1_000;
  expect(authenticator.authenticate('Bearer token-b').user).toBe('bob');
  expect(() => authenticator.authenticate('Bearer token-a')).toThrow();
  writeFileSync(file, 'tokens: [broken');
  nowMs += 1_000;
  expect(authenticator.authenticate('Bearer token-b').user).toBe('bob');
});

test('a clock that is set back puts no revocation off', () => {
  let nowMs = 7_200_000;
  writeFileSync(file, `tokens:\n${entry('ada', 'token-a')}`);
  const authenticator = new Authenticator(file, logger, () => nowMs);
  writeFileSync(file, 'tokens: []\n');
  nowMs = 0;
  expect(() => authenticator.authenticate('Bearer token-a')).toThrow('not known');
});

test('a file that could not be opened is tried again, though it has not changed since', () => {
  let [nowMs, opens] = [0, true];
  writeFileSync(file, `tokens:\n${entry('ada', 'token-a')}`);
  const read = (path: string): string => {
    if (!opens) throw new Error('EMFILE: too many open files');
    return readFileSync(path, 'utf8');
  };
  const authenticator = new Authenticator(file, logger, () => nowMs, read);
  writeFileSync(file, 'tokens: []\n');
  opens = false;
  nowMs += 1_000;
  expect(authenticator.authenticate('Bearer token-a').user).toBe('ada');
  opens = true;
  nowMs += 1_000;
  expect(() => authenticator.authenticate('Bearer token-a')).toThrow('not known');
});

test('a file of the same size and time is another one when its status changed', () => {
  let nowMs = 0;
  const at = new Date('2026-01-01T00:00:00Z');
  const write = (user: string): void => {
    writeFileSync(file, `tokens:\n${entry(user, 'token-a')}`);
    // As `cp -p` and rsync do.
    utimesSync(file, at, at);
  };
  write('ada');
  const authenticator = new Authenticator(file, logger, () => nowMs);
  write('bob');
  nowMs += 1_000;
  expect(authenticator.authenticate('Bearer token-a').user).toBe('bob');
});

test('a missing file is an error that names it and its variable', () => {
  expect(() => new Authenticator('/absent/tokens.yaml', logger)).toThrow(/SIGNALBOX_TOKENS_FILE \/absent\/tokens.yaml/);
});

test.each([
  ['no list', 'tokens: 1', /^tokens: /],
  [
    'a reserved user',
    `tokens: [{name: x, user: 'system:x', groups: [], sha256: "${sha256('x')}"}]`,
    /user: .*reserved/,
  ],
  [
    'a reserved group',
    `tokens: [{name: x, user: x, groups: ['system:x'], sha256: "${sha256('x')}"}]`,
    /groups.*reserved/,
  ],
  ['a digest that is none', 'tokens: [{name: a, user: a, groups: [], sha256: abc}]', /^tokens\[0\]\.sha256: must be/],
  [
    'a token of two users',
    `tokens:\n${entry('ada', 't')}${entry('bob', 't').replace(sha256('t'), sha256('t').toUpperCase())}`,
    /^tokens\[1\]\.sha256: another entry/,
  ],
  [
    'an unknown field',
    `tokens: [{name: a, user: a, groups: [], token: x, sha256: "${'0'.repeat(64)}"}]`,
    /tokens\[0\]/,
  ],
  ['nothing', '', /^tokens: /],
  [
    'a second document, whose tokens would not be known',
    `tokens:\n${entry('ada', 'a')}---\ntokens:\n${entry('bob', 'b')}`,
    /more than one document: put all tokens into one list/,
  ],
])('a table with %s is refused', (_, text, message) => {
  expect(() => TokenTable.parse(text)).toThrow(message);
});
