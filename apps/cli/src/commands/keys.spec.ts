import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../cli-error.js';
import { againstScriptedServer } from '../testing/against-scripted-server.js';
import { type Outcome, runCommand } from '../testing/run-command.js';

const [oldId, newId] = ['00000000000000aa', '00000000000000bb'];
const status = (
  files: string[][],
  remaining: number,
  asked: string | null = null,
  encryptsUnder: (string | null)[] = [],
) => ({
  body: {
    kind: 'KeyStatus',
    masterKeys: [
      { masterKey: oldId, objects: remaining, log: 0, removable: remaining === 0 && encryptsUnder.length === 0 },
      { masterKey: newId, objects: files.flat().includes(newId) ? 5 - remaining : 0, log: 0, removable: false },
    ],
    replicas: files.map((masterKeys, index) => ({
      replica: `r${index}`,
      host: `host-${index}`,
      masterKeys,
      encryptsUnder: encryptsUnder[index] === undefined ? masterKeys[0] : encryptsUnder[index],
    })),
    reencryption: { masterKey: asked, remaining },
  },
});

const cli = againstScriptedServer();
const signalbox = (...args: string[]): Promise<Outcome> => cli.run(args);
const posts = () => cli.server.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);

test('status says what is still needed, by whom, and whether the files agree', async () => {
  cli.server.on('GET /keys', status([[newId, oldId], [newId]], 2, newId));
  const { out } = await signalbox('keys', 'status');
  expect(out).toMatch(new RegExp(`^${oldId} +still needed +2 +0 +1 of 2$`, 'm'));
  expect(out).toMatch(new RegExp(`^${newId} +encrypts +3 +0 +2 of 2$`, 'm'));
  expect(out).toMatch(new RegExp(`^host-0 +r0 +${newId} +${newId}, ${oldId}$`, 'm'));
  expect(out).toContain(`2 envelopes are under other keys than ${newId}, and are being re-encrypted.`);
  cli.server.on('GET /keys', status([[newId, oldId], [oldId]], 2));
  expect((await signalbox('keys', 'status')).out).toContain('The files of the replicas begin with different keys.');
});

test('the line of an old key stays, with the name of the replica, until all have said that they use another', async () => {
  const files = [
    [newId, oldId],
    [newId, oldId],
    [newId, oldId],
  ];
  cli.server.on('GET /keys', status(files, 0, newId, [newId, oldId, null]));
  const { out } = await signalbox('keys', 'status');
  expect(out).toMatch(new RegExp(`^${oldId} +may be in use +0 +0 +3 of 3$`, 'm'));
  expect(out).toMatch(new RegExp(`^host-2 +r2 +not known +${newId}, ${oldId}$`, 'm'));
  expect(out).toContain(
    `The line of ${oldId} must stay: host-1 (r1) still encrypts under it; host-2 (r2) may encrypt under it: it has not said which key it uses.`,
  );
  cli.server.on('GET /keys', status(files, 0, newId));
  const after = (await signalbox('keys', 'status')).out;
  expect(after).toMatch(new RegExp(`^${oldId} +no longer needed +0 +0 +3 of 3$`, 'm'));
  expect(after).not.toContain('must stay');
});

test('rotate waits until the old line can go', async () => {
  const file = [newId, oldId];
  cli.server.on(
    'GET /keys',
    status([file], 4),
    status([file], 0, newId, [oldId]),
    status([file], 0, newId, [null]),
    status([file], 0, newId),
  );
  cli.server.on('POST /keys/reencrypt', status([file], 4, newId));
  const { code, out } = await signalbox('keys', 'rotate');
  expect([code, out.includes('must stay'), out.includes('The old lines can go out')]).toEqual([0, false, true]);
  expect(cli.server.requests.filter(({ method }) => method === 'GET')).toHaveLength(4);
});

test('a key that nobody has any more is told with what to do, and nothing waits for it', async () => {
  cli.server.on('GET /keys', status([[newId]], 2));
  expect((await signalbox('keys', 'status')).out).toMatch(
    new RegExp(`^${oldId} +still needed +2 +0 +0 of 1$[^]*\\nNo replica has ${oldId}\\..*\\n?.*Put its line back`, 'm'),
  );
  const { code, error } = await signalbox('keys', 'rotate');
  expect([code, posts()]).toEqual([exitCodes.failure, []]);
  expect(error).toMatch(new RegExp(`^Error: No replica has the master key ${oldId}\\.\\n.*Put its line back`));
});

test('rotate elsewhere: first the steps, then, with the new line everywhere, the re-encryption', async () => {
  cli.server.on('GET /keys', status([[oldId]], 0));
  const steps = await signalbox('keys', 'rotate');
  expect([steps.code, steps.out.includes('above the old lines'), posts()]).toEqual([0, true, []]);

  cli.server.on(
    'GET /keys',
    status([[newId, oldId]], 4),
    status([[newId, oldId]], 1, newId),
    status([[newId, oldId]], 0, newId),
  );
  cli.server.on('POST /keys/reencrypt', status([[newId, oldId]], 4, newId));
  const done = await signalbox('keys', 'rotate');
  expect([done.code, posts()]).toEqual([0, ['/keys/reencrypt']]);
  expect(done.out).toContain(`Everything is encrypted under ${newId}.`);
  expect(done.out).toContain('The old lines can go out of the file of every replica');
  expect(done.error).toContain('1 left to re-encrypt');
});

test('a refusal is shown as it is: it names the replica', async () => {
  cli.server.on('GET /keys', status([[newId, oldId], [oldId]], 4));
  cli.server.on('POST /keys/reencrypt', {
    status: 409,
    body: { kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict', message: 'host-1 (r1): 00aa' },
  });
  expect(await signalbox('keys', 'rotate')).toMatchObject({
    code: exitCodes.conflict,
    error: expect.stringContaining('host-1 (r1)'),
  });
});

test('here: a rotation that was interrupted goes on without another new line', async () => {
  const file = join(cli.folder, 'master.key');
  writeFileSync(file, 'new\nold\n');
  writeFileSync(join(cli.folder, 'endpoints.json'), JSON.stringify({ controlPlane: cli.server.origin }));
  cli.server.on('GET /keys', status([[newId, oldId]], 3), status([[newId, oldId]], 0, newId));
  cli.server.on('POST /keys/reencrypt', status([[newId, oldId]], 3, newId));
  const { code } = await runCommand(['keys', 'rotate'], cli.folder, { SIGNALBOX_STATE_DIR: cli.folder });
  expect([code, readFileSync(file, 'utf8')]).toEqual([0, 'new\nold\n']);
});
