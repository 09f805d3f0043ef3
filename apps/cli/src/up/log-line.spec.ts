import { parseLogLine, plainText, renderLogLine, warnLevel } from './log-line.js';
import { LogView } from './log-view.js';

const plain = (_format: unknown, text: string) => text;
const pino = (fields: object) => JSON.stringify({ level: 30, time: Date.UTC(2026, 0, 31, 8, 15, 2, 113), ...fields });

test('pino’s JSON becomes one line', () => {
  const line = parseLogLine(pino({ name: 'control-plane', pid: 7, msg: 'listening', port: 7071, tags: ['a'] }));
  expect(renderLogLine('control-plane', line, plain)).toBe(
    '08:15:02.113 INFO  control-plane listening port=7071 tags=["a"]',
  );
});

test('levels by name and times as text are read too', () => {
  const line = parseLogLine('{"level":"error","time":"2026-01-31T08:15:02.113Z","msg":"no"}');
  expect(line.level).toBe(50);
  expect(renderLogLine('simulator', line, plain)).toBe('08:15:02.113 ERROR simulator     no');
});

test('an error keeps its stack', () => {
  const line = parseLogLine(pino({ level: 50, msg: 'failed', err: { message: 'no', stack: 'Error: no\n    at x' } }));
  expect(renderLogLine('simulator', line, plain)).toBe('08:15:02.113 ERROR simulator     failed Error: no\n    at x');
});

test('a program’s last words are its message and its error’s, without the stack', () => {
  const err = { message: 'no such key', stack: 'Error: no such key\n    at x' };
  expect(plainText(parseLogLine(pino({ level: 60, msg: 'cannot start', err })))).toBe('cannot start: no such key');
  expect(plainText(parseLogLine('not JSON'))).toBe('not JSON');
});

test('control characters in a message can’t move the cursor', () => {
  const line = parseLogLine(pino({ msg: 'a\u001b[2Jb' }));
  expect(renderLogLine('simulator', line, plain)).toContain('a\u{fffd}[2Jb');
});

test.each([
  ['2026-01-31 08:15:02.113 UTC [42] LOG:  checkpoint complete', 20],
  ['2026-01-31 08:15:02.113 UTC [42] FATAL:  the database system is starting up', 60],
  ['2026-01-31 08:15:02.113 UTC [42] ERROR:  duplicate key', 50],
  ['Error: something no logger has seen', warnLevel],
  ['{not JSON', warnLevel],
])('%s has the level %d', (text, level) => {
  expect(parseLogLine(text)).toMatchObject({ level, text });
});

test('off a terminal lines stay as they are, and the quiet ones unsaid until asked for', () => {
  const written: string[] = [];
  const view = new LogView({ write: (text) => written.push(text) }, plain);
  const info = pino({ msg: 'one' });
  view.write('simulator', info);
  view.write('simulator', pino({ level: 40, msg: 'two' }));
  view.showFrom(30);
  view.write('simulator', info);
  expect(written).toEqual([`${pino({ level: 40, msg: 'two' })}\n`, `${info}\n`]);
});
