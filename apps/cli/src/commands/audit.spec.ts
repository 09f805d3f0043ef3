import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../cli-error.js';
import { againstScriptedServer } from '../testing/against-scripted-server.js';
import type { Outcome } from '../testing/run-command.js';

const cli = againstScriptedServer();
const signalbox = (...args: string[]): Promise<Outcome> => cli.run(args);
const lines = (...messages: object[]): string => messages.map((message) => `${JSON.stringify(message)}\n`).join('');
const head = { id: 9, hash: 'ab', key: '0c', mac: 'cd' };

test('verify shows how far it is and what came of it', async () => {
  const progress = { progress: { rows: 7, row: 7, head: 12 } };
  cli.server.on('GET /audit/verify', { body: lines(progress, { valid: true, rows: 12, unkeyedRows: 0, head: 12 }) });
  expect(await signalbox('audit', 'verify')).toEqual({
    code: 0,
    out: 'The audit is intact: 12 rows, up to row 12.\n',
    error: '\rrow 7 of 12',
  });
});

test('verify names the row that was altered, and the rows of which less is known', async () => {
  cli.server.on('GET /audit/verify', {
    body: lines({ valid: false, rows: 4, badRow: 5, reason: 'the row is missing' }),
  });
  expect(await signalbox('audit', 'verify')).toMatchObject({
    code: exitCodes.failure,
    out: 'The audit was altered at row 5: the row is missing.\n',
  });
  cli.server.on('GET /audit/verify', { body: lines({ valid: true, rows: 12, unkeyedRows: 3, head: 12 }) });
  expect((await signalbox('audit', 'verify')).out).toContain('3 of them are from before the audit had a key');
});

test.each([
  ['ends early', lines({ progress: { rows: 1, row: 1, head: 2 } }), 'before its outcome'],
  ['fails', lines({ error: 'the database is not available' }), 'broke off: the database is not available'],
])('an answer that %s proves nothing', async (_case, body, message) => {
  cli.server.on('GET /audit/verify', { body });
  expect(await signalbox('audit', 'verify')).toMatchObject({
    code: exitCodes.failure,
    out: '',
    error: expect.stringContaining(message),
  });
});

test('a head goes to a file, and verify goes on from it', async () => {
  cli.server.on('GET /audit/head', { body: head });
  const { out } = await signalbox('audit', 'head');
  expect(JSON.parse(out)).toEqual(head);
  const file = join(cli.folder, 'head.json');
  writeFileSync(file, out);
  cli.server.on('GET /audit/verify', { body: lines({ valid: true, rows: 3, unkeyedRows: 0, head: 12 }) });
  expect((await signalbox('audit', 'verify', '--from-head', file)).out).toBe(
    'The audit is intact: 3 rows after row 9, up to row 12.\n',
  );
  expect(cli.server.requests.at(-1)?.query).toEqual({ headId: '9', headHash: 'ab', headMac: 'cd' });
  for (const other of ['{}', 'null', 'kind: Provider']) {
    writeFileSync(file, other);
    expect(await signalbox('audit', 'verify', '--from-head', file)).toMatchObject({
      code: exitCodes.usage,
      error: expect.stringContaining("isn't what `signalbox audit head` prints"),
    });
  }
});
