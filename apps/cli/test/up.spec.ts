import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePorts, type ManagedProcess } from '#libs/testing';
import { runSignalbox, signalboxProcess } from './support/run-signalbox.js';
import { execFileSync } from 'node:child_process';

let folder: string;
let environment: Record<string, string>;
let dataOrigin: string;

beforeAll(async () => {
  // A blank and a quote: a path goes through a shell, an initdb and a Postgres setting.
  folder = mkdtempSync(join(tmpdir(), "signalbox up's "));
  const [data = 0, control = 0, simulator = 0, dataAdmin = 0] = await freePorts(4);
  dataOrigin = `http://127.0.0.1:${data}`;
  environment = {
    SIGNALBOX_DATA_PORT: String(data),
    SIGNALBOX_CONTROL_PORT: String(control),
    SIGNALBOX_SIMULATOR_PORT: String(simulator),
    SIGNALBOX_DATA_ADMIN_PORT: String(dataAdmin),
  };
});

afterAll(() => {
  rmSync(realpathSync(join(folder, '.signalbox/postgres')), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

const signalbox = (args: readonly string[], variables: Record<string, string> = {}): ManagedProcess =>
  signalboxProcess(args, { ...environment, ...variables }, folder);

const finished = (...args: string[]) => finishedWith({}, ...args);
const finishedWith = (variables: Record<string, string>, ...args: string[]) =>
  runSignalbox(args, { ...environment, ...variables }, folder);

/** Processes that were seen below an `up`; what is left of them is what it left behind. */
const seen = new Set<number>();

function processes(): { pid: number; parent: number; command: string }[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, command = ''] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
      // An orphan that ended waits for init, which some containers don't have.
      return command.includes('<defunct>') ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
}

function remember(root: number): void {
  const below = new Set([root]);
  const all = processes();
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  for (const pid of below) seen.add(pid);
}

function left(): string[] {
  return processes().flatMap(({ pid, command }) => (seen.has(pid) ? [command] : []));
}

async function chatStatus(): Promise<number> {
  const key = readFileSync(join(folder, '.signalbox/consumer.key'), 'utf8').trim();
  const response = await fetch(`${dataOrigin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

test('--once answers a chat, tells how, and ends with 0', async () => {
  const { code, output } = await finished('up', '--once');
  expect(output).toMatch(/^answer +\S/m);
  expect(output).toMatch(/^backend +\S*(alpha|beta)/m);
  expect(output).toMatch(/^key +(first|second)$/m);
  expect(output).toMatch(/^attempts +1$/m);
  expect(output).toMatch(/^trace id +[0-9a-f]{32}$/m);
  expect(code).toBe(0);
  const state = join(folder, '.signalbox');
  expect(statSync(state).mode & 0o777).toBe(0o700);
  for (const secret of ['kubeconfig', 'admin.token', 'consumer.key', 'master.key']) {
    expect([secret, statSync(join(state, secret)).mode & 0o777]).toEqual([secret, 0o600]);
  }
  const shown = [output, readFileSync(join(state, 'endpoints.json'), 'utf8')].join('\n');
  for (const secret of ['admin.token', 'consumer.key', 'master.key', 'state.key', 'data-plane.token']) {
    expect(shown).not.toContain(readFileSync(join(state, secret), 'utf8').trim());
  }
});

describe('a second start', () => {
  let up: ManagedProcess;

  beforeAll(async () => {
    up = signalbox(['up']);
    up.start();
    await up.untilReady(async () => (await chatStatus()) === 200, 60_000);
    remember(up.pid);
  });

  afterAll(() => up.end('SIGKILL'));

  test('has what was there, and the commands find it', async () => {
    const audit = await finished('audit', '--object', 'Consumer/default/demo', '-o', 'json');
    // One write only: the second start applied nothing.
    expect((JSON.parse(audit.output) as { items: unknown[] }).items).toHaveLength(1);
    expect(await finished('get', 'routepolicy', 'chat')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^NAME/),
    });
    expect(await finished('chat', '--no-stream', 'ping')).toMatchObject({
      code: 0,
      output: expect.stringContaining('ping'),
    });
    expect(await finished('chat', 'ping')).toMatchObject({ code: 0, output: expect.stringContaining('ping') });
    expect(await finished('get', 'routepolicy', 'missing')).toMatchObject({ code: 3 });
  });

  test('another one in the same directory is refused, with other ports too, and changes nothing', async () => {
    const endpoints = readFileSync(join(folder, '.signalbox/endpoints.json'), 'utf8');
    const [data = 0, control = 0, simulator = 0, dataAdmin = 0] = await freePorts(4);
    const otherPorts = {
      SIGNALBOX_DATA_PORT: String(data),
      SIGNALBOX_CONTROL_PORT: String(control),
      SIGNALBOX_SIMULATOR_PORT: String(simulator),
      SIGNALBOX_DATA_ADMIN_PORT: String(dataAdmin),
    };
    for (const ports of [{}, otherPorts]) {
      const { code, output } = await finishedWith(ports, 'up');
      expect(code).toBe(1);
      expect(output).toMatch(/runs already with .*\.signalbox/);
    }
    expect(readFileSync(join(folder, '.signalbox/endpoints.json'), 'utf8')).toBe(endpoints);
  });

  test('one of another directory says which ports are taken', async () => {
    const { code, output } = await finishedWith({ SIGNALBOX_STATE_DIR: join(folder, 'other') }, 'up');
    expect(code).toBe(1);
    expect(output).toMatch(/is in use; set SIGNALBOX_DATA_PORT/);
  });

  test.each(['data-plane', 'control-plane', 'simulator', 'postgres -D'])(
    '%s is started again when it dies',
    async (name) => {
      const running = () =>
        processes().flatMap(({ pid, command }) =>
          seen.has(pid) && command.includes(name) && !command.includes('signalbox-guard') ? [pid] : [],
        );
      const [pid = 0] = running();
      expect(pid).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      await eventually(
        async () => {
          remember(up.pid);
          const [now] = running();
          expect(now).toBeDefined();
          expect(now).not.toBe(pid);
          expect(await chatStatus()).toBe(200);
          expect((await finished('get', 'routepolicies')).code).toBe(0);
          return true;
        },
        { deadlineMs: 40_000, pollMs: 100 },
      );
    },
  );

  test('SIGTERM ends it with 0, and no process is left', async () => {
    remember(up.pid);
    expect(left().length).toBeGreaterThan(8);
    expect(await up.end('SIGTERM')).toBe(0);
    expect(left()).toEqual([]);
    // Each plane in its own order: none was killed.
    expect(up.output.match(/"msg":"stopped"/g)).toHaveLength(2);
  });
});

test('killed with SIGKILL, it takes everything along, and the next start finds the data', async () => {
  const up = signalbox(['up']);
  up.start();
  await up.untilReady(async () => (await chatStatus()) === 200, 60_000);
  seen.clear();
  remember(up.pid);
  await up.end('SIGKILL');
  await eventually(() => left().length === 0, { deadlineMs: 30_000, pollMs: 100 });
  expect(await finished('up', '--once')).toMatchObject({ code: 0 });
});

test('a consumer key that is gone is made anew', async () => {
  const file = join(folder, '.signalbox/consumer.key');
  const before = readFileSync(file, 'utf8');
  rmSync(file);
  expect(await finished('up', '--once')).toMatchObject({ code: 0, output: expect.stringMatching(/^answer +\S/m) });
  expect(readFileSync(file, 'utf8')).not.toBe(before);
});
