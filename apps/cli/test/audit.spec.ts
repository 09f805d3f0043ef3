import { createDatabase, documents, providerManifest, routeManifest, Stack } from '#libs/testing';
import { Client } from 'pg';
import { adminEnvironment, runSignalbox } from './support/run-signalbox.js';

let stack: Stack;
let databaseUrl: string;

beforeAll(async () => {
  databaseUrl = await createDatabase();
  stack = await Stack.start({ databaseUrl });
  await stack.admin.apply(
    documents(
      providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
      providerManifest('beta', stack.simulatorOrigin, ['sim-b']),
      routeManifest({ alpha: 100, beta: 0 }),
    ),
  );
});

afterAll(() => stack?.stop());

const signalbox = (...args: string[]) => runSignalbox(args, adminEnvironment(stack), stack.directory);

it('shows who changed which field of which policy when', async () => {
  await stack.adminWith(stack.tokens.editor).apply(routeManifest({ alpha: 25, beta: 75 }));
  const { code, output } = await signalbox('audit', '--object', 'RoutePolicy/default/chat', '-o', 'json');
  expect(code).toBe(0);
  expect(output).toContain('"editor"');
  expect(output).toMatch(/spec\.rules\[name=all\]\.backendRefs\[\d\]\.weight/);
  expect(output).toMatch(/"before":\s*100/);
  expect(output).toMatch(/"after":\s*25/);

  const table = await signalbox('audit', '--object', 'RoutePolicy/default/chat');
  expect(table.output).toContain('editor');
  expect(table.output).toContain('weight');
});

it('verifies the chain, and names the row that SQL altered', async () => {
  const intact = await signalbox('audit', 'verify');
  expect(intact).toMatchObject({ code: 0 });

  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(`select id from audit where name = 'chat' order by id limit 1`);
    const id = rows[0]?.id ?? '';
    await expect(client.query(`update audit set actor = 'mallory' where id = $1`, [id])).rejects.toThrow(/append-only/);

    await client.query('begin');
    await client.query('alter table audit disable trigger all');
    await client.query(`update audit set actor = 'mallory' where id = $1`, [id]);
    await client.query('alter table audit enable trigger all');
    await client.query('commit');

    const altered = await signalbox('audit', 'verify');
    expect(altered.code).toBe(1);
    expect(altered.output).toMatch(new RegExp(`\\b${id}\\b`));
  } finally {
    await client.end();
  }
});
