import { between, type Draw, oneOf } from './draw.js';

/** Longer texts than this are made by no `minLength`. */
const MAX_LENGTH = 4_096;

const two = (value: number): string => String(value).padStart(2, '0');
const hex = (draw: Draw, length: number): string =>
  Array.from({ length }, () => between(draw, 0, 15).toString(16)).join('');
const word = (draw: Draw): string => oneOf(draw, draw.words);
const name = (draw: Draw): string =>
  word(draw)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '') || 'signal';
const date = (draw: Draw): string => `2026-${two(between(draw, 1, 12))}-${two(between(draw, 1, 28))}`;
const time = (draw: Draw): string =>
  `${two(between(draw, 0, 23))}:${two(between(draw, 0, 59))}:${two(between(draw, 0, 59))}Z`;

/** The formats that JSON Schema defines and providers take. Addresses and names are those that are kept for examples. */
const formats: Readonly<Record<string, (draw: Draw) => string>> = {
  'date-time': (draw) => `${date(draw)}T${time(draw)}`,
  date,
  time,
  duration: (draw) => `PT${between(draw, 1, 90)}M`,
  email: (draw) => `${name(draw)}@example.com`,
  hostname: (draw) => `${name(draw)}.example.com`,
  ipv4: (draw) => `192.0.2.${between(draw, 1, 254)}`,
  ipv6: (draw) => `2001:db8::${between(draw, 1, 0xffff).toString(16)}`,
  uri: (draw) => `https://example.com/${name(draw)}`,
  uuid: (draw) =>
    `${hex(draw, 8)}-${hex(draw, 4)}-4${hex(draw, 3)}-${oneOf(draw, ['8', '9', 'a', 'b'])}${hex(draw, 3)}-${hex(draw, 12)}`,
};

/** A text of the format, or else of the length. `pattern` is not looked at. */
export function textFor(schema: Readonly<Record<string, unknown>>, draw: Draw): string {
  const format = typeof schema['format'] === 'string' ? formats[schema['format']] : undefined;
  if (format !== undefined) return format(draw);
  const least = Math.min(numberOr(schema['minLength'], 0), MAX_LENGTH);
  const most = Math.max(least, numberOr(schema['maxLength'], MAX_LENGTH));
  let text = word(draw);
  while (text.length < least) text += ` ${word(draw)}`;
  return text.slice(0, most);
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
