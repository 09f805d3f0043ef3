import { hostileShapes, steepGrowth } from '#libs/testing';
import { MASK, maskSecrets } from './mask-secrets.js';

const random = 'h4Kq9ZtW2vXc7LmB5nR8';

it.each([
  ['OpenAI', `sk-proj-${random}_-x`],
  ['Anthropic', `sk-ant-api03-${random}`],
  ['a consumer key of ours', `sbx_${random}`],
  ['a control plane token of ours', `sbt_${random}`],
  ['Google', `AIza${random}abcdefghij`],
  ['Groq', `gsk_${random}`],
  ['xAI', `xai-${random}`],
  ['Hugging Face', `hf_${random}`],
  ['AWS', 'AKIAIOSFODNN7EXAMPLE'],
  ['GitHub', `ghp_${random}`],
  ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'],
])('masks a key of %s wherever it stands', (_name, key) => {
  for (const text of [key, `refused: ${key}.`, `"${key}"`, `\n${key}\n`, JSON.stringify({ message: `line\n${key}` })]) {
    const masked = maskSecrets(text);
    expect(masked).not.toContain(key);
    expect(masked).toContain(MASK);
  }
});

it.each([
  ['a bearer token', `Authorization: Bearer ${random}`, `Authorization: Bearer ${MASK}`],
  ['basic credentials', 'basic dXNlcjpwYXNzd29yZA==', `basic ${MASK}`],
  ["Gemini's query parameter", `GET /v1beta/models?key=${random}&alt=sse`, `GET /v1beta/models?key=${MASK}&alt=sse`],
  ['a pair', `api_key=${random}, retry`, `api_key=${MASK}, retry`],
  ['a password in a URL', 'postgres://user:hunter2@host/db', `postgres://user:${MASK}@host/db`],
  ['a private key', 'x -----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI/+=\n-----END EC PRIVATE KEY----- y', `x ${MASK} y`],
])('masks %s and leaves what is around it', (_name, text, expected) => expect(maskSecrets(text)).toBe(expected));

it.each([
  'task-scheduler-with-a-long-name',
  'the key primary of pool default/alpha cooled down',
  'postgres://user@host:5432/db',
  'https://api.example.com/v1/chat/completions',
  'bearer token missing',
  '0af7651916cd43dd8448eb211c80319c',
])('leaves %s alone', (text) => expect(maskSecrets(text)).toBe(text));

it('masks a JSON Web Token that was cut', () => {
  expect(maskSecrets('"eyJhbGciOiJIUzI1NiJ9"')).toBe(`"${MASK}"`);
  expect(maskSecrets('"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi')).toBe(`"${MASK}`);
});

/** What each of the patterns begins with, again and again, or begins with for a long time. */
const beginnings = [
  '-eyJaaaaaa',
  'eyJaaaaaa.',
  '-sk-aaa',
  'Bearer ',
  'Bearer\t',
  '-----BEGIN ',
  '://a:',
  '://',
  'key=',
  '-AIza-',
  '-ya29.',
];
const shapes = {
  ...hostileShapes,
  ...Object.fromEntries(beginnings.map((text) => [text, (length: number) => text.repeat(length / text.length)])),
  'a scheme and blanks': (length: number) => `Bearer${' '.repeat(length)}`,
  'a password without a host': (length: number) => `://${'a:'.repeat(length / 2)}`,
  'a header without its end': (length: number) => `-----BEGIN ${'A'.repeat(length)}`,
};

it.each(Object.entries(shapes))('takes time by the length of a text of %j', (_name, shape) => {
  expect(steepGrowth((size) => void maskSecrets(shape(size)), { from: 4_096, to: 1_048_576 })).toBeUndefined();
});

it('leaves JSON readable', () => {
  const line = JSON.stringify({
    a: `-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n`,
    b: '-----BEGIN PRIVATE KEY-----\nabc"d',
    c: `token=${random}"x`,
    d: 'https://u:p"w@host',
  });
  const read = JSON.parse(maskSecrets(line)) as Record<string, string>;
  expect(read['a']).toBe(`${MASK}\n`);
  expect(read['b']).toBe(`${MASK}"d`);
  expect(read['c']).toBe(`token=${MASK}"x`);
});
