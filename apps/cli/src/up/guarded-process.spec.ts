import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '#libs/testing';
import { packageRoot } from '../package-root.js';
import { spawnGuarded } from './guarded-process.js';
import type { GuardedProcess } from './guarded-process.js';

function guarded(program: string, ...args: string[]): GuardedProcess {
  return spawnGuarded({
    command: process.execPath,
    args: ['-e', program, ...args],
    env: process.env,
    cwd: '/',
    stopSignal: 'SIGTERM',
    orphanGraceSeconds: 1,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const waits = 'console.log(process.pid); setInterval(() => {}, 1000);';

async function firstLine(process: GuardedProcess): Promise<string> {
  const [chunk] = (await once(process.stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}

test('passes arguments, output and exit code through', async () => {
  const program = guarded('console.log(process.argv[1]); console.error("no"); process.exit(7)', `a "b" $c 'd'`);
  const [out, error, end] = await Promise.all([text(program.stdout), text(program.stderr), program.ended]);
  expect({ out, error, end }).toEqual({ out: `a "b" $c 'd'\n`, error: 'no\n', end: { code: 7, signal: null } });
});

test('stop lets the program end in its own way', async () => {
  const program = guarded(
    'process.on("SIGTERM", () => setTimeout(() => process.exit(3), 50)); console.log("on"); setInterval(() => {}, 1000)',
  );
  await firstLine(program);
  expect(await program.stop(20_000)).toEqual({ code: 3, signal: null });
  expect(isAlive(program.pid)).toBe(false);
});

test('a second stop doesn’t hurry the program, but its deadline counts', async () => {
  const program = guarded(
    'process.on("SIGTERM", () => console.log("asked")); console.log("on"); setInterval(() => {}, 1000)',
  );
  const lines: string[] = [];
  program.stdout.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
  await eventually(() => lines.includes('on'));
  const first = program.stop(60_000);
  await eventually(() => lines.includes('asked'));
  await program.stop(300);
  expect(await first).toEqual(await program.ended);
  expect(lines).toEqual(['on', 'asked']);
});

test('a program that doesn’t end is killed at the deadline', async () => {
  const program = guarded(`process.on("SIGTERM", () => {}); ${waits}`);
  const pid = Number(await firstLine(program));
  await program.stop(100);
  await eventually(() => !isAlive(pid));
});

test('a guard that is killed takes its program along', async () => {
  const program = guarded(waits);
  const pid = Number(await firstLine(program));
  process.kill(program.pid, 'SIGKILL');
  await program.ended;
  await eventually(() => !isAlive(pid));
});

test('a command that doesn’t exist ends with 127, as in a shell, however often', async () => {
  const missing = { command: '/nonexistent/program', args: [], env: {}, cwd: '/', stopSignal: 'SIGTERM' } as const;
  // Many at once, because the end of a program meets the start of its watcher.
  const programs = Array.from({ length: 40 }, () => spawnGuarded({ ...missing, orphanGraceSeconds: 1 }));
  const ends = await Promise.all(programs.map((program) => program.ended));
  expect(ends.map(({ code }) => code)).toEqual(programs.map(() => 127));
});

test.each([
  ['asked to end', 'process.on("SIGTERM", () => process.exit())'],
  ['killed after the grace', 'process.on("SIGTERM", () => {})'],
])('a program whose parent is killed with SIGKILL is %s', async (_how, handler) => {
  const build = join(packageRoot(), 'dist/apps/cli/src/up/guarded-process.js');
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { spawnGuarded } from ${JSON.stringify(build)};
       const child = spawnGuarded({ command: process.execPath, args: ['-e', ${JSON.stringify(`${handler}; ${waits}`)}],
         env: process.env, cwd: '/', stopSignal: 'SIGTERM', orphanGraceSeconds: 1 });
       child.stdout.pipe(process.stdout);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(() => !isAlive(pid));
});
