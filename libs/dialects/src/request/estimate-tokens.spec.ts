import { estimateTokens } from './estimate-tokens.js';

const tokens = (text: string) => estimateTokens(Buffer.from(text));

it('takes four bytes for a token', () => {
  expect([tokens(''), tokens('abcd'), tokens('abcde'), tokens('日日日日')]).toEqual([0, 1, 2, 3]);
});

it('takes a data URL, however long, for a picture', () => {
  const picture = (length: number) => `{"url":"data:image/png;base64,${'A'.repeat(length)}"}`;
  expect(tokens(picture(10_000_000))).toBe(tokens(picture(100)));
  expect(tokens(picture(100) + picture(5_000))).toBe(2000 + Math.ceil(('{"url":"}'.length * 2) / 4));
  expect(tokens(`"data:${'A'.repeat(394)}`)).toBe(400 / 4);
});
