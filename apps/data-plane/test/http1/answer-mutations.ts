import type { Dice } from './dice.js';

const NASTY = '\r\n\0 \t:;,=0123456789abcdefF"\\\x7f\x80\xffHTPTclose-chunked+';

type Mutation = (dice: Dice, text: string) => string;

const mutations: readonly Mutation[] = [
  (dice, text) => edit(dice, text, 1, ''),
  (dice, text) => edit(dice, text, 0, dice.letter(NASTY)),
  (dice, text) => edit(dice, text, 1, dice.letter(NASTY)),
  (dice, text) => edit(dice, text, dice.below(12), ''),
  (dice, text) => edit(dice, text, 0, text.slice(0, dice.below(text.length + 1))),
  /** A line end that isn't one. */
  (dice, text) =>
    at(dice, text, '\r\n', dice.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\r\n ', '\r\n\t', ' \r\n'])),
  (dice, text) => at(dice, text, ':', dice.pick([' :', '::', '', '\t:', ':\0', ':\r\n '])),
  (dice, text) =>
    at(
      dice,
      text,
      'HTTP/1.1',
      dice.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'http/1.1', 'HTTP/11', 'ICY']),
    ),
  (dice, text) =>
    at(
      dice,
      text,
      ' 200',
      dice.pick([' 99', ' 1000', ' 000', ' 099', ' 101', ' 20x', '200', ' 999', ' 600', '  200', ' 100', ' 204']),
    ),
  (dice, text) => repeatLine(dice, text),
  (dice, text) => addLine(dice, text),
  (dice, text) => number(dice, text),
  (dice, text) => text.slice(0, dice.below(text.length + 1)),
  (dice, text) => text + dice.pick(['\r\n', '\n', 'x', '\0', 'HTTP/1.1 200 OK\r\n\r\n', '0\r\n\r\n', text]),
  (dice, text) => dice.pick(['\r\n', '\n', ' ', '\r\n\r\n', '\0', '\xef\xbb\xbf']) + text,
];

/** The text, changed in one to four places. */
export function mutated(dice: Dice, text: string): string {
  let result = text;
  for (let left = 1 + dice.below(dice.chance(70) ? 1 : 4); left > 0; left -= 1) {
    result = dice.pick(mutations)(dice, result);
  }
  return result;
}

/** Lines that readers have disagreed on elsewhere. */
const smuggled = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding:',
  'Transfer_Encoding: chunked',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: -5',
  'Content-Length: 5, 5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length: 5e0',
  'Content-Length: 005',
  'Content-Length:',
  'Content-Length: 9007199254740993',
  'Content-Length: 18446744073709551616',
  'Content-Length: 99999999999999999999999999',
  'Content_Length: 5',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: close, upgrade',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: close x',
  'Connection:',
  'Trailer: content-length',
  ' folded: value',
  '\tfolded',
  ': no name',
  'no colon',
  'x: \0',
  'x: \x7f',
  'x: a\rb',
  'x: a\nb: c',
  'x\x80: a',
  'Keep-Alive: timeout=99999999999999999999',
];

/** Answers that are wrong on purpose: at a limit, or with framing that two readers could understand differently. */
export function hostileAnswer(dice: Dice, valid: string): string {
  const lineEnd = valid.indexOf('\r\n') + 2;
  const long = 'x'.repeat(dice.pick([900, 1_100, 17_000, 40_000]));
  switch (dice.below(7)) {
    case 0:
      return `${valid.slice(0, lineEnd)}x-long: ${long}\r\n${valid.slice(lineEnd)}`;
    case 1:
      return `HTTP/1.1 200 ${long}\r\n${valid.slice(lineEnd)}`;
    case 2:
      return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${long}\r\na\r\n0;x="${long}"\r\n\r\n`;
    case 3:
      return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${long.replaceAll('x', '0')}1\r\na\r\n0\r\n\r\n`;
    case 4:
      return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: ${long}\r\n${dice.pick(smuggled)}\r\n\r\n`;
    case 5:
      return 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(dice.below(40)) + valid;
    default:
      return addLine(dice, addLine(dice, valid));
  }
}

function addLine(dice: Dice, text: string): string {
  const lineEnd = text.indexOf('\r\n');
  if (lineEnd < 0) return text;
  return `${text.slice(0, lineEnd + 2)}${dice.pick(smuggled)}\r\n${text.slice(lineEnd + 2)}`;
}

function repeatLine(dice: Dice, text: string): string {
  const lines = text.split('\r\n');
  const line = dice.below(lines.length);
  lines.splice(dice.below(lines.length + 1), 0, lines[line]!);
  return lines.join('\r\n');
}

function number(dice: Dice, text: string): string {
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return text;
  const found = dice.pick(numbers);
  const value = dice.pick([
    '',
    '0',
    '-1',
    '1',
    'f',
    'FFFFFFFF',
    '20000000000000',
    'FFFFFFFFFFFFFFFFF',
    '7fffffffffffffff',
    '00000000000000000000000001',
    `${dice.below(400)}`,
  ]);
  return text.slice(0, found.index) + value + text.slice(found.index + found[0].length);
}

function edit(dice: Dice, text: string, remove: number, insert: string): string {
  const position = dice.below(text.length + 1);
  return text.slice(0, position) + insert + text.slice(position + remove);
}

/** One occurrence of `what`, chosen by chance, becomes `by`. */
function at(dice: Dice, text: string, what: string, by: string): string {
  const parts = text.split(what);
  if (parts.length === 1) return text;
  const chosen = 1 + dice.below(parts.length - 1);
  return parts.slice(0, chosen).join(what) + by + parts.slice(chosen).join(what);
}
