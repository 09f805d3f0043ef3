import { Client } from 'pg';

export interface ConnectionOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Absent: a query may wait as long as it takes. */
  readonly queryTimeoutMs?: number;
}

/**
 * A connection of its own, for what lives as long as a session does: LISTEN, advisory session locks. `onLost` is called
 * once when it ends, `end()` included; without that handler a dropped connection would end the process.
 */
export async function openConnection(options: ConnectionOptions, onLost: (error: Error) => void): Promise<Client> {
  const client = new Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    query_timeout: options.queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  let reported = false;
  const report = (error: Error): void => {
    if (reported) return;
    reported = true;
    onLost(error);
  };
  client.on('error', report);
  client.on('end', () => report(new Error('the connection to Postgres ended')));
  await client.connect();
  return client;
}
