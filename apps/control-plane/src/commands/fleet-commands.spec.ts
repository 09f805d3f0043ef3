import { randomUUID } from 'node:crypto';
import { kindOf } from '#libs/resources';
import { FakeClock } from '#libs/testing';
import { createStoreFixture, type StoreFixture, until } from '../../test/store-fixture.js';
import { CommandFollower } from './command-follower.js';
import type { DataPlaneOutcome, FleetCommand } from './command-outcome.js';
import { CommandTable } from './command-table.js';
import { FleetCommands } from './fleet-commands.js';

const kind = kindOf('signalbox.dev/v1', 'DataPlane')!;
const action = { type: 'ResetBreaker', namespace: 'default', provider: 'alpha', model: 'large' } as const;
const audited = {
  actor: 'alice',
  actorGroups: ['signalbox:editors'],
  verb: 'create',
  apiGroup: 'signalbox.dev',
  kind: 'Provider',
  namespace: 'default',
  name: 'alpha',
  subresource: 'reset',
  uid: randomUUID(),
  generation: 3,
  changes: [{ path: 'spec.model', after: 'large' }],
  sourceAddress: '10.0.0.1',
  userAgent: 'test',
  traceId: 'ab'.repeat(16),
};

/** What is there of one replica, with data planes that answer as they are told. */
interface Replica {
  readonly commands: FleetCommands;
  readonly follower: CommandFollower;
  readonly received: string[];
}

