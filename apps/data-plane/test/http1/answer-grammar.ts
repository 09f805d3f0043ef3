import type { Dice } from './dice.js';

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";
const VALUE = ' \t!"(),/:;<=>?@[\\]{}~azAZ09\x80\xe2\xff';
const BODY = 'data: {"x":1}\r\n\0\xff0123456789abcdef;\n';
const EOL = '\r\n';

/** An answer that keeps all rules, as Latin-1 text. */
export function validAnswer(dice: Dice): string {
  const interims = dice.chance(6) ? interimAnswers(dice) : '';
  const framing = dice.pick(['Length', 'Length', 'Chunked', 'Chunked', 'Chunked', 'UntilClose', 'None'] as const);
  const body = dice.chance(85) ? dice.text(BODY, dice.chance(10) ? 600 : 60) : '';
  const status = framing === 'None' ? dice.pick([204, 304]) : dice.pick([200, 200, 200, 201, 400, 401, 429, 500, 503]);
  const lines = headerLines(dice);
  if (framing === 'Length') lines.push(`${cased(dice, 'Content-Length')}:${blanks(dice)}${body.length}`);
  if (framing === 'Chunked')
    lines.push(`${cased(dice, 'Transfer-Encoding')}: ${cased(dice, 'chunked')}${blanks(dice)}`);
  if (dice.chance(30)) lines.push(connectionLine(dice));
  if (dice.chance(10)) lines.push(`Keep-Alive: timeout=${dice.below(60)}, max=100`);
  shuffle(dice, lines);
  const head = [statusLine(dice, status), ...lines, '', ''].join(EOL);
  if (framing === 'None') return interims + head;
  return interims + head + (framing === 'Chunked' ? chunked(dice, body) : body);
}

function statusLine(dice: Dice, status: number): string {
  const version = dice.chance(90) ? '1.1' : '1.0';
  const reason = dice.pick([' OK', ' Too Many Requests', ' ', '', ` ${dice.text(VALUE, 12)}`]);
  return `HTTP/${version} ${status}${reason}`;
}

function headerLines(dice: Dice): string[] {
  const lines: string[] = [];
  for (let left = dice.below(7); left > 0; left -= 1) {
    const name = dice.chance(60)
      ? dice.pick(['Content-Type', 'x-request-id', 'Date', 'Set-Cookie', 'server', 'retry-after', 'Upgrade', 'Via'])
      : `${dice.letter(TOKEN)}${dice.text(TOKEN, 16)}`;
    lines.push(`${name}:${blanks(dice)}${dice.text(VALUE, 30)}${blanks(dice)}`);
  }
  return lines;
}

function connectionLine(dice: Dice): string {
  const name = cased(dice, dice.chance(90) ? 'Connection' : 'Proxy-Connection');
  const options = dice.pick([
    'close',
    'keep-alive',
    'keep-alive, close',
    'x, close',
    'close , x',
    'upgrade',
    'closed',
    'x',
  ]);
  return `${name}:${blanks(dice)}${cased(dice, options)}`;
}

function interimAnswers(dice: Dice): string {
  let text = '';
  for (let left = dice.chance(10) ? dice.below(20) : 1; left > 0; left -= 1) {
    const lines = dice.chance(40) ? headerLines(dice) : [];
    text += ['HTTP/1.1 ' + dice.pick(['100 Continue', '102 ', '103 Early Hints']), ...lines, '', ''].join(EOL);
  }
  return text;
}

/** `body` in chunks of any sizes, written in any of the ways that are allowed. */
export function chunked(dice: Dice, body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = 1 + dice.below(dice.chance(50) ? 8 : body.length);
    const data = body.slice(at, at + size);
    text += `${chunkSize(dice, data.length)}${EOL}${data}${EOL}`;
    at += data.length;
  }
  text += `${chunkSize(dice, 0)}${EOL}`;
  if (dice.chance(15))
    text += headerLines(dice)
      .map((line) => line + EOL)
      .join('');
  return text + EOL;
}

function chunkSize(dice: Dice, size: number): string {
  const digits = (dice.chance(10) ? '0'.repeat(dice.below(20)) : '') + cased(dice, size.toString(16));
  if (!dice.chance(8)) return digits;
  const value = dice.pick(['', '=1', '="a b\\"c"', '=""', `=${dice.text(TOKEN, 5)}x`]);
  return `${digits};${dice.letter(TOKEN)}${value}${dice.chance(20) ? ';b' : ''}`;
}

function cased(dice: Dice, text: string): string {
  if (dice.chance(70)) return text;
  return Array.from(text, (letter) => (dice.chance(50) ? letter.toUpperCase() : letter.toLowerCase())).join('');
}

function blanks(dice: Dice): string {
  return dice.pick([' ', ' ', ' ', ' ', '', '  ', '\t', ' \t ']);
}

function shuffle(dice: Dice, lines: string[]): void {
  for (let index = lines.length - 1; index > 0; index -= 1) {
    const other = dice.below(index + 1);
    [lines[index], lines[other]] = [lines[other]!, lines[index]!];
  }
}
