import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkout,
  consumerManifest,
  createDatabase,
  documents,
  ManagedProcess,
  OtlpReceiver,
  providerManifest,
  routeManifest,
  Stack,
} from '#libs/testing';
import { Client } from 'pg';

const providerKeys = Array.from({ length: 16 }, () => `sk-canary${randomBytes(16).toString('hex')}`);
let stack: Stack;
let databaseUrl: string;
let receiver: OtlpReceiver;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  databaseUrl = await createDatabase();
  stack = await Stack.start({
    databaseUrl,
    environment: {
      SIGNALBOX_LOG_LEVEL: 'trace',
      SIGNALBOX_TRACE_RATIO: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    },
  });
});

afterAll(async () => {
  await stack?.stop();
  await receiver?.stop();
});

/** Every row of every table, as text: what a dump would hold. */
async function databaseText(): Promise<string> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

/** Everything that the data plane keeps on disk: snapshots and what lies beside them. */
function stateText(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

it('20 planted keys and tokens are found nowhere', async () => {
  const { tokens, consumerKey } = stack;
  const canaries = [...providerKeys, consumerKey, tokens.admin, tokens.dataPlane, tokens.viewer];
  expect(canaries).toHaveLength(20);

  const shown: string[] = [];
  const keep = async (response: { text(): Promise<string>; headers: { entries(): Iterable<[string, string]> } }) => {
    shown.push(JSON.stringify([...response.headers.entries()]), await response.text());
  };
  const manifests = documents(
    consumerManifest(consumerKey),
    providerManifest('alpha', stack.simulatorOrigin, providerKeys),
    routeManifest({ alpha: 1 }),
  );
  const { revision } = await stack.admin.apply(manifests);
  await stack.untilServed(revision);

  // Successes, failures of every kind of key, and streams: each writes logs, spans and metrics.
  const chat = (stream: boolean, key = consumerKey) =>
    fetch(`${stack.dataOrigin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chat', stream, messages: [{ role: 'user', content: 'hi' }] }),
    });
  await keep(await chat(false));
  await keep(await chat(true));
  await keep(await chat(false, tokens.admin));
  for (const type of ['Unauthorized', 'RateLimited', 'Reset', 'HTML', 'QuotaExhausted']) {
    await stack.simulate('alpha', { faults: [{ type, count: 6 }] });
    await keep(await chat(false));
  }

  // Bad writes and every read of the admin API, by several identities.
  const secrets = '/api/v1/namespaces/default/secrets';
  await keep(await stack.admin.request(secrets));
  await keep(await stack.admin.request(`${secrets}/alpha-keys`));
  await keep(await stack.admin.request('/audit?limit=500'));
  await keep(await stack.admin.request('/metrics'));
  await keep(await stack.admin.request('/apply?dryRun=All', { method: 'POST', body: manifests }));
  await keep(await stack.admin.request('/apply', { method: 'POST', body: `${manifests}broken: [` }));
  await keep(
    await stack.admin.request('/apply', { method: 'POST', body: manifests.replace('stringData', 'stringdata') }),
  );
  await keep(await stack.adminWith(tokens.viewer).request(secrets));
  await keep(await stack.adminWith(tokens.dataPlane).request(secrets));
  await keep(await stack.adminWith(consumerKey).request(secrets));
  for (const { adminOrigin } of stack.dataPlanes) await keep(await fetch(`${adminOrigin}/metrics`));

  const cli = new ManagedProcess(
    'cli',
    [process.execPath, join(checkout, 'dist/apps/cli/src/main.js'), 'get', 'secret', 'alpha-keys', '-o', 'yaml'],
    {
      SIGNALBOX_CONTROL_PLANE_URL: stack.controlOrigin,
      SIGNALBOX_TOKEN_FILE: stack.tokenFiles.viewer,
      SIGNALBOX_CA_FILE: join(stack.directory, 'ca.crt'),
    },
    stack.directory,
  );
  cli.start();
  expect(await cli.untilEnded()).toBe(0);

  // The disk snapshot and the span batches are written late; ending the processes flushes both.
  for (const { process } of stack.dataPlanes) await process.end();
  await stack.controlPlane.end();

  const places = {
    'answers to clients and operators': shown.join('\n'),
    'logs of the control plane': stack.controlPlane.output,
    'logs of the data plane': stack.dataPlanes.map(({ process }) => process.output).join('\n'),
    'CLI output': cli.output,
    spans: JSON.stringify(receiver.spans),
    'the database': await databaseText(),
    'the disk': stateText(join(stack.directory, 'data-plane-0')),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length).toBeGreaterThan(0);
    const found = canaries.filter((canary) => leaks(text, canary));
    expect({ place, found }).toEqual({ place, found: [] });
  }
});

/** As it is, in base64 at any alignment, and in hex. */
function leaks(text: string, secret: string): boolean {
  const forms = [secret, Buffer.from(secret).toString('hex')];
  for (const padding of ['', 'x', 'xx']) {
    // The outer characters depend on the neighbours; the inside doesn't.
    forms.push(
      Buffer.from(padding + secret)
        .toString('base64')
        .slice(4, -4),
    );
  }
  return forms.some((form) => text.includes(form));
}