describe('commands to data planes', () => {
  let fixture: StoreFixture;
  let clock: FakeClock;
  let table: CommandTable;
  let connected: Record<string, boolean>;
  let replicas: Replica[];

  beforeEach(async () => {
    fixture = await createStoreFixture();
    clock = new FakeClock();
    table = new CommandTable(fixture.dataSource, fixture.auditKeys);
    connected = {};
    replicas = [];
  });
  afterEach(async () => {
    await Promise.all(replicas.map(({ follower }) => follower.stop()));
    await fixture.close();
  });

  /** `answers`: of each of its data planes; undefined: it stays silent. */
  async function replica(answers: Record<string, DataPlaneOutcome['result'] | undefined>): Promise<Replica> {
    const received: string[] = [];
    const warnings: unknown[] = [];
    let isUp = false;
    const follower = new CommandFollower({ url: fixture.url, table, onAnswer: () => (isUp = true) });
    const commands = new FleetCommands({
      table,
      follower,
      store: {
        list: () => {
          const items = Object.entries(connected).map(([name, isConnected]) => ({
            apiVersion: 'signalbox.dev/v1',
            kind: 'DataPlane',
            metadata: { name },
            status: { connected: isConnected },
          }));
          return Promise.resolve({ items, revision: 1 });
        },
      },
      kind,
      clock,
      logger: { warn: (line: unknown) => void warnings.push(line) } as never,
    });
    commands.deliverBy((command, answered) => {
      for (const [dataPlane, result] of Object.entries(answers)) {
        if (command.dataPlane !== undefined && command.dataPlane !== dataPlane) continue;
        received.push(`${dataPlane} ${command.id}`);
        if (result) answered({ dataPlane, result, message: '' });
      }
    });
    follower.onCommand((command) => commands.handOut(command));
    follower.start();
    await until('the replica follows', () => isUp);
    for (const name of Object.keys(answers)) connected[name] = true;
    const made = { commands, follower, received };
    replicas.push(made);
    return made;
  }

  const command = (dataPlane?: string): FleetCommand => ({ id: randomUUID(), action, ...(dataPlane && { dataPlane }) });
  const results = (outcomes: readonly DataPlaneOutcome[]) =>
    Object.fromEntries(outcomes.map(({ dataPlane, result }) => [dataPlane, result]));

  it('reach the data planes of every replica, and every answer comes back to the one that was asked', async () => {
    const asked = await replica({ a: 'Reset' });
    const other = await replica({ b: 'Unchanged', c: 'Unknown' });
    connected['gone'] = false;
    const given = command();
    expect(results(await asked.commands.run(given, audited))).toEqual({
      a: 'Reset',
      b: 'Unchanged',
      c: 'Unknown',
      gone: 'NotConnected',
    });
    expect([...asked.received, ...other.received]).toEqual([`a ${given.id}`, `b ${given.id}`, `c ${given.id}`]);
  });

  it('go to one data plane where it is named; one that does not exist is a 404, and nothing is written', async () => {
    const asked = await replica({ a: 'Reset', b: 'Reset' });
    expect(results(await asked.commands.run(command('b'), audited))).toEqual({ b: 'Reset' });
    await expect(asked.commands.run(command('none'), audited)).rejects.toMatchObject({ code: 404 });
    expect(asked.received.map((line) => line.split(' ')[0])).toEqual(['b']);
    expect(await fixture.dataSource.query('SELECT count(*)::int AS rows FROM fleet_command')).toEqual([{ rows: 1 }]);
  });

  it('are waited for five seconds: who is silent until then has timed out, the others have not', async () => {
    const asked = await replica({ a: 'Reset', mute: undefined });
    let outcomes: DataPlaneOutcome[] | undefined;
    const given = command();
    const running = asked.commands.run(given, audited).then((all) => (outcomes = all));
    await until('the others have answered', async () => (await table.answersTo(given.id)).length === 1);
    await until('it is waited for', () => clock.pendingTimers === 1);
    await clock.advanceAsync(4_999);
    expect([clock.pendingTimers, outcomes]).toEqual([1, undefined]);
    await clock.advanceAsync(1);
    await running;
    expect(results(outcomes!)).toEqual({ a: 'Reset', mute: 'TimedOut' });
  });

  it('are handed out once by each replica, and never after their time', async () => {
    const { commands, received } = await replica({ a: 'Reset' });
    await fixture.dataSource.query(
      `INSERT INTO fleet_command (id, action, expires_at) VALUES ($1, $2, clock_timestamp())`,
      [randomUUID(), JSON.stringify(action)],
    );
    const [first, second] = [command(), command()];
    await commands.run(first, audited);
    await commands.run(second, audited);
    expect(received).toEqual([`a ${first.id}`, `a ${second.id}`]);
  });

  it('are found without their notification', async () => {
    const { received } = await replica({ a: 'Reset' });
    const given = command();
    await fixture.dataSource.query(
      `INSERT INTO fleet_command (id, action, expires_at) VALUES ($1, $2, clock_timestamp() + interval '1 minute')`,
      [given.id, JSON.stringify(action)],
    );
    await until('the poll has found it', () => received.length > 0);
    expect(received).toEqual([`a ${given.id}`]);
  });

  it('are no edits, and are audited: one row in the chain, no revision', async () => {
    const { commands } = await replica({ a: 'Reset' });
    const revision = () => fixture.dataSource.query<{ rv: string }[]>('SELECT rv FROM meta');
    const before = await revision();
    await commands.run(command(), audited);
    expect(await revision()).toEqual(before);
    const [row] = await fixture.dataSource.query<Record<string, unknown>[]>(
      'SELECT actor, verb, subresource, kind, name, changes, revision FROM audit ORDER BY id DESC LIMIT 1',
    );
    expect(row).toEqual({
      actor: 'alice',
      verb: 'create',
      subresource: 'reset',
      kind: 'Provider',
      name: 'alpha',
      changes: audited.changes,
      revision: before[0]!.rv,
    });
    expect(await fixture.verifyAudit()).toMatchObject({ valid: true });
  });

  it('are answered once by a data plane: what another replica hears of it later changes nothing', async () => {
    const { commands } = await replica({ a: 'Reset' });
    const given = command();
    await commands.run(given, audited);
    await table.answer(given.id, { dataPlane: 'a', result: 'Unchanged', message: 'again' });
    expect(await table.answersTo(given.id)).toEqual([{ dataPlane: 'a', result: 'Reset', message: '' }]);
  });

  it('are listened for no longer once they are over, however they end', async () => {
    let listening = 0;
    const listen = () => {
      listening += 1;
      return () => void (listening -= 1);
    };
    const commands = new FleetCommands({
      table: {
        add: ({ id }) => (id === 'broken' ? Promise.reject(new Error('no database')) : Promise.resolve()),
        answer: () => Promise.resolve(),
        answersTo: () => Promise.resolve([]),
      },
      follower: { listen },
      store: { list: () => Promise.resolve({ items: [], revision: 1 }) },
      kind,
      clock,
      logger: { warn: () => {} } as never,
    });
    await commands.run({ id: 'sound', action }, audited);
    await expect(commands.run({ id: 'broken', action }, audited)).rejects.toThrow('no database');
    expect([listening, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('leave no rows behind', async () => {
    const { commands } = await replica({ a: 'Reset' });
    await commands.run(command(), audited);
    await fixture.dataSource.query(`UPDATE fleet_command SET expires_at = expires_at - interval '2 minutes'`);
    await commands.run(command(), audited);
    expect(
      await fixture.dataSource.query(
        'SELECT (SELECT count(*)::int FROM fleet_command) AS c, (SELECT count(*)::int FROM fleet_command_answer) AS a',
      ),
    ).toEqual([{ c: 1, a: 1 }]);
  });

  it('in a dry run ask nobody, and say who would be', async () => {
    const { commands, received } = await replica({ a: 'Reset' });
    connected['gone'] = false;
    expect(results(await commands.dryRun({}))).toEqual({ a: 'NotAsked', gone: 'NotConnected' });
    expect(received).toEqual([]);
  });
});
