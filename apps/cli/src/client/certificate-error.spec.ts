import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../cli-error.js';
import { runCommand } from '../testing/run-command.js';
import { ScriptedServer } from '../testing/scripted-server.js';

const HOUR_MS = 3_600_000;

let folder: string;
let server: ScriptedServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-certificate-'));
  writeFileSync(join(folder, 'token'), 'sbt_secret\n');
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function auditHead(fromMs: number, toMs: number, { date, origin }: { date?: Date; origin?: string } = {}) {
  server = await ScriptedServer.start({ fromMs, toMs });
  const headers = date && { date: date.toUTCString() };
  server.on('GET /livez', { headers, body: 'ok' });
  writeFileSync(join(folder, 'ca.crt'), server.certificate);
  return runCommand(['audit', 'head'], folder, {
    SIGNALBOX_CONTROL_PLANE_URL: origin ?? server.origin,
    SIGNALBOX_TOKEN_FILE: join(folder, 'token'),
    SIGNALBOX_CA_FILE: join(folder, 'ca.crt'),
  });
}
const time = String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z`;

test('a certificate of the future: its validity, both clocks, and which way to go', async () => {
  const now = Date.now();
  const ahead = { date: new Date(now + 26 * HOUR_MS) };
  const { code, out, error } = await auditHead(now + 2 * HOUR_MS, now + 100 * HOUR_MS, ahead);
  expect([code, out]).toEqual([exitCodes.failure, '']);
  expect(error).toMatch(
    new RegExp(
      `^Error: The certificate of ${server.origin} is not valid yet: it is valid from ${time} to ${time}; the clock here says ${time}, the server's ${time}\\.\\n` +
        '  The two clocks are 26 h apart: set the one that is wrong\\..* restart the control plane',
    ),
  );
  expect(error).not.toContain('Is it running');
  // Whoever answered isn't known, so it got no token.
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/livez', undefined]]);
});

test('an expired one, with clocks that agree', async () => {
  const now = Date.now();
  const { error } = await auditHead(now - 100 * HOUR_MS, now - HOUR_MS);
  expect(error).toMatch(new RegExp(`has expired: it is valid from ${time} to ${time}; the clock here says`));
  expect(error).toContain('Restart the control plane: it makes a new certificate at each start.');
});

test('an authority that is not trusted, and a name that the certificate lacks', async () => {
  const now = Date.now();
  const other = await ScriptedServer.start();
  const { error } = await auditHead(now - HOUR_MS, now + HOUR_MS, { origin: other.origin });
  expect(error).toMatch(/signed by an authority that isn't trusted here \([A-Z_]+\)\.\n {2}Set SIGNALBOX_CA_FILE/);
  await other.stop();
  await server.stop();
  const port = new URL((server = await ScriptedServer.start()).origin).port;
  writeFileSync(join(folder, 'ca.crt'), server.certificate);
  const named = await runCommand(['audit', 'head'], folder, {
    SIGNALBOX_CONTROL_PLANE_URL: `https://localhost:${port}`,
    SIGNALBOX_TOKEN_FILE: join(folder, 'token'),
    SIGNALBOX_CA_FILE: join(folder, 'ca.crt'),
  });
  expect(named.error).toMatch(/is for other names: .*\n {2}Add the name by which you reach it to SIGNALBOX_TLS_SANS/);
});
