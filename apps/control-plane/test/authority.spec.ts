import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { RunningControlPlane } from './running-control-plane.js';

test('an authority that was taken out of the database is made anew at the next start, as docs/production.md says', async () => {
  let databaseUrl = '';
  const server = await RunningControlPlane.start((url) => (databaseUrl = url));
  try {
    const before = server.caCertificate;
    const page = readFileSync(new URL('../../../docs/production.md', import.meta.url), 'utf8');
    const statement = /DELETE FROM object WHERE [^;]+;/.exec(page)?.[0] ?? '';
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    expect((await client.query(statement)).rowCount).toBe(1);
    await client.end();
    await server.restart();
    expect(server.caCertificate).not.toBe(before);
    expect((await server.fetch('/version')).status).toBe(200);
  } finally {
    await server.stop();
  }
});
